//! The queue for planted bugs.

use std::time::Duration;

use cluster_sim::fault::{Claim, DiskFault, FaultKind};
use cluster_sim::{FaultPlan, FaultProfile, Ratio, Seed};
use cluster_sim_registry::{BugHunt, Expected, NodeStyle};
use cluster_sim_stream_queue::{Bug, Config, ProducerLoad};

use super::chance::Chance;
use super::queue::{ADVANCE, CONVERGE, DENSE, DURABLE, KEPT, LINEAR, Queue, SHIPPED, WHOLE, brokers, load, reads};

/// Three brokers, two producers and two consumers with more records than the fault phase has time for.
///
/// The queue has one form, so the style says nothing.
pub fn cluster(_: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Config { bug, ..brokers(3) };
    let cluster = Queue::new("hunt-stream-queue", config)
        .producers(2, ProducerLoad { pause: Duration::from_millis(30), ..load(40) })
        .consumers("consumer", 2, reads(Some("billing")))
        .with_rules()
        .survives(Claim::minority_of("broker"))
        .survives(Claim::damaged_disks(1, "broker"))
        .may_shrink("producer")
        .may_shrink("consumer")
        .faults_from(rot)
        .duration(Duration::from_secs(5));
    BugHunt { cluster, profile: profile(), links: &["default"] }
}

/// Reads of the segments of one broker have flipped bits for a while.
///
/// Not those of the replication log, whose last records it could take for torn: then it would have no part in a majority.
fn rot(seed: Seed) -> FaultPlan {
    let chance = Chance(seed);
    let rot = DiskFault::RotOnRead {
        node: format!("broker/{}", chance.below("rotten", 0, 3)),
        path: "data".to_owned(),
        share: Ratio::percent(20),
        bits: 1,
        burst: 1,
        duration: Some(chance.millis("rotten for", 0, 500, 1_500)),
    };
    FaultPlan::new().at(chance.millis("rot", 0, 500, 3_000), rot)
}

fn profile() -> FaultProfile {
    let kinds = [FaultKind::Cut, FaultKind::Crash, FaultKind::QuickRestart, FaultKind::Pause, FaultKind::Loss];
    FaultProfile { mean_interval: Duration::from_millis(500), ..FaultProfile::default() }
        .only(kinds)
        .also(FaultKind::disk_honest())
        .sparing(["s3"])
}

/// The bugs that a run can show.
///
/// Not [`Bug::NoEpochCheck`]: segments are listed by entries of the replication log, so no leader of an earlier term gets that far; a
/// unit test of the state shows that bug.
pub const HUNTED: [Bug; 9] = [
    Bug::TrimBeforeCommit,
    Bug::OffsetReuseUnderBackpressure,
    Bug::FuzzyCheckpoint,
    Bug::AcknowledgesBeforeSync,
    Bug::ForgetsSequences,
    Bug::ForgetsGroups,
    Bug::SkipsDamagedRecord,
    Bug::RotatesByOwnSetting,
    Bug::TrimsUnshipped,
];

/// The rule that must find each bug, and the bounds on the search.
pub(super) fn expected(bug: Bug) -> Expected {
    match bug {
        Bug::TrimBeforeCommit | Bug::NoEpochCheck => Expected::new(LINEAR, 200, [3, 30]).operations(19),
        Bug::OffsetReuseUnderBackpressure => Expected::new(KEPT, 20, [0, 0]).operations(39),
        Bug::FuzzyCheckpoint => Expected::new(KEPT, 200, [1, 0]).operations(15),
        Bug::AcknowledgesBeforeSync => Expected::new(DURABLE, 20, [0, 0]).operations(2),
        Bug::ForgetsSequences => Expected::new(DENSE, 200, [4, 11]).operations(15),
        Bug::ForgetsGroups => Expected::new(ADVANCE, 200, [5, 13]).operations(22),
        Bug::SkipsDamagedRecord => Expected::new(WHOLE, 200, [2, 2]).operations(9),
        Bug::RotatesByOwnSetting => Expected::new(CONVERGE, 20, [0, 0]).operations(80),
        Bug::TrimsUnshipped => Expected::new(SHIPPED, 20, [0, 0]).operations(6),
    }
}
