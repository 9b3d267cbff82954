//! Seeds that spend a budget: confirmed, minimized, kept and replayed as other failures are.

use cluster_sim::explore::{Minimized, Reproducer};
use cluster_sim::node::yield_now;
use cluster_sim::prelude::*;
use cluster_sim::report::Exhausted;
use cluster_sim::scenario::Budget;

use crate::artifacts::{folder, origin};
use crate::attribute::{reproducer_kept, run_test};

/// Every message is answered by two.
async fn resend(node: Node) {
    let port = node.bind::<u64>("p");
    port.broadcast(0);
    loop {
        let received = port.recv().await;
        (0..2).for_each(|_| port.send(received.from, received.message + 1));
        node.publish(|count: &mut u64| *count += 1);
    }
}

/// Tests as a user would write them, with default budgets.
mod made {
    use super::*;

    #[should_panic(expected = "n/0 -> n/1 on port p: ")]
    #[cluster_sim::test(seeds = 4)]
    fn storms() -> Scenario {
        Scenario::new("storm").nodes("n", 2, resend).always("v", |world| world.views::<u64>().all(|_| true))
    }

    #[should_panic(expected = "n/1, task main, spawned at ")]
    #[cluster_sim::test(seeds = 4)]
    fn yields() -> Scenario {
        Scenario::new("yields").nodes("n", 2, |node| async move {
            while node.index() == 1 {
                yield_now().await;
            }
        })
    }
}

/// Runs a test that is to fail in another process; returns what it prints, after a replay of its file that prints the same finding.
#[track_caller]
fn said_by(name: &str, finding: &str) -> String {
    let path = format!("storms::made::{name}");
    let (passed, said) = run_test(&path, &[]);
    assert!(passed, "it is to panic, and did: {said}");
    let file = reproducer_kept(&said, &path);
    let (passed, replayed) = run_test(&path, &[("CLUSTER_SIM_REPLAY", &file)]);
    assert!(passed && replayed.contains("the same run, event by event"), "{replayed}");
    assert!(said.contains(finding) && replayed.contains(finding), "{finding}\n{said}\n{replayed}");
    said
}

#[test]
fn storms_and_loops_of_yields_are_minimized_at_default_budgets() {
    let said = said_by("storms", "more than 22000 messages were in flight; ");
    assert!(said.contains("      minimized: faults 0 -> 0, decisions ") && said.contains(" -> 0; 1 runs, minimal\n"), "{said}");
    let said = said_by("yields", "12000 steps were taken at one instant of virtual time; ");
    assert!(said.contains("decisions 0 -> 0; 0 runs, minimal\n") || said.contains(", minimal\n"), "{said}");
}

/// A node that sends again and again what it sent, once it was paused: a storm that needs one fault of many.
fn storm_after_a_pause(is_mended: bool) -> Scenario {
    let main = move |node: Node| async move {
        let port = node.bind::<u64>("p");
        let mut last = node.now();
        let mut storms = false;
        loop {
            node.sleep(Duration::from_millis(10)).await;
            storms |= !is_mended && node.now() - last > Duration::from_millis(15);
            last = node.now();
            let sends = if storms { 200 } else { 1 };
            (0..sends).for_each(|number| port.broadcast(number));
            while port.try_recv().is_some() {}
        }
    };
    let pause = |at: u64, node: &str| {
        let pause = NodeFault::Pause { node: node.to_owned(), duration: Some(Duration::from_millis(100)) };
        (Duration::from_millis(at), pause.into())
    };
    let loss = |at: u64| {
        let loss = NetworkFault::Loss {
            links: "default".to_owned(),
            rule: format!("loss {at}"),
            ratio: Ratio::percent(1),
            duration: None,
        };
        (Duration::from_millis(at), loss.into())
    };
    let plan = [pause(100, "n/1"), loss(150), pause(300, "n/2"), loss(400)];
    Scenario::new("paused")
        .nodes("n", 3, main)
        .default_links(LinkModel::constant(Duration::from_millis(100)))
        .faults(plan.into_iter().fold(FaultPlan::new(), |plan, (at, fault): (Duration, Fault)| plan.at(at, fault)))
        .budget(Budget { messages_in_flight: Some(1_000), ..Budget::default() })
}

#[test]
fn a_spent_budget_is_minimized_to_the_fault_that_it_needs() {
    let (scenario, root) = (storm_after_a_pause(false), folder());
    let mut sweep = scenario.sweep(0..1);
    let report = sweep.failure().expect("it storms").clone();
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::MessagesInFlight(1_000))), "{sweep}");
    assert_eq!(sweep.exit_code(), 4);
    sweep.keep_artifacts(&scenario, &origin("storms"), root.path(), |_| {});
    let artifacts = sweep.failures()[0].artifacts().expect("they are kept");
    let Minimized { case, finding, is_minimal, .. } = artifacts.minimized().expect("it is minimized");
    assert_eq!((case.faults.faults().len(), *is_minimal, finding.outcome), (1, true, Outcome::Exhausted), "{sweep}");
    assert_eq!(finding.rule, "the budget of messages in flight");
    let reproducer: &Reproducer = artifacts.reproducer.as_ref().expect("it is written");
    assert!(scenario.replay(reproducer).expect("it fits").is_same());
    storm_after_a_pause(true).check_regression(reproducer).expect("it fits").assert_ok();
}
