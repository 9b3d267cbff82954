//! Faults that name what is not there, or cannot have an effect.

use cluster_sim::fault::{DiskFault, ProcessFault};
use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{counters, panic_of, refusal};

const SECOND: Duration = Duration::from_secs(1);

fn crash(node: &str, down_for: Option<Duration>) -> Fault {
    NodeFault::Crash { node: node.to_owned(), down_for }.into()
}

fn planned(at: Duration, fault: impl Into<Fault>) -> Scenario {
    counters().faults(FaultPlan::new().at(at, fault))
}

/// Returns the lines of a report about its faults.
fn fault_lines(report: &Report) -> String {
    let text = report.to_string();
    let lines = text.lines().map(str::trim).filter(|line| line.contains("crash") || line.contains("fault") || line.contains("cut"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_fault_of_a_misspelt_node() {
    assert_snapshot!(refusal(&planned(SECOND / 2, crash("conter/1", None))), @r#"fault 0 (crash) names node "conter/1"; the scenario has no such node, name it by group and index, as in "edge/1"; did you mean "counter/1"; known: counter/0, counter/1"#);
}

#[test]
fn a_fault_of_a_node_past_the_last() {
    assert_snapshot!(refusal(&planned(SECOND / 2, crash("counter/2", None))), @r#"fault 0 (crash) names node "counter/2"; the scenario has no such node, name it by group and index, as in "edge/1"; known: counter/0, counter/1"#);
}

#[test]
fn a_fault_of_misspelt_links() {
    let loss =
        NetworkFault::Loss { links: "defualt".to_owned(), rule: "drop".to_owned(), ratio: Ratio::percent(10), duration: None };
    assert_snapshot!(refusal(&planned(SECOND / 2, loss)), @r#"fault 0 (loss) names links "defualt"; the scenario has no such class, declare it with `Scenario::links`; did you mean "default"; known: default"#);
}

#[test]
fn a_cut_with_a_node_on_both_sides() {
    let (from, to) = (vec!["counter/0".to_owned(), "counter/1".to_owned()], vec!["counter/1".to_owned()]);
    assert_snapshot!(refusal(&planned(SECOND / 2, NetworkFault::Cut { from, to, both_ways: true, duration: None })), @r#"fault 0 (cut) has node "counter/1" on both sides; name it on one of them"#);
}

#[test]
fn a_flap_that_never_opens() {
    let (from, to) = (vec!["counter/0".to_owned()], vec!["counter/1".to_owned()]);
    let flap = NetworkFault::Flap { from, to, both_ways: true, cut_for: SECOND, open_for: Duration::ZERO, duration: None };
    assert_snapshot!(refusal(&planned(SECOND / 2, flap)), @"fault 0 (flap) is invalid: each cut, and each time between two, must be longer than zero");
}

#[test]
fn a_misspelt_spared_group() {
    let profile = FaultProfile { spared_groups: vec!["conter".to_owned()], ..FaultProfile::default() };
    assert_snapshot!(refusal(&counters().chaos(profile)), @r#"the fault profile names group "conter", but the scenario has no such group; did you mean "counter"; known: counter"#);
}

#[test]
fn a_fault_of_a_misspelt_kind() {
    let text = r#"[{"at_ns":2000,"fault":{"carsh":{"node":"counter/0"}}}]"#;
    assert_snapshot!(serde_json::from_str::<FaultPlan>(text).expect_err("there is no such fault"), @r#"unknown variant `carsh`; did you mean "crash", expected one of `cut`, `heal_all`, `flap`, `loss`, `links`, `impair`, `impair_links`, `hold`, `release_all`, `reset_sessions`, `crash`, `crash_loop`, `crash_at`, `restart`, `kill`, `pause`, `resume`, `crash_all`, `kill_all`, `pause_all`, `rolling_restart`, `clock_offset`, `clock_step`, `clock_drift`, `periodic_drift`, `random_drift`, `clock_freeze`, `clock_strobe`, `coarse_clock`, `late_timers`, `coalesced_timers`, `disk_error`, `disk_full`, `sync_error`, `lying_sync`, `bit_rot`, `rot_on_read`, `misdirect`, `lost_write`, `stale_read`, `rollback`, `truncate_file`, `remove_file`, `append_garbage`, `slow_disk`, `disk_stall`, `disk_limit`, `reformat`, `graceful_stop`, `slow`, `cancel_tasks`, `equal_random`, `poison_message`, `crash_in_io`, `random_crash_in_io`, `object_error`, `object_lost_answer`, `object_lost_write`, `object_damage`, `object_lag`, `object_pages`, `object_resurrect`, `object_expire`, `slow_objects`, `object_stall`, `object_throttle` at line 1 column 31"#);
}

#[test]
fn a_fault_after_the_end() {
    assert_snapshot!(fault_lines(&planned(SECOND * 5, crash("counter/1", None)).run(Seed(7))), @r"
    faults: 1 (0 had an effect)
    5.000000s  crash counter/1  (not applied: run ended)
    ");
}

#[test]
fn a_fault_of_a_killed_node() {
    let plan =
        FaultPlan::new().at(SECOND / 4, NodeFault::Kill { node: "counter/1".to_owned() }).at(SECOND / 2, crash("counter/1", None));
    assert_snapshot!(fault_lines(&counters().faults(plan).run(Seed(7))), @r"
    faults: 2 (1 had an effect)
    0.500000s  crash counter/1  (no effect: it was killed)
    ");
}

#[test]
fn a_manual_cut_with_a_node_on_both_sides() {
    assert_snapshot!(panic_of(|| counters().start(Seed(7)).partition([0, 1], [1])), @r#""counter/1" is on both sides of the cut; name it on one of them"#);
}

#[test]
fn a_manual_crash_of_a_node_past_the_last() {
    assert_snapshot!(panic_of(|| counters().start(Seed(7)).crash(2)), @r#"there is no node n2 in scenario "counting"; it has n0 to n1"#);
}

#[test]
fn a_manual_fault_of_a_misspelt_node() {
    assert_snapshot!(counters().start(Seed(7)).inject(crash("conter/0", None)).expect_err("there is no such node"), @r#"fault 0 (crash) names node "conter/0"; the scenario has no such node, name it by group and index, as in "edge/1"; did you mean "counter/0"; known: counter/0, counter/1"#);
}

#[test]
fn a_fault_that_waits_for_what_does_not_come() {
    let of = |fault: Fault| {
        planned(Duration::ZERO, fault).failpoints(["counted"]).run(Seed(7)).faults[0].effect_text(VirtualInstant::ZERO)
    };
    let node = || "counter/0".to_owned();
    let at = NodeFault::CrashAt { node: node(), point: "counted".to_owned(), visit: 5, down_for: None, duration: None };
    assert_snapshot!(of(at.into()), @"no effect: 0 of 5 visits came");
    assert_snapshot!(of(ProcessFault::crash_in_io(node(), None).into()), @"no effect: 0 of 1 operations came");
    assert_snapshot!(of(ProcessFault::poison_message(node(), None).into()), @"no effect: 0 of 1 messages came");
    assert_snapshot!(of(DiskFault::full(node(), 0, None).into()), @"no effect: the disk had no operation that it hits");
}
