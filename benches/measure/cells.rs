//! The cells of the benchmark, each a workload at one size, with the constants that all implementations share.

use std::time::Duration;

use clap::ValueEnum;

use super::arguments::name_of;
use super::measurement::Done;

/// The shortest one-way delay of a link; delays are uniform from here to [`DELAY_MAX`].
pub(crate) const DELAY_MIN: Duration = Duration::from_millis(1);
/// The longest one-way delay of a link.
pub(crate) const DELAY_MAX: Duration = Duration::from_millis(10);
/// The period at which a node of W2 sends to its peers; it begins at a random phase.
pub(crate) const BROADCAST_PERIOD: Duration = Duration::from_millis(100);
/// The period of the timer of a node of W3; it begins at a random phase.
pub(crate) const TICK_PERIOD: Duration = Duration::from_secs(1);
/// The period at which the leader of W4 sends an entry.
pub(crate) const ENTRY_PERIOD: Duration = Duration::from_millis(10);
/// The shortest election timeout of a follower of W4.
pub(crate) const ELECTION_MIN: Duration = Duration::from_millis(150);
/// An election timeout is longer by less than this.
pub(crate) const ELECTION_SPREAD: Duration = Duration::from_millis(150);
/// The timeout after which a client of W5 asks the next server.
pub(crate) const RPC_TIMEOUT: Duration = Duration::from_millis(100);
/// The period at which servers of W5 crash, in turn.
pub(crate) const CRASH_PERIOD: Duration = Duration::from_secs(1);
/// The time that a crashed server is down.
pub(crate) const CRASH_SPAN: Duration = Duration::from_millis(200);
/// The time that a node of the startup cell waits.
pub(crate) const STARTUP_WAIT: Duration = Duration::from_millis(1);

/// One workload at one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Cell {
    /// 32 clients ask 8 servers in turn, each its next question after the answer to the last; 60 s
    W1,
    /// W1 with a payload of 256 bytes on the heap instead of 16 inline
    W1Heap,
    /// W1 with timeouts, a loss rule of 1 %, longer delays and one cut
    W1Faults,
    /// W1 with ten `always` checks, each of which reads all views
    W1Always,
    /// W1 with ten `always` checks, each of which reads the views that changed
    W1Changed,
    /// W1 with ten `always_each` checks
    W1Each,
    /// W1 with ten `always_unique` checks, whose keys change at every event
    W1Unique,
    /// 5 nodes send each other a datagram every 100 ms; 300 s
    #[value(name = "w2-5")]
    W2N5,
    /// 50 nodes send each other a datagram every 100 ms; 10 s
    #[value(name = "w2-50")]
    W2N50,
    /// 200 nodes send each other a datagram every 100 ms; 2 s
    #[value(name = "w2-200")]
    W2N200,
    /// 100 nodes with a timer of 1 s each; 3,600 s
    W3,
    /// A leader sends 4 followers an entry every 10 ms; each message moves an election timeout; 600 s
    W4,
    /// W4 with ten `always` checks, each of which reads all views
    W4Always,
    /// 20 clients ask 5 servers, of which one crashes every second for 200 ms; timeouts of 100 ms; 60 s
    W5,
    /// 50 nodes send 8 peers each a datagram every 100 ms; 200 s
    #[value(name = "peers-50")]
    Peers50,
    /// 500 nodes send 8 peers each a datagram every 100 ms; 20 s
    #[value(name = "peers-500")]
    Peers500,
    /// 5,000 nodes send 8 peers each a datagram every 100 ms; 2 s
    #[value(name = "peers-5000")]
    Peers5000,
    /// The workload of `peers-5000` with the checks of `w1-changed`
    #[value(name = "peers-5000-changed")]
    Peers5000Changed,
    /// The workload of `peers-5000` with the checks of `w1-each`
    #[value(name = "peers-5000-each")]
    Peers5000Each,
    /// The workload of `peers-5000` with the checks of `w1-unique`
    #[value(name = "peers-5000-unique")]
    Peers5000Unique,
    /// 20 nodes append 64 bytes to a log and sync it, in turn, each after the answer to the last; 3 s
    Disk,
    /// The loop of `disk` with a timer in place of each operation
    #[value(name = "disk-timers")]
    DiskTimers,
    /// The loop of `disk-timers`, each of whose waits is a call that a rule of histories records
    Calls,
    /// A simulation of 3 nodes that wait 1 ms once, from its start to its drop
    Startup,
    /// A simulation of 2 clients and a server over 0.55 s, about 200 messages, from its start to its drop
    Short,
}

impl Cell {
    /// The name on the command line.
    pub(crate) fn name(self) -> String {
        name_of(&self)
    }

    /// The virtual time of one run at full scale.
    pub(crate) fn span(self) -> Duration {
        match self {
            Self::W1 | Self::W1Heap | Self::W1Faults | Self::W5 => Duration::from_secs(60),
            Self::W1Always | Self::W1Changed | Self::W1Each | Self::W1Unique => Duration::from_secs(60),
            Self::W2N5 => Duration::from_secs(300),
            Self::W2N50 => Duration::from_secs(10),
            Self::W2N200 | Self::Peers5000 => Duration::from_secs(2),
            Self::Peers5000Changed | Self::Peers5000Each | Self::Peers5000Unique => Duration::from_secs(2),
            Self::W3 => Duration::from_secs(3_600),
            Self::W4 | Self::W4Always => Duration::from_secs(600),
            Self::Disk | Self::DiskTimers | Self::Calls => Duration::from_secs(3),
            Self::Peers50 => Duration::from_secs(200),
            Self::Peers500 => Duration::from_secs(20),
            Self::Startup => Duration::from_millis(2),
            Self::Short => Duration::from_millis(550),
        }
    }

    /// The number of runs of one measurement at full scale, each from its own seed; if it is not 1, it is scaled instead of the span.
    pub(crate) fn runs(self) -> u32 {
        match self {
            Self::Startup => 20_000,
            Self::Short => 1_000,
            _ => 1,
        }
    }

    /// Whether the unit is the whole run instead of an event.
    pub(crate) fn is_whole_run(self) -> bool {
        self.runs() > 1
    }

    /// The number of runs at a scale.
    pub(crate) fn runs_at(self, scale: f64) -> u32 {
        if self.is_whole_run() { (f64::from(self.runs()) * scale).ceil() as u32 } else { 1 }
    }

    /// The virtual time of a run at a scale.
    pub(crate) fn span_at(self, scale: f64) -> Duration {
        if self.is_whole_run() { self.span() } else { self.span().mul_f64(scale) }
    }

    /// Makes all runs at a scale. `run` gets its seed and its end in nanoseconds, and returns the digest and the number of its events.
    pub(crate) fn each_run(self, scale: f64, mut run: impl FnMut(u64, u64) -> (u64, u64)) -> Done {
        let span = self.span_at(scale);
        let until = span.as_nanos() as u64;
        let runs = self.runs_at(scale);
        let (mut hash, mut events) = (0_u64, 0);
        for seed in 0..u64::from(runs) {
            let (of_run, events_of_run) = run(seed, until);
            hash = hash.rotate_left(1) ^ of_run;
            events += events_of_run;
        }
        Done { events, runs, span, digest: format!("{hash:016x}") }
    }

    /// The numbers of clients and servers, for workloads that have them.
    pub(crate) fn clients_and_servers(self) -> (u32, u32) {
        match self {
            Self::W5 => (20, 5),
            Self::Short => (2, 1),
            _ => (32, 8),
        }
    }

    /// The number of nodes.
    pub(crate) fn nodes(self) -> u32 {
        match self {
            Self::W2N5 | Self::W4 | Self::W4Always => 5,
            Self::W2N50 | Self::Peers50 => 50,
            Self::W2N200 => 200,
            Self::Disk | Self::DiskTimers | Self::Calls => 20,
            Self::W3 => 100,
            Self::Peers500 => 500,
            Self::Peers5000 | Self::Peers5000Changed | Self::Peers5000Each | Self::Peers5000Unique => 5_000,
            Self::Startup => 3,
            _ => {
                let (clients, servers) = self.clients_and_servers();
                clients + servers
            }
        }
    }
}
