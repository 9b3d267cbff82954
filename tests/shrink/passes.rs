//! What each way of making a story smaller does by itself.

use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::crash;
use cluster_sim_testkit::ledger::{Flaw, ledger};
use cluster_sim_testkit::units::milliseconds;

use crate::{failures, told};

#[test]
fn a_crash_is_shortened_to_a_millisecond_and_one_without_an_end_gets_none() {
    for (down_for, shortened) in [(Some(milliseconds(64)), Some(milliseconds(1))), (None, None)] {
        let plan = FaultPlan::new().at(milliseconds(50), crash("copy/0", down_for));
        let scenario = ledger(Some(Flaw::StaysDown)).only_faults(plan);
        let shrunk = scenario.shrink(&scenario.run(Seed(1))).unwrap();
        assert_eq!(shrunk.case.faults.faults()[0].fault, crash("copy/0", shortened), "{shrunk}");
    }
}

#[test]
fn both_sides_of_a_cut_lose_whom_it_need_not_strike_and_neither_is_left_empty() {
    let nodes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let cut = |from: &[&str], to: &[&str]| Fault::Cut {
        from: nodes(from),
        to: nodes(to),
        both_ways: true,
        duration: Some(milliseconds(64)),
    };
    for fault in [cut(&["source/0"], &["copy/0", "copy/1"]), cut(&["copy/0", "copy/1"], &["source/0"])] {
        let scenario = ledger(Some(Flaw::NoRetry)).only_faults(FaultPlan::new().at(milliseconds(20), fault));
        let shrunk = scenario.shrink(&scenario.run(Seed(1))).unwrap();
        let Fault::Cut { from, to, .. } = &shrunk.case.faults.faults()[0].fault else { panic!("{shrunk}") };
        assert_eq!((from.len(), to.len()), (1, 1), "{shrunk}");
    }
}

#[test]
fn time_ends_with_what_breaks_the_rule_and_no_fault_comes_after_it() {
    let late = FaultPlan::new().at(milliseconds(30), crash("copy/0", Some(milliseconds(2))));
    let scenario = ledger(None).only_faults(late).duration(Duration::from_secs(60)).always("no copy is ever down", |world| {
        let has_begun = world.now() > VirtualInstant::ZERO + milliseconds(5);
        [1, 2].iter().all(|node| !has_begun || world.health(NodeId(*node)) != cluster_sim::Health::Down)
    });
    let report = scenario.run(Seed(1));
    assert_eq!(report.violations[0].rule, "no copy is ever down");
    let shrunk = scenario.shrink(&report).unwrap();
    // The whole minute is needed by nobody; less than the crash needs would be too little.
    assert_eq!(shrunk.case.duration, Some(milliseconds(31)), "{shrunk}");
    assert!(shrunk.case.faults.faults().iter().all(|scheduled| scheduled.at.since_zero() <= milliseconds(31)));
}

#[test]
fn the_hand_of_a_test_says_how_long_and_nobody_else() {
    let plan = FaultPlan::new().at(milliseconds(50), crash("copy/0", Some(milliseconds(4))));
    let scenario = ledger(Some(Flaw::StaysDown)).only_faults(plan).script(|sim| {
        sim.run_for(milliseconds(30));
        sim.run_for(milliseconds(170));
    });
    let report = scenario.run(Seed(1));
    assert_eq!(report.outcome, Outcome::Violated);
    let shrunk = scenario.shrink(&report).unwrap();
    assert_eq!((shrunk.case.duration, shrunk.finding.rule.as_str()), (None, report.violations[0].rule.as_str()), "{shrunk}");
    assert_eq!(told(&scenario, &shrunk.case, Seed(1)).digest, shrunk.digest);
    assert!(shrunk.by_hand && shrunk.to_string().contains(", scripted steps stay; "), "{shrunk}");
}

#[test]
fn no_seat_is_left_empty_that_a_fault_names_or_that_the_scenario_leaves_empty_itself() {
    let scenario = ledger(Some(Flaw::StaysDown));
    for report in failures(&scenario, 10) {
        let shrunk = scenario.shrink(&report).unwrap();
        let named =
            |node: &String| shrunk.case.faults.faults().iter().any(|scheduled| scheduled.fault.nodes().contains(&node.as_str()));
        assert!(!shrunk.case.absent.is_empty() && !shrunk.case.absent.iter().any(named), "{shrunk}");
    }
    let scenario = ledger(Some(Flaw::NoRetry)).without("copy/1");
    let shrunk = scenario.shrink(&failures(&scenario, 1)[0]).unwrap();
    assert!(shrunk.case.absent.is_empty(), "{shrunk}");
}

#[test]
fn a_client_that_nobody_needs_is_left_out() {
    async fn counts(node: Node) {
        for _ in 0..3 {
            node.sleep(milliseconds(1)).await;
        }
        let is_bad = node.index() == 1;
        node.publish(|bad: &mut bool| *bad = is_bad);
    }
    let scenario = Scenario::new("counting")
        .clients("client", 3, counts)
        .always("nobody is bad after a crash", |world| {
            let all_good = world.views::<bool>().all(|(_, bad)| !bad);
            all_good || world.nodes().all(|node| world.health(node) != cluster_sim::Health::Down)
        })
        .faults(FaultPlan::new().at(milliseconds(50), crash("client/2", Some(milliseconds(4)))));
    let report = scenario.run(Seed(1));
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    let shrunk = scenario.shrink(&report).unwrap();
    assert_eq!(shrunk.case.absent.iter().collect::<Vec<_>>(), ["client/0"], "{shrunk}");
    assert!(shrunk.to_string().contains(", without client/0; "), "{shrunk}");
}

#[test]
fn a_story_that_breaks_another_rule_first_is_not_looked_into() {
    let failure = &failures(&ledger(Some(Flaw::NoRetry)), 1)[0];
    let other = ledger(Some(Flaw::NoRetry)).always("nothing is ever sent", |world| world.traffic().sent == 0);
    assert_eq!(other.shrink(failure), None);
}

#[test]
fn the_text_tells_what_there_was_and_what_is_left() {
    let scenario = ledger(Some(Flaw::NoRetry));
    let report = &failures(&scenario, 1)[0];
    let (_, decided) = scenario.run_with_decisions(report.seed());
    let shrunk = scenario.shrink(report).unwrap();
    let begins =
        format!("faults {} -> {}, decisions {} -> ", report.faults.len(), shrunk.case.faults.faults().len(), decided.len());
    let ends = format!("{} runs, minimal", shrunk.runs);
    assert!(shrunk.to_string().starts_with(&begins) && shrunk.to_string().ends_with(&ends), "{shrunk}");
    assert!(shrunk.to_string().contains(", without copy/"), "{shrunk}");
}
