//! Nodes that panic or return, and are restarted by a policy.

use cluster_sim::check::Health;
use cluster_sim::node::Incarnation;
use cluster_sim::prelude::*;
use cluster_sim::scenario::RestartPolicy;
use cluster_sim_testkit::faults::kill;
use cluster_sim_testkit::units::{instant, milliseconds};

/// Panics at its tenth tick in each of the first `lives` lives.
struct Fragile {
    incarnation: Incarnation,
    lives: u32,
    ticks: u64,
}

impl Machine for Fragile {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        if let Input::Message { .. } = input {
            return;
        }
        if let Input::Timer(_) = input {
            self.ticks += 1;
            effects.send(NodeId(0), self.ticks);
            assert!(self.ticks < 10 || self.incarnation.0 >= self.lives, "ten ticks are too many");
        }
        effects.set_timer(Timer(0), milliseconds(10));
    }

    fn view(&self) -> &u64 {
        &self.ticks
    }
}

fn machines(lives: u32) -> Scenario {
    let boot = move |boot: &Boot| Fragile { incarnation: boot.incarnation(), lives, ticks: 0 };
    Scenario::new("fragile").machines("node", 2, boot).start_together().duration(milliseconds(1_000))
}

/// As the machines, with a task beside the main one that panics.
fn async_nodes(lives: u32) -> Scenario {
    let main = move |node: Node| async move {
        let port = node.bind::<u64>("ticks");
        let beside = node.clone();
        node.spawn_named("ticker", async move {
            let mut ticks = beside.interval(milliseconds(10));
            for count in 0..u64::MAX {
                ticks.tick().await;
                beside.publish(|view: &mut u64| *view = count);
                assert!(count < 10 || beside.incarnation().0 >= lives, "ten ticks are too many");
            }
        });
        loop {
            let _ = port.recv().await;
        }
    };
    Scenario::new("fragile tasks").nodes("node", 2, main).start_together().duration(milliseconds(1_000))
}

fn both_forms(lives: u32) -> [Scenario; 2] {
    [machines(lives), async_nodes(lives)]
}

fn policy() -> RestartPolicy {
    RestartPolicy::after(milliseconds(50))
}

#[test]
fn a_panic_under_a_policy_restarts_its_node() {
    for scenario in both_forms(3) {
        let report = scenario.restart_policy("node", policy()).run(Seed(7));
        report.assert_ok();
        assert_eq!(report.restarts.len(), 2 * 3, "{report}");
        let first = &report.restarts[0];
        assert_eq!(first.restarts_at, Some(first.at + milliseconds(50)));
        assert_eq!(first.panic.as_deref(), Some("ten ticks are too many"));
        assert!(report.traffic.is_balanced());
        let text = report.to_string();
        assert!(text.contains("restarts by policy: 6") && text.contains("panicked"), "{text}");
    }
}

#[test]
fn a_task_that_panicked_is_named_with_its_restart() {
    let report = async_nodes(1).restart_policy("node", policy()).run(Seed(7));
    let task = report.restarts[0].task.as_deref().expect("a task panicked");
    assert!(task.contains("ticker"), "{task}");
}

#[test]
fn a_panic_without_a_policy_is_a_finding() {
    for scenario in both_forms(3) {
        let report = scenario.clone().run(Seed(7));
        assert_eq!((report.outcome, report.restarts.len()), (Outcome::Panicked, 0));
        let others = scenario.nodes("other", 1, async |_| {}).restart_policy("other", policy());
        assert_eq!(others.run(Seed(7)).outcome, Outcome::Panicked, "the policy is that of another group");
    }
}

#[test]
fn a_policy_for_a_text_leaves_other_panics_findings() {
    for scenario in both_forms(3) {
        let report = scenario.clone().restart_policy("node", policy().only_panics_with("ten ticks")).run(Seed(7));
        report.assert_ok();
        assert_eq!(report.restarts.len(), 2 * 3, "{report}");
        let report = scenario.restart_policy("node", policy().only_panics_with("the disk failed")).run(Seed(7));
        assert_eq!((report.outcome, report.restarts.len()), (Outcome::Panicked, 0));
    }
}

#[test]
fn the_panic_after_the_last_restart_is_a_finding() {
    for scenario in both_forms(3) {
        let report = scenario.clone().restart_policy("node", policy().at_most(2)).run(Seed(7));
        assert_eq!(report.outcome, Outcome::Panicked);
        assert_eq!(report.panic.map(|panic| panic.message).as_deref(), Some("ten ticks are too many"));
        scenario.restart_policy("node", policy().at_most(3)).run(Seed(7)).assert_ok();
    }
}

/// Down for 50 ms after each life, and then in the next incarnation.
#[test]
fn a_node_is_down_until_its_policy_restarts_it() {
    let mut sim = machines(1).restart_policy("node", policy()).start(Seed(7));
    sim.run_for(milliseconds(99));
    assert_eq!(sim.inspect(|world| world.health(NodeId(1))), Health::Up);
    sim.run_for(milliseconds(50));
    assert_eq!(sim.inspect(|world| world.health(NodeId(1))), Health::Down);
    sim.run_for(milliseconds(2));
    assert_eq!(sim.inspect(|world| world.health(NodeId(1))), Health::Up);
    sim.finish().assert_ok();
}

#[test]
fn a_killed_node_is_not_restarted_by_its_policy() {
    let plan = FaultPlan::new().at(milliseconds(120), kill("node/1"));
    let report = machines(9).restart_policy("node", policy()).faults(plan).run(Seed(7));
    report.assert_ok();
    assert_eq!(report.restarts.iter().filter(|restart| restart.node == "node/1").count(), 1);
}

/// Returns after 100 ms in each of its first two lives.
fn returning() -> Scenario {
    let main = async |node: Node| {
        node.publish(|view: &mut Incarnation| *view = node.incarnation());
        node.sleep(milliseconds(100)).await;
        if node.incarnation().0 >= 2 {
            std::future::pending::<()>().await;
        }
    };
    Scenario::new("returning").nodes("node", 1, main).start_together().duration(milliseconds(1_000))
}

#[test]
fn a_main_function_that_returns_is_started_again() {
    let report = returning().restart_policy("node", policy()).run(Seed(7));
    report.assert_ok();
    let ends: Vec<_> = report.restarts.iter().map(|restart| (restart.at, restart.restarts_at, restart.panic.clone())).collect();
    assert_eq!(ends, [(instant(100), Some(instant(150)), None), (instant(250), Some(instant(300)), None)]);
    assert_eq!(returning().run(Seed(7)).restarts, [], "without a policy it stays up");
    let once = returning().restart_policy("node", policy().at_most(1)).run(Seed(7));
    once.assert_ok();
    assert_eq!(once.restarts.last().and_then(|restart| restart.restarts_at), None, "it is left down");
    assert!(once.to_string().contains("node/0 returned  (restarts no more)"), "{once}");
}

#[test]
fn a_client_that_returns_has_ended() {
    let scenario = Scenario::new("clients").clients("client", 2, async |node| node.sleep(milliseconds(5)).await);
    let report = scenario.restart_policy("client", policy()).run(Seed(7));
    report.assert_ok();
    assert_eq!(report.restarts, []);
}

#[test]
fn restarts_by_policy_are_deterministic_and_replayable() {
    for scenario in both_forms(3) {
        let scenario = scenario.restart_policy("node", policy()).chaos(FaultProfile::default());
        for seed in [3, 4].map(Seed) {
            let (one, other) = (scenario.run(seed), scenario.run(seed));
            assert_eq!((one.digest, one.restarts), (other.digest, other.restarts));
        }
        scenario.check_determinism(Seed(3)).assert_ok();
    }
}
