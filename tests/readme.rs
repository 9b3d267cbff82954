//! What the README shows of a failing run is what one says.

use std::path::Path;

use cluster_sim::prelude::*;
use cluster_sim::{ArtifactContext, BuildInfo, ScenarioSource};

/// The machine of the README without its timer: it speaks when it boots, and never again.
struct Silent {
    peers: Vec<NodeId>,
    highest: u64,
}

impl Machine for Silent {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Message { message, .. } | Input::Call(message) => self.highest = self.highest.max(message),
            _ => effects.send_all(&self.peers, self.highest),
        }
    }

    fn view(&self) -> &u64 {
        &self.highest
    }
}

/// The gossip of the README with that machine.
fn silent_gossip() -> Scenario {
    Scenario::new("gossip")
        .machines("gossip", 3, |seat| Silent { peers: seat.peers(), highest: u64::from(seat.id()) })
        .eventually("all nodes agree", |world| world.views::<u64>().all(|(_, seen)| *seen == 2))
        .duration(Duration::from_secs(2))
        .chaos(FaultProfile::default())
}

/// The block of the README that comes after this.
fn shown_after(place: &str) -> &'static str {
    let (_, shown) = include_str!("../README.md").split_once(place).expect("the README has that place");
    shown.split_once("```\n").expect("a block ends").0
}

#[test]
fn the_readme_shows_what_a_failing_sweep_says() {
    let sweep = silent_gossip().sweep(0..64);
    assert!(sweep.failure().is_some(), "who crashes and is told nothing does not agree");
    assert_eq!(sweep.to_string(), shown_after("panics with this:\n\n```text\n"));
}

/// What a test of the attribute says in the end: the same failure, with its smallest story.
#[test]
fn the_readme_shows_what_a_failing_test_says_of_the_smallest_story() {
    let scenario = silent_gossip();
    let mut sweep = scenario.sweep(0..64);
    let root = tempfile::tempdir().expect("there is room");
    let replay =
        |file: &Path| format!("CLUSTER_SIM_REPLAY={} cargo nextest run -p store -E 'test(=all_nodes_agree)'", file.display());
    let driver = ScenarioSource::Test { package: "store".to_owned(), name: "all_nodes_agree".to_owned() };
    let origin = ArtifactContext {
        name: "store-all_nodes_agree".to_owned(),
        source: driver,
        build: BuildInfo::here(),
        replay: Box::new(replay),
    };
    sweep.keep_artifacts(&scenario, &origin, root.path(), |_| {});
    let said = sweep.to_string().replace(&root.path().display().to_string(), "…/target/cluster-sim");
    let (_, said) = said.split_once("held\n").expect("it begins with how many held");
    let said = said.replace(
        "`scenario.run(Seed(0x6))` is this run alone",
        "CLUSTER_SIM_SEED=0x6 cargo nextest run -p store -E 'test(=all_nodes_agree)'",
    );
    assert_eq!(said, shown_after("and where to look:\n\n```text\n"));
}

#[expect(dead_code, reason = "its other half runs over real sockets")]
#[path = "../examples/same_node.rs"]
mod same_node;

#[test]
fn the_readme_shows_what_one_node_says_in_the_simulation() {
    let (_, shown) = include_str!("../README.md").split_once("In the simulation: ").expect("the README shows one");
    let (shown, _) = shown.split_once("\n\nOn multi-thread tokio").expect("the other world follows");
    let shown: Vec<&str> = shown.lines().skip(1).collect();
    assert_eq!(same_node::simulated(), shown);
}
