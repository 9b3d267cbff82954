//! Rules of a campaign over the reports of its runs.

use cluster_sim::prelude::*;
use rstest::rstest;

use crate::{count, failure_groups, seldom};

#[rstest]
fn a_violated_report_check_is_a_failure(#[values(false, true)] isolated: bool) {
    let rule = |report: &Report| if report.seed().0 % 5 == 3 { Err(format!("seed {}", report.seed())) } else { Ok(()) };
    let campaign = seldom(8, || {}).campaign(0..16).max_failures(count(9)).check_report("no seed of that kind", rule);
    let sweep = if isolated { campaign.isolated().run() } else { campaign.run() };
    assert_eq!(failure_groups(&sweep), [(3, "no seed of that kind", "seed 0x3", 2)], "{sweep}");
    let violation = &sweep.failure().expect("it is broken").violations[0];
    assert_eq!(violation.at.since_zero(), Duration::from_millis(20), "known at the end of the run");
    assert_eq!(sweep.failures()[0].summary(), None, "the run itself ends well");
}

#[test]
fn an_unknown_report_check_is_no_pass() {
    let sweep = seldom(8, || {}).campaign(0..16).check_report("tells", |_| Verdict::Unknown("no number".to_owned())).run();
    assert_eq!((sweep.failure().map(|report| report.outcome), sweep.exit_code()), (Some(Outcome::Unknown), 4));
    assert!(sweep.to_string().contains("      unknown: tells: no number\n"), "{sweep}");
}

#[test]
fn a_report_check_is_skipped_for_a_run_that_failed() {
    let broken = seldom(1, || {}).always("no node does it", |world| world.views::<bool>().all(|(_, does)| !does));
    let sweep = broken.campaign(0..4).check_report("never", |_| false).run();
    assert_eq!(failure_groups(&sweep), [(0, "no node does it", "", 0)]);
    assert!(sweep.failures()[0].summary().is_some_and(|ending| ending.verdict.contains("no node does it")), "{sweep}");
}
