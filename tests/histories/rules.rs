//! Checkers as rules of a scenario.

use std::time::Duration;

use cluster_sim::check::history::aggregates::Availability;
use cluster_sim::check::history::models::Register;
use cluster_sim::check::history::{Bounds, Checker, Contradiction, History, HistoryEvent, Judgement, Linearizable};
use cluster_sim::prelude::*;

use crate::nodes::{Machines, OPERATIONS, client, repeating_client, store};

const RULE: &str = "the store answers as one register";

fn scenario(is_stale: bool) -> Scenario {
    Scenario::new("register")
        .nodes("store", 1, move |node| store(node, is_stale))
        .clients("client", 3, client)
        .duration(Duration::from_secs(5))
}

#[test]
fn a_correct_register_is_linearizable_under_any_faults() {
    let sweep = scenario(false).linearizable::<Register<u64>>(RULE).chaos(FaultProfile::default().sparing(["store"])).sweep(0..200);
    sweep.assert_ok();
}

#[test]
fn a_stale_read_is_found_named_and_drawn() {
    let report = scenario(true).linearizable::<Register<u64>>(RULE).run(Seed(3));
    assert_eq!(report.outcome, Outcome::Violated);
    let violation = &report.violations[0];
    assert_eq!(violation.rule, RULE);
    assert!(violation.message.contains("cannot be placed after"), "{}", violation.message);
    assert!(violation.nodes.iter().all(|node| *node != NodeId(0)), "clients saw it");
    let picture = &report.histories[RULE];
    assert_eq!(picture.message, violation.message);
    assert!(picture.bars.iter().filter(|bar| bar.contradicts).count() >= 2);
    let recording = scenario(true).linearizable::<Register<u64>>(RULE).record(Seed(3));
    let page = cluster_sim::explain::html(&recording, None);
    assert!(page.contains("class=\"op contradicts\"") && page.contains("aria-label=\"what clients saw\""));
    // The history is a part of the report as a file too.
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap().histories, report.histories);
}

#[test]
fn a_sweep_confirms_what_clients_saw() {
    let sweep = scenario(true).linearizable::<Register<u64>>(RULE).sweep(0..20);
    let report = sweep.failure().expect("a stale read");
    assert_eq!(report.outcome, Outcome::Violated, "the confirming run has the same report: {report}");
}

#[test]
fn both_forms_of_a_client_state_their_calls() {
    let scenario = |is_confused| {
        Scenario::new("machines")
            .machines("node", 3, move |boot: &Boot| Machines::new(boot, is_confused))
            .linearizable::<Register<u64>>(RULE)
            .duration(Duration::from_secs(1))
    };
    let report = scenario(false).run(Seed(1));
    report.assert_ok();
    assert_eq!(report.checks[0].times_checked, 2 * OPERATIONS);
    let report = scenario(true).run(Seed(1));
    assert_eq!(report.violations[0].message, "call 0 ends and is not open: state its invocation first, and its end once");
}

#[test]
fn a_bound_that_is_spent_is_unknown() {
    let bounded = || Linearizable::new(Register::<u64>::default()).bounds(Bounds { steps: 3, ..Bounds::default() });
    scenario(false).history(RULE, bounded).run(Seed(1)).assert_ok();
    // Where each value is written once there is no search; here there is.
    let scenario = Scenario::new("repeated").nodes("store", 1, |node| store(node, false)).clients("client", 3, repeating_client);
    let report = scenario.history(RULE, bounded).duration(Duration::from_secs(5)).run(Seed(1));
    assert_eq!(report.outcome, Outcome::Unknown);
    assert!(report.to_string().contains("3 steps of the model were not enough"), "{report}");
}

#[test]
fn a_history_without_an_answer_is_unknown() {
    let report = Scenario::new("silence")
        .clients("client", 2, client)
        .linearizable::<Register<u64>>(RULE)
        .duration(Duration::from_secs(5))
        .run(Seed(1));
    assert_eq!(report.outcome, Outcome::Unknown, "{report}");
}

#[test]
fn clients_that_wait_until_the_end_of_the_run_are_stuck() {
    let client = |node: Node| async move {
        let port = node.bind::<u64>("store");
        let call = node.invoke::<(), ()>(());
        port.recv().await;
        call.ok(());
    };
    let ticking = |node: Node| async move {
        loop {
            node.sleep(Duration::from_millis(100)).await;
        }
    };
    let within = |seconds| {
        Scenario::new("silence")
            .nodes("clock", 1, ticking)
            .nodes("client", 2, client)
            .history::<(), (), _>("calls are answered", move || {
                Availability::default().answers_within(Duration::from_secs(seconds))
            })
            .duration(Duration::from_secs(5))
            .run(Seed(1))
    };
    let report = within(4);
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    assert_eq!(report.violations[0].message, "2 calls were not answered within 4s");
    assert_eq!(within(60).outcome, Outcome::Unknown, "both may still be answered");
}

/// Refuses the answer of that number.
struct Refuses(usize, usize);

impl<O, A> Checker<O, A> for Refuses {
    fn observe(&mut self, event: &HistoryEvent<'_, O, A>) -> Result<(), Contradiction> {
        if let HistoryEvent::Completed { index, .. } = event {
            self.1 += 1;
            if self.0 == self.1 {
                return Err(Contradiction { message: "one answer too many".to_owned(), operations: vec![*index] });
            }
        }
        Ok(())
    }

    fn finish(&mut self, history: &History<O, A>) -> Judgement {
        Judgement { times_checked: history.operations().len() as u64, ..Judgement::default() }
    }
}

#[test]
fn a_checker_that_decides_at_once_ends_the_run_there() {
    let run =
        |refused| scenario(false).history::<RegisterOp, RegisterAnswer, _>("few answers", move || Refuses(refused, 0)).run(Seed(1));
    let report = run(7);
    assert_eq!(report.violations.len(), 1, "told once: {report}");
    assert_eq!(report.violations[0].message, "one answer too many");
    assert_eq!(report.operations.values().max(), Some(&3), "no client went on");
    run(10_000).assert_ok();
}

type RegisterOp = cluster_sim::check::history::models::RegisterOp<u64>;
type RegisterAnswer = cluster_sim::check::history::models::RegisterAnswer<u64>;
