//! Claims, profiles, failpoints and triggers that can do nothing.

use cluster_sim::fault::{Claim, FaultDomain, FaultKind};
use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{counters, refusal};

fn claimed(claim: Claim) -> String {
    refusal(&counters().survives(claim))
}

#[test]
fn a_claim_that_no_run_can_exceed() {
    assert_snapshot!(claimed(Claim::at_most(3, "counter")), @r#"the claim "at most 3 of counter" is impossible: no run can exceed it: there are 2 nodes; claim 2 or fewer"#);
    assert_snapshot!(claimed(Claim::damaged_disks(3, "counter")), @r#"the claim "at most 3 of counter with a damaged disk" is impossible: no run can exceed it: there are 2 nodes; claim 2 or fewer"#);
    let zones = counters().zones("counter", ["a", "b"]).survives(Claim::at_most(3, "counter").counting(FaultDomain::Zone));
    assert_snapshot!(refusal(&zones), @r#"the claim "at most 3 zones of counter" is impossible: no run can exceed it: there are 2 zones; claim 2 or fewer"#);
    assert_snapshot!(claimed(Claim::clock_drift(2_000_000_000, "counter")), @r#"the claim "monotonic clocks of counter drifting at most 2000000.000 ppm" is impossible: no clock drifts by more than 1000000000 ppb; claim that or less"#);
    counters().survives(Claim::at_most(2, "counter")).run(Seed(7)).assert_ok();
}

#[test]
fn a_claim_about_clocks_that_counts_damaged_disks() {
    assert_snapshot!(claimed(Claim::clock_drift(1, "counter").or_damaged()), @r#"the claim "monotonic clocks of counter drifting at most 0.001 ppm" is impossible: it is about clocks and cannot count damaged disks; claim `Claim::damaged_disks` beside it"#);
}

#[test]
fn a_minority_of_two_is_none() {
    let crash = NodeFault::Crash { node: "counter/0".to_owned(), down_for: None };
    let plan = FaultPlan::new().at(Duration::from_millis(500), crash);
    let report = counters().survives(Claim::minority_of("counter")).faults(plan).run(Seed(7));
    let exceeded = report.exceeded.expect("one is more than none");
    assert_snapshot!(exceeded.message, @"1 of 2 counter nodes were down at once (claim: a minority of counter, which is none of 2)");
    assert_snapshot!(exceeded.cause, @"counter/0, last by crash counter/0 at 0.500000s");
}

#[test]
fn a_profile_that_draws_nothing() {
    let drawn = |kinds: &[FaultKind]| refusal(&counters().chaos(FaultProfile::default().only(kinds.iter().copied())));
    assert_snapshot!(drawn(&[]), @"the fault profile draws nothing: it has no kinds; name some, or declare `FaultProfile::none()` for a scenario without chaos");
    assert_snapshot!(drawn(&[FaultKind::Failpoint]), @"the fault profile draws nothing: crashes at failpoints need `Scenario::failpoints`");
    assert_snapshot!(drawn(&[FaultKind::DomainLoss]), @"the fault profile draws nothing: losses of domains need `Scenario::zones`, `racks` or regions");
    assert!(counters().chaos(FaultProfile::none()).run(Seed(7)).faults.is_empty());
}

#[test]
fn a_failpoint_without_a_name_or_with_two_declarations() {
    assert_snapshot!(refusal(&counters().failpoints([""])), @r#"failpoint "" is invalid: it has no name; name it as node code does, such as "store.before_sync""#);
    assert_snapshot!(refusal(&counters().failpoints(["x"]).failpoints(["x"])), @r#"failpoint "x" is invalid: it is declared twice; declare each point once"#);
}

#[test]
fn two_triggers_of_one_name() {
    let idle = |scenario: Scenario| scenario.when("ack", |_, _| None::<Fault>);
    assert_snapshot!(refusal(&idle(idle(counters()))), @r#"two triggers are called "ack"; give each a name of its own"#);
}
