//! Each pass of the minimizer by itself.

use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::{crash, cut};
use cluster_sim_testkit::ledger::{Flaw, ledger};
use cluster_sim_testkit::units::milliseconds;

use crate::{failures, run};

#[test]
fn a_crash_is_shortened_to_a_millisecond_or_stays_without_an_end() {
    for (down_for, shortened) in [(Some(milliseconds(64)), Some(milliseconds(1))), (None, None)] {
        let plan = FaultPlan::new().at(milliseconds(50), crash("copy/0", down_for));
        let scenario = ledger(Some(Flaw::StaysDown)).only_faults(plan);
        let minimized = scenario.shrink(&scenario.run(Seed(1))).unwrap();
        assert_eq!(minimized.case.faults.faults()[0].fault, crash("copy/0", shortened), "{minimized}");
    }
}

#[test]
fn both_sides_of_a_cut_are_reduced_to_the_nodes_needed() {
    let (source, copies) = (["source/0"], ["copy/0", "copy/1"]);
    for fault in [cut(source, copies, milliseconds(64)), cut(copies, source, milliseconds(64))] {
        let scenario = ledger(Some(Flaw::NoRetry)).only_faults(FaultPlan::new().at(milliseconds(20), fault));
        let minimized = scenario.shrink(&scenario.run(Seed(1))).unwrap();
        let Fault::Network(NetworkFault::Cut { from, to, .. }) = &minimized.case.faults.faults()[0].fault else {
            panic!("{minimized}")
        };
        assert_eq!((from.len(), to.len()), (1, 1), "{minimized}");
    }
}

#[test]
fn a_loss_of_a_zone_is_reduced_to_the_nodes_needed() {
    for (racks, named) in [(1, "copy/1"), (2, "zone:a")] {
        let plan = FaultPlan::new().at(milliseconds(50), DomainFault::crash_all(["zone:b", "zone:a"], milliseconds(64)));
        let scenario = ledger(Some(Flaw::StaysDown)).only_faults(plan).zones("source", ["b"]);
        // Zone a holds both copies, or one of them.
        let scenario = if racks == 1 { scenario.zones("copy", ["a"]) } else { scenario.zones("copy", ["a", "c"]) };
        let minimized = scenario.shrink(&scenario.run(Seed(1))).unwrap();
        let fault = DomainFault::crash_all([named], milliseconds(1));
        assert_eq!(minimized.case.faults.faults()[0].fault, fault.into(), "{minimized}");
    }
}

#[test]
fn a_rolling_restart_is_reduced_to_the_crash_of_one_node() {
    let rolling = DomainFault::rolling_restart(["group:copy"], milliseconds(64), milliseconds(5));
    let scenario = ledger(Some(Flaw::StaysDown)).only_faults(FaultPlan::new().at(milliseconds(20), rolling));
    let minimized = scenario.shrink(&scenario.run(Seed(1))).unwrap();
    let fault = &minimized.case.faults.faults()[0].fault;
    let of = |copy| Fault::from(DomainFault::crash_all([copy], milliseconds(1)));
    assert!(*fault == of("copy/0") || *fault == of("copy/1"), "{minimized}");
}

#[test]
fn the_duration_is_cut_to_the_violation() {
    let late = FaultPlan::new().at(milliseconds(30), crash("copy/0", Some(milliseconds(2))));
    let scenario = ledger(None).only_faults(late).duration(Duration::from_secs(60)).always("no copy is ever down", |world| {
        let has_begun = world.now() > VirtualInstant::ZERO + milliseconds(5);
        [1, 2].iter().all(|node| !has_begun || world.health(NodeId(*node)) != cluster_sim::check::Health::Down)
    });
    let report = scenario.run(Seed(1));
    assert_eq!(report.violations[0].rule, "no copy is ever down");
    let minimized = scenario.shrink(&report).unwrap();
    // Nothing needs the whole minute; the crash needs this much.
    assert_eq!(minimized.case.duration, Some(milliseconds(31)), "{minimized}");
    assert!(minimized.case.faults.faults().iter().all(|scheduled| scheduled.at.since_zero() <= milliseconds(31)));
}

#[test]
fn the_duration_of_a_scripted_run_is_kept() {
    let plan = FaultPlan::new().at(milliseconds(50), crash("copy/0", Some(milliseconds(4))));
    let scenario = ledger(Some(Flaw::StaysDown)).only_faults(plan).script(|sim| {
        sim.run_for(milliseconds(30));
        sim.run_for(milliseconds(170));
    });
    let report = scenario.run(Seed(1));
    assert_eq!(report.outcome, Outcome::Violated);
    let minimized = scenario.shrink(&report).unwrap();
    assert_eq!(
        (minimized.case.duration, minimized.finding.rule.as_str()),
        (None, report.violations[0].rule.as_str()),
        "{minimized}"
    );
    assert_eq!(run(&scenario, &minimized.case, Seed(1)).digest, minimized.digest);
    assert!(minimized.by_hand && minimized.to_string().contains(", steps of the test stay; "), "{minimized}");
}

#[test]
fn nodes_named_by_a_fault_are_not_left_out() {
    let scenario = ledger(Some(Flaw::StaysDown));
    for report in failures(&scenario, 10) {
        let minimized = scenario.shrink(&report).unwrap();
        let named =
            |node: &String| minimized.case.faults.faults().iter().any(|scheduled| scheduled.fault.nodes().contains(&node.as_str()));
        assert!(!minimized.case.absent.is_empty() && !minimized.case.absent.iter().any(named), "{minimized}");
    }
    let scenario = ledger(Some(Flaw::NoRetry)).without("copy/1");
    let minimized = scenario.shrink(&failures(&scenario, 1)[0]).unwrap();
    assert!(minimized.case.absent.is_empty(), "{minimized}");
}

#[test]
fn an_unneeded_client_is_left_out() {
    async fn counts(node: Node) {
        for _ in 0..3 {
            node.sleep(milliseconds(1)).await;
        }
        let is_bad = node.index() == 1;
        node.publish(|bad: &mut bool| *bad = is_bad);
    }
    let scenario = Scenario::new("counting")
        .clients("client", 3, counts)
        .always("no node is bad after a crash", |world| {
            let all_good = world.views::<bool>().all(|(_, bad)| !bad);
            all_good || world.nodes().all(|node| world.health(node) != cluster_sim::check::Health::Down)
        })
        .faults(FaultPlan::new().at(milliseconds(50), crash("client/2", Some(milliseconds(4)))));
    let report = scenario.run(Seed(1));
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    let minimized = scenario.shrink(&report).unwrap();
    assert_eq!(minimized.case.absent.iter().collect::<Vec<_>>(), ["client/0"], "{minimized}");
    assert!(minimized.to_string().contains(", without client/0; "), "{minimized}");
}

#[test]
fn a_run_that_breaks_another_rule_first_is_not_minimized() {
    let failure = &failures(&ledger(Some(Flaw::NoRetry)), 1)[0];
    let other = ledger(Some(Flaw::NoRetry)).always("nothing is ever sent", |world| world.traffic().sent == 0);
    assert_eq!(other.shrink(failure), None);
}

#[test]
fn the_text_counts_faults_and_decisions_before_and_after() {
    let scenario = ledger(Some(Flaw::NoRetry));
    let report = &failures(&scenario, 1)[0];
    let (_, decided) = scenario.run_with_decisions(report.seed());
    let minimized = scenario.shrink(report).unwrap();
    let begins =
        format!("faults {} -> {}, decisions {} -> ", report.faults.len(), minimized.case.faults.faults().len(), decided.len());
    let ends = format!("{} runs, minimal", minimized.runs);
    assert!(minimized.to_string().starts_with(&begins) && minimized.to_string().ends_with(&ends), "{minimized}");
    assert!(minimized.to_string().contains(", without copy/"), "{minimized}");
}
