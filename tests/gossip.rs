//! The smallest user tests: a gossip machine of 35 lines, and a partition that heals.

use cluster_sim::prelude::*;

/// Sends its peers the highest number it has received.
struct Gossip {
    peers: Vec<NodeId>,
    highest: u64,
}

impl Gossip {
    fn boot(node: &Boot) -> Self {
        Self { peers: node.peers(), highest: u64::from(node.id()) }
    }
}

impl Machine for Gossip {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Message { message, .. } | Input::Call(message) => self.highest = self.highest.max(message),
            _ => {
                effects.send_all(&self.peers, self.highest);
                effects.set_timer(Timer(0), Duration::from_millis(50));
            }
        }
    }

    fn view(&self) -> &u64 {
        &self.highest
    }
}

fn gossip() -> Scenario {
    Scenario::new("gossip")
        .machines("gossip", 3, Gossip::boot)
        .eventually("all nodes agree", |world| world.views::<u64>().all(|(_, seen)| *seen == 2))
        .duration(Duration::from_secs(10))
}

#[test]
fn agreement_follows_a_healed_partition() {
    let scenario = gossip();
    let mut sim = scenario.start(Seed(7));
    let cut = sim.partition([2], [0, 1]);
    sim.run_for(Duration::from_secs(5));
    assert_eq!(sim.inspect(|world| world.nodes_where::<u64>(|seen| *seen != 2)), [NodeId(0), NodeId(1)]);
    assert!(cut.dropped() > 100, "the cut dropped {} messages", cut.dropped());
    cut.heal();
    sim.run_for(Duration::from_secs(5));
    assert_eq!(sim.inspect(|world| world.nodes_where::<u64>(|seen| *seen != 2)), []);
    sim.finish().assert_ok();
    scenario.sweep(0..64).assert_ok();
}

#[test]
fn nodes_agree_after_random_faults_of_every_kind() {
    let sweep = gossip().chaos(FaultProfile::default()).sweep(0..256);
    sweep.assert_ok();
    assert_eq!(sweep.passed(), 256);
}

#[test]
fn a_failing_seed_of_a_sweep_fails_alone_with_the_same_report() {
    let scenario =
        gossip().always("2 reaches no other node", |world| world.views::<u64>().all(|(node, seen)| *seen < 2 || node.0 == 2));
    let sweep = scenario.sweep(100..164);
    let failure = sweep.failure().expect("2 reaches every node");
    assert_eq!((sweep.passed(), failure.seed()), (0, Seed(100)));
    assert_eq!(&scenario.run(failure.seed()), failure);
    let text = failure.to_string();
    assert!(text.ends_with("      rerun: `scenario.run(Seed(0x64))`\n"), "{text}");
}

#[test]
#[should_panic(expected = "a sweep over no seeds proves nothing")]
fn a_sweep_over_no_seeds_fails() {
    gossip().sweep(5..5).assert_ok();
}

#[test]
fn a_manual_run_prints_no_rerun_line() {
    let mut sim = gossip().always("9 reaches no node", |world| world.views::<u64>().all(|(_, seen)| *seen != 9)).start(Seed(7));
    sim.run_for(Duration::from_secs(1));
    sim.call(0, 9_u64).unwrap();
    let report = sim.finish();
    assert_eq!((report.outcome, report.by_hand), (Outcome::Violated, true));
    assert!(!report.to_string().contains("rerun:"), "{report}");
}
