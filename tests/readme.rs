//! What the README shows of a failing run is what one says.

use cluster_sim::prelude::*;

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

#[test]
fn the_readme_shows_what_a_failing_sweep_says() {
    let scenario = Scenario::new("gossip")
        .machines("gossip", 3, |seat| Silent { peers: seat.peers(), highest: u64::from(seat.id()) })
        .eventually("all nodes agree", |world| world.views::<u64>().all(|(_, seen)| *seen == 2))
        .lasting(Duration::from_secs(2))
        .chaos(FaultProfile::default());
    let sweep = scenario.sweep(0..64);
    assert!(sweep.failure().is_some(), "who crashes and is told nothing does not agree");
    let (_, shown) = include_str!("../README.md").split_once("panics with this:\n\n```text\n").expect("the README shows one");
    let (shown, _) = shown.split_once("```\n").expect("what it shows ends");
    assert_eq!(sweep.to_string(), shown);
    let shrunk = scenario.shrink(sweep.failure().expect("it was there just now")).expect("it broke a rule");
    let (_, shown) =
        include_str!("../README.md").split_once("      smallest story: ").expect("the README shows its smallest story");
    let crash = &shrunk.story.faults.faults()[0];
    assert!(
        shown.starts_with(&format!("{shrunk}\n        {}  {}\n", crash.at, crash.fault)),
        "{shrunk}\n{}  {}",
        crash.at,
        crash.fault
    );
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
