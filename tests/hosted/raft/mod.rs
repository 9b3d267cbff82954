//! TiKV's raft: 5 replicas agree on a log.
//!
//! The log is in memory, so no replica crashes, but for those of a planted mistake.

mod entropy;
mod glue;
mod mistakes;
mod rules;

use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::{milliseconds, seconds};

use self::glue::{Flaw, Packet, Replica};
use self::rules::{ElectionSafety, LeaderCompleteness, LogMatching, StateMachineSafety, all_applied_the_same};

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

/// Every kind of fault but crashes, resets of sessions, and those of wall clocks.
fn profile() -> FaultProfile {
    let unused = [FaultKind::Crash, FaultKind::QuickRestart, FaultKind::ClockStep, FaultKind::ClockStrobe];
    FaultProfile::default().also(FaultKind::OF_CLOCKS).without(unused)
}

fn raft(flaw: Option<Flaw>) -> Scenario {
    Scenario::new("raft")
        .machines("replica", REPLICAS, move |boot: &Boot| Replica::boot(boot, flaw))
        .clients("client", 2, propose)
        .default_links(LinkModel { loss: Ratio::percent(1), ..LinkModel::constant(milliseconds(5)) })
        .observe("at most one leader a term", ElectionSafety::default)
        .observe("equal entries follow equal logs", LogMatching::default)
        .observe("a leader has what was applied", LeaderCompleteness::default)
        .observe("replicas apply equal entries", StateMachineSafety::default)
        .eventually("all replicas applied the same", all_applied_the_same)
        .chaos(profile().sparing(["client"]))
        .duration(seconds(20))
        .recovery_timeout(seconds(60))
}

#[test]
fn five_replicas_agree_on_a_log() {
    raft(None).campaign(0..500).require_coverage().run().assert_ok();
}

#[test]
fn soak_five_replicas_agree_on_a_log() {
    raft(None).campaign(0..20_000).require_coverage().run().assert_ok();
}
