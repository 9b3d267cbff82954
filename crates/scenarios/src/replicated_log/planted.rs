//! The replicated log for planted bugs.

use std::time::Duration;

use cluster_sim::disk::DiskModel;
use cluster_sim::fault::{Claim, FaultKind};
use cluster_sim::net::Distribution;
use cluster_sim::{FaultProfile, LinkModel, Ratio};
use cluster_sim_registry::{BugHunt, Expected, NodeStyle};
use cluster_sim_replicated_log::{Bug, Config, LogConfig};

/// The rule on terms and votes.
pub(super) const ELECTIONS: &str = "a term has one leader, and no server forgets terms and votes";
/// The rule on logs.
pub(super) const ONE_LOG: &str = "all logs are one, and keep what is committed";
/// The rule on what only rises.
pub(super) const NO_REGRESS: &str = "no server goes back before what it committed or executed";
/// The rule on what leaders count.
pub(super) const QUORUMS: &str = "a leader commits what a majority has, of its own term";
/// The rule on read indexes and leases.
pub(super) const FRESH_READS: &str = "a read sees all that was committed before, and trusts no lease too long";
/// The rule on state machines.
pub(super) const ONE_STATE: &str = "servers have one state at each index, and a request has one effect";
/// The rule on disks.
pub(super) const DURABLE: &str = "what a message promises is on the disk of its sender";
/// The rule on what clients hear.
pub(super) const LINEARIZABLE: &str = "the servers answer as one register per key";
/// The rule on the end of a run.
pub(super) const SETTLED: &str = "in the end all servers have one log and all clients their answers";

const CLIENTS: u32 = 3;
/// The most by which clocks of servers run too fast or too slow, in billionths: ε of an election timeout of 60 ms is 12 ms.
const DRIFT_PPB: u32 = 90_000_000;

/// Three servers and three clients with more operations than the fault phase has time for.
///
/// Links lose a hundredth of all messages, copy another and hold a third back, so that a message can come long after those sent later.
pub fn cluster(style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let milliseconds = Duration::from_millis;
    let log = LogConfig {
        heartbeat: milliseconds(15),
        election: milliseconds(40),
        clock_error: Some(milliseconds(8)),
        bug,
        ..LogConfig::default()
    };
    let config = Config {
        log,
        snapshot_entries: 4,
        operations: 150,
        orders: 10,
        order_pause: milliseconds(300),
        pause: milliseconds(10),
        answer_timeout: milliseconds(40),
        attempts: 8,
        ..Config::default()
    };
    let few = Ratio::percent(3);
    let links = LinkModel { loss: few, duplicate: few, reorder: few, reorder_window: milliseconds(200), ..LinkModel::default() };
    let name = if style == NodeStyle::Async { "hunt-replicated-log-async" } else { "hunt-replicated-log" };
    let cluster = super::cluster(name, style, CLIENTS, config)
        .survives(Claim::clock_drift(DRIFT_PPB, "server"))
        .may_shrink("client")
        .default_links(links)
        .disks_of("server", slow_disk())
        .duration(Duration::from_secs(5))
        .stable_for(milliseconds(200));
    BugHunt { cluster, profile: profile(), links: &["default"] }
}

/// A disk as of a cloud, whose syncs take 2 to 8 ms, so that many crashes come while a sync is under way.
fn slow_disk() -> DiskModel {
    let mut disk = DiskModel::default();
    disk.times.sync = Distribution::uniform(Duration::from_millis(2), Duration::from_millis(8));
    disk
}

/// The faults that the log survives: any number of crashes at once, cuts, loss, pauses, drift within its bound, disks that tell.
fn profile() -> FaultProfile {
    let kinds = [FaultKind::Cut, FaultKind::Crash, FaultKind::QuickRestart, FaultKind::Pause, FaultKind::Loss];
    let of_clocks = [FaultKind::ClockStep, FaultKind::ClockDrift, FaultKind::LateTimers];
    FaultProfile { mean_interval: Duration::from_millis(500), ..FaultProfile::default() }
        .only(kinds.into_iter().chain(of_clocks))
        .also(FaultKind::disk_honest())
        .at_most_down(u32::MAX)
}

/// The rule that must find each bug, and the bounds on the search.
pub(super) fn expected(bug: Bug) -> Expected {
    match bug {
        Bug::AckBeforeDurable => Expected::new(DURABLE, 200, [0, 0]).operations(450),
        Bug::VoteNotDurable => Expected::new(DURABLE, 200, [0, 0]).operations(450),
        Bug::CommitRegress => Expected::new(NO_REGRESS, 20, [0, 0]).operations(450),
        Bug::TruncateOnLength => Expected::new(ONE_LOG, 200, [0, 10]).operations(1),
        Bug::StaleVote => Expected::new(ELECTIONS, 200, [0, 15]).operations(2),
        Bug::SnapshotLowersApplied => Expected::new(NO_REGRESS, 200, [5, 62]).operations(46),
        Bug::LeaseReadNoEpsilon => Expected::new(FRESH_READS, 200, [4, 22]).operations(7),
        Bug::SessionsNotInSnapshot => Expected::new(ONE_STATE, 200, [1, 2]).operations(17),
        Bug::CommitStall => Expected::new(SETTLED, 200, [0, 0]).operations(450),
        Bug::ApplyNondeterminism => Expected::new(ONE_STATE, 20, [0, 0]).operations(450),
    }
}
