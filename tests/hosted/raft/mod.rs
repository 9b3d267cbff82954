//! TiKV's raft: 5 replicas agree on a log.
//!
//! Each keeps its log, its term and its vote in a journal on its disk.

mod disks;
mod durability;
mod entropy;
mod facts;
mod glue;
mod mistakes;
mod packet;
mod rules;
mod snapshots;
mod speed;
mod status;
mod store;
mod triggers;
mod upgrades;

use cluster_sim::disk::DiskModel;
use cluster_sim::fault::{Claim, FaultKind};
use cluster_sim::net::Distribution;
use cluster_sim::prelude::*;
use cluster_sim::scenario::RestartPolicy;
use cluster_sim_testkit::units::{milliseconds, seconds};

use self::durability::{DurablePromises, Remembers};
use self::glue::{DISK_FAILED, Replica};
use self::mistakes::Flaw;
use self::packet::Packet;
use self::rules::{ElectionSafety, LeaderCompleteness, LogMatching, StateMachineSafety, all_applied_the_same};
use self::snapshots::{EqualStates, SnapshotsAdvance};
use self::status::Status;

const REPLICAS: u32 = 5;
const VALUES: u64 = 40;

/// Proposes one value after another, each until it is applied, to one replica after another.
async fn propose(node: Node) {
    let port = node.bind::<Packet>("main");
    for value in 0..VALUES {
        for attempt in 0.. {
            port.send(((value + attempt) % u64::from(REPLICAS)) as u32, Packet::Propose(value));
            let is_applied = node.timeout(milliseconds(300), async {
                while !matches!(port.recv().await.message, Packet::Applied(applied) if applied == value) {}
            });
            if is_applied.await.is_ok() {
                break;
            }
        }
        node.sleep(milliseconds(200)).await;
    }
}

/// Every kind of fault but resets of sessions, those of wall clocks, which raft does not use, and disks that lie.
fn profile() -> FaultProfile {
    let of_wall_clocks = [FaultKind::ClockStep, FaultKind::ClockStrobe];
    FaultProfile::default().also(FaultKind::OF_CLOCKS).also(FaultKind::disk_honest()).without(of_wall_clocks).sparing(["client"])
}

/// Disks that spin: a sync takes 1 to 20 ms.
fn disks() -> DiskModel {
    let mut model = DiskModel::strict_posix();
    model.times.sync = Distribution::uniform(milliseconds(1), milliseconds(20));
    model
}

/// Replicas under the rules of the protocol, which survives a minority that is down.
fn protocol(flaw: Option<Flaw>) -> Scenario {
    let restarts = RestartPolicy::after(milliseconds(100)).only_panics_with(DISK_FAILED);
    Scenario::new("raft")
        .machines("replica", REPLICAS, move |boot: &Boot| Replica::boot(boot, flaw))
        .restart_policy("replica", restarts)
        .clients("client", 2, propose)
        .default_links(LinkModel { loss: Ratio::percent(1), ..LinkModel::constant(milliseconds(5)) })
        .disks_of("replica", disks())
        .observe("at most one leader a term", ElectionSafety::default)
        .observe("equal entries follow equal logs", LogMatching::default)
        .observe("a leader has what was applied", LeaderCompleteness::default)
        .observe("replicas apply equal entries", StateMachineSafety::default)
        .observe("snapshots hold what is applied", SnapshotsAdvance::default)
        .observe("replicas that applied the same have equal states", EqualStates::default)
        .sometimes("a replica catches up by a snapshot", |world| world.changed::<Status>().any(|(_, status)| status.installs > 0))
        .eventually("all replicas applied the same", all_applied_the_same)
        .chaos(profile())
        .survives(Claim::minority_of("replica"))
        .duration(seconds(20))
        .recovery_timeout(seconds(60))
}

/// Replicas under all rules, as if raft survived any disk.
fn on_any_disk(flaw: Option<Flaw>) -> Scenario {
    protocol(flaw)
        .observe("term, vote and commit never regress", Remembers::default)
        .observe("what a replica promised is durable", DurablePromises::default)
}

/// Replicas under all rules, on disks that keep what they promise.
fn raft(flaw: Option<Flaw>) -> Scenario {
    on_any_disk(flaw).faults_from(upgrades::plan).survives(Claim::damaged_disks(0, "replica"))
}

/// Replicas in three zones under every kind of fault that raft survives.
///
/// Machines have no tasks to cancel. A zone that is lost takes two replicas with it, or one.
fn under_every_fault() -> Scenario {
    let faults = profile().also(FaultKind::OF_PROCESSES).without([FaultKind::CancelTasks]);
    raft(None).zones("replica", ["a", "b", "c"]).chaos(faults)
}

/// The kinds of faults that the seeds apply.
const KINDS: [&str; 28] = [
    "clock drift",
    "clock freeze",
    "coalesced timers",
    "coarse clock",
    "crash",
    "crash all",
    "crash in io",
    "cut",
    "disk error",
    "disk full",
    "disk limit",
    "disk stall",
    "equal random",
    "graceful stop",
    "impair",
    "impair links",
    "late timers",
    "loss",
    "pause",
    "pause all",
    "periodic drift",
    "poison message",
    "random crash in io",
    "random drift",
    "rolling restart",
    "slow",
    "slow disk",
    "sync error",
];

#[test]
fn five_replicas_agree_on_a_log_under_every_fault() {
    let sweep = under_every_fault().campaign(0..500).require_coverage().run();
    sweep.assert_ok();
    let coverage = sweep.coverage().expect("it was asked for");
    assert_eq!(coverage.faults.keys().collect::<Vec<_>>(), KINDS);
    assert!(coverage.faults.values().all(|count| count.effective > 0), "{coverage}");
    assert_eq!(sweep.exceeded(), 0, "no fault goes beyond a claim");
}

#[test]
fn soak_five_replicas_agree_on_a_log() {
    under_every_fault().campaign(0..5_000).require_coverage().run().assert_ok();
}
