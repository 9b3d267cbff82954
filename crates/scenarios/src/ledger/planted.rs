//! The ledger for planted bugs.

use std::time::Duration;

use cluster_sim::disk::DiskModel;
use cluster_sim::fault::{Claim, FaultKind};
use cluster_sim::net::Distribution;
use cluster_sim::{FaultProfile, LinkModel};
use cluster_sim_ledger::{Bug, Config};
use cluster_sim_registry::{BugHunt, Expected, NodeStyle};

use super::{nodes, with_rules};

/// The rule on committed entries.
pub(super) const HISTORY: &str = "each number has one entry for ever, and each request one entry";
/// The rule on what clients are told of deposits.
pub(super) const ACKNOWLEDGED: &str = "an acknowledged deposit is in the ledger, in order of acknowledgement";
/// The rule on what clients are told of the balance.
pub(super) const FRESH_READS: &str = "a read counts all that was acknowledged before";
/// The rule on primaries.
pub(super) const ONE_PRIMARY: &str = "an epoch has one primary";
/// The rule on epochs and entries of a store.
pub(super) const MEMORY: &str = "a store forgets nothing that it promised or vouched for";
/// The rule on the disk of a store.
pub(super) const DURABLE: &str = "what a store vouches for is on its disk";
/// The rule on the end of a run.
pub(super) const SETTLED: &str = "in the end all stores have one ledger and all clients their answers";

const CLIENTS: u32 = 3;
/// The drift that leases allow for, in billionths.
const DRIFT_PPB: u32 = 100_000_000;
/// So short that a client whose store is cut off goes on to its next request, a read.
const DEADLINE: Duration = Duration::from_millis(150);
/// So short that it asks each store before that.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(30);

/// Three stores and three clients with more requests than the fault phase has time for.
pub fn cluster(style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Config {
        requests: 150,
        pause: Duration::from_millis(10),
        answer_timeout: ANSWER_TIMEOUT,
        deadline: DEADLINE,
        bug,
        ..Config::default()
    };
    let name = if style == NodeStyle::Async { "hunt-ledger-async" } else { "hunt-ledger" };
    let cluster = with_rules(nodes(name, style, CLIENTS, config), config, 0)
        .survives(Claim::clock_drift(DRIFT_PPB, "store"))
        .may_shrink("client")
        .default_links(LinkModel::default())
        .disks_of("store", slow_disk())
        .duration(Duration::from_secs(5))
        .stable_for(Duration::from_millis(200));
    BugHunt { cluster, profile: profile(), links: &["default"] }
}

/// A disk as of a cloud, whose syncs take 4 to 16 ms, so that many crashes come while a sync is under way.
fn slow_disk() -> DiskModel {
    let mut disk = DiskModel::default();
    disk.times.sync = Distribution::uniform(Duration::from_millis(4), Duration::from_millis(16));
    disk
}

/// The faults that the ledger survives with leases and [`Recovery::OwnDisk`](cluster_sim_ledger::Recovery::OwnDisk).
///
/// Any number of crashes at once, wall clocks that show anything, drift, disks that tell; and one disk of three that rots or is
/// replaced, which checksums show.
fn profile() -> FaultProfile {
    let kinds = [FaultKind::Cut, FaultKind::Crash, FaultKind::QuickRestart, FaultKind::Pause, FaultKind::Loss];
    let of_clocks = [FaultKind::ClockStep, FaultKind::ClockDrift, FaultKind::ClockStrobe, FaultKind::LateTimers];
    let damage = [FaultKind::BitRot, FaultKind::RotOnRead, FaultKind::Reformat];
    // Half of them hit clients, which have no disk and trust no clock.
    FaultProfile { mean_interval: Duration::from_millis(500), ..FaultProfile::default() }
        .only(kinds.into_iter().chain(of_clocks).chain(damage))
        .also(FaultKind::disk_honest())
        .at_most_down(u32::MAX)
}

/// The rule that must find each bug, and the bounds on the search.
pub(super) fn expected(bug: Bug) -> Expected {
    match bug {
        Bug::AcknowledgesBeforeSync => Expected::new(DURABLE, 20, [0, 0]),
        Bug::BelievesRetriedSync => Expected::new(DURABLE, 200, [1, 55]),
        Bug::TornTailIsCorruption => Expected::new(SETTLED, 20, [2, 29]),
        // Of the case that is minimized, machines keep two faults and one decision; async functions three and eight.
        Bug::CorruptionIsTornTail => Expected::new(MEMORY, 200, [3, 15]),
        Bug::RenameWithoutDirSync => Expected::new(MEMORY, 20, [1, 0]),
        Bug::WallClockOrder => Expected::new(ACKNOWLEDGED, 200, [1, 0]),
        // As async functions the case keeps four delays of messages and four times of disks; machines keep none.
        Bug::WallClockLease => Expected::new(FRESH_READS, 2_000, [4, 8]),
        Bug::OldIdentityAfterReformat => Expected::new(MEMORY, 20, [1, 0]),
        Bug::AnswersAnEarlierLife => Expected::new(ACKNOWLEDGED, 20, [1, 0]),
    }
}
