//! The cells of the benchmark: one workload at one size each, with the numbers that every implementation of it shares.

use std::time::Duration;

use clap::ValueEnum;

/// The shortest time one way across a link; delays are uniform from here to [`DELAY_MAX`].
pub(crate) const DELAY_MIN: Duration = Duration::from_millis(1);
/// The longest time one way across a link.
pub(crate) const DELAY_MAX: Duration = Duration::from_millis(10);
/// How often a node of W2 speaks to each of the others; it begins anywhere within the first such span.
pub(crate) const BROADCAST_PERIOD: Duration = Duration::from_millis(100);
/// How often the timer of a node of W3 comes due; the first time anywhere within the first such span.
pub(crate) const TICK_PERIOD: Duration = Duration::from_secs(1);
/// How often the leader of W4 sends an entry.
pub(crate) const ENTRY_PERIOD: Duration = Duration::from_millis(10);
/// The shortest election timeout of a follower of W4.
pub(crate) const ELECTION_MIN: Duration = Duration::from_millis(150);
/// How much longer an election timeout may be, this excluded.
pub(crate) const ELECTION_SPREAD: Duration = Duration::from_millis(150);
/// How long a client of W5 waits for a reply before it asks the next server.
pub(crate) const RPC_TIMEOUT: Duration = Duration::from_millis(100);
/// How often a server of W5 crashes, each in its turn.
pub(crate) const CRASH_PERIOD: Duration = Duration::from_secs(1);
/// For how long it is down.
pub(crate) const CRASH_SPAN: Duration = Duration::from_millis(200);
/// How long a node of the startup cell waits before it is done.
pub(crate) const STARTUP_WAIT: Duration = Duration::from_millis(1);

/// One workload at one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Cell {
    /// 32 clients ask 8 servers in turn, each its next question upon the answer to the last; 60 s
    W1,
    /// W1 with a payload of 256 bytes on the heap instead of 16 inline
    W1Heap,
    /// W1 with timeouts, a loss rule of 1 %, longer delays and one living cut
    W1Faults,
    /// W1 with ten `always` checks, each over all views
    W1Always,
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
    /// W4 with ten `always` checks, each over all views
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
    /// A simulation of 3 nodes that wait 1 ms and are done, from its start to its drop
    Startup,
    /// A simulation of 2 clients and a server over 0.55 s, about 200 messages, from its start to its drop
    Short,
}

impl Cell {
    /// Its name, as the command line takes it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().expect("no cell is hidden from the command line").get_name().to_owned()
    }

    /// How much virtual time one run takes at full scale.
    pub(crate) fn span(self) -> Duration {
        match self {
            Self::W1 | Self::W1Heap | Self::W1Faults | Self::W1Always | Self::W5 => Duration::from_secs(60),
            Self::W2N5 => Duration::from_secs(300),
            Self::W2N50 => Duration::from_secs(10),
            Self::W2N200 | Self::Peers5000 => Duration::from_secs(2),
            Self::W3 => Duration::from_secs(3_600),
            Self::W4 | Self::W4Always => Duration::from_secs(600),
            Self::Peers50 => Duration::from_secs(200),
            Self::Peers500 => Duration::from_secs(20),
            Self::Startup => Duration::from_millis(2),
            Self::Short => Duration::from_millis(550),
        }
    }

    /// How many runs, each of a seed of its own, make one measurement at full scale; their number is scaled rather than their span
    /// where it is not 1.
    pub(crate) fn runs(self) -> u32 {
        match self {
            Self::Startup => 20_000,
            Self::Short => 1_000,
            _ => 1,
        }
    }

    /// Whether what counts is the whole run rather than its events.
    pub(crate) fn is_whole_run(self) -> bool {
        self.runs() > 1
    }

    /// How many clients ask and how many servers answer, where there are such.
    pub(crate) fn clients_and_servers(self) -> (u32, u32) {
        match self {
            Self::W5 => (20, 5),
            Self::Short => (2, 1),
            _ => (32, 8),
        }
    }

    /// How many nodes there are.
    pub(crate) fn nodes(self) -> u32 {
        match self {
            Self::W2N5 | Self::W4 | Self::W4Always => 5,
            Self::W2N50 | Self::Peers50 => 50,
            Self::W2N200 => 200,
            Self::W3 => 100,
            Self::Peers500 => 500,
            Self::Peers5000 => 5_000,
            Self::Startup => 3,
            _ => {
                let (clients, servers) = self.clients_and_servers();
                clients + servers
            }
        }
    }
}
