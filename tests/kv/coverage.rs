//! The standard sweeps reach the states that the rules are about.

use cluster_sim::check::{Change, Invariant};
use cluster_sim::prelude::*;
use cluster_sim_kv::{ClientView, KvReplicaView, Status};
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::kv::planted;
use rstest::rstest;
use serde_json::{Value, json};

/// Keeps the largest figures of any node.
#[derive(Debug, Default)]
struct Reached {
    epoch: u64,
    repeated: u64,
    learned: u64,
    given_up: u64,
    is_lost: bool,
}

impl Invariant for Reached {
    fn observe(&mut self, _: &Change, world: &World<'_>) -> Verdict {
        for (_, view) in world.views::<KvReplicaView>() {
            self.epoch = self.epoch.max(view.epoch);
            self.repeated = self.repeated.max(view.repeated);
            self.learned += u64::from(view.status == Status::Learner);
        }
        self.given_up = self.given_up.max(world.views::<ClientView>().map(|(_, view)| view.given_up).sum());
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        self.is_lost = world.views::<KvReplicaView>().filter(|(_, view)| view.status == Status::Learner).count() > 1;
        Verdict::Holds
    }

    fn measured(&self) -> Value {
        let Self { epoch, repeated, learned, given_up, is_lost } = self;
        json!({ "epoch": epoch, "repeated": repeated, "learned": learned, "given_up": given_up, "is_lost": is_lost })
    }
}

/// In a run that loses two replicas the store answers no more, and its rule on the end holds without proof.
#[rstest]
fn hunts_elect_retry_give_up_and_seldom_lose_two_replicas(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    const SEEDS: u64 = 100;
    let hunt = planted::cluster(style, None);
    let scenario = hunt.cluster.observe("reached", Reached::default).chaos(hunt.profile);
    let all: Vec<Value> = (0..SEEDS).map(|seed| scenario.run(Seed(seed)).measured["reached"].clone()).collect();
    let runs_with = |figure: &str| all.iter().filter(|reached| reached[figure].as_u64() > Some(0)).count();
    let lost = all.iter().filter(|reached| reached["is_lost"] == json!(true)).count();
    let counts = ["epoch", "repeated", "learned", "given_up"].map(|figure| (figure, runs_with(figure)));
    println!("{style:?}: {counts:?}, lost {lost} of {SEEDS}");
    assert!(counts.iter().all(|(_, runs)| *runs >= 20), "{counts:?}");
    assert!(lost <= 10, "{lost} of {SEEDS} runs lost two replicas");
}
