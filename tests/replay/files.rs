//! Reproducer files: writing, reading, replaying, and checking as regressions.

use std::time::Duration;

use cluster_sim::explore::{BuildInfo, Case, Reproducer, ScenarioSource};
use cluster_sim::prelude::*;
use cluster_sim::report::CheckReport;
use cluster_sim_testkit::faults::crash;
use cluster_sim_testkit::ledger::{Copied, Flaw, ledger};
use serde_json::{Value, json};

fn failure(scenario: &Scenario) -> Report {
    let mut reports = (0..500).map(|seed| scenario.run(Seed(seed)));
    reports.find(|report| report.outcome == Outcome::Violated).expect("some seed finds the flaw")
}

fn file(scenario: &Scenario) -> Reproducer {
    let report = failure(scenario);
    let source = ScenarioSource::Test { package: "suites".to_owned(), name: "files".to_owned() };
    let code = BuildInfo { revision: Some("abc".to_owned()), lockfile: None };
    Reproducer::of(source, &report, scenario.shrink(&report), code).expect("a rule was broken")
}

/// The text of a reproducer after a change to its data.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut data = serde_json::to_value(file(&ledger(Some(Flaw::NoRetry)))).unwrap();
    change(&mut data);
    data.to_string()
}

#[test]
fn a_file_replays_the_original_run_and_the_minimized_one() {
    for flaw in [Flaw::NoRetry, Flaw::NewestByArrival, Flaw::StaysDown] {
        let scenario = ledger(Some(flaw));
        let written = file(&scenario);
        let read = Reproducer::parse(&written.to_text()).unwrap();
        assert_eq!(read, written);
        assert_eq!(Reproducer::parse(&format!("\u{feff}{}", written.to_text())).unwrap(), written, "with a byte-order mark");
        for replay in [scenario.replay(&read).unwrap(), scenario.replay_original(&read).unwrap()] {
            assert!(replay.is_same(), "{flaw:?}: {replay}");
            assert_eq!(replay.report.outcome, Outcome::Violated);
            assert!(replay.to_string().starts_with("the same run, event by event\nFAIL  ledger"), "{replay}");
        }
    }
}

#[test]
fn a_file_replays_drawn_faults_without_the_profile() {
    let scenario = ledger(Some(Flaw::StaysDown));
    let read = file(&scenario);
    let without_profile = scenario.clone().only_faults(FaultPlan::new());
    assert!(without_profile.replay_original(&read).unwrap().is_same());
}

#[test]
fn a_case_applies_its_faults_absent_nodes_and_duration() {
    let scenario = ledger(None);
    let crash = crash("copy/0", Duration::from_millis(5));
    let case = Case {
        faults: FaultPlan::new().at(Duration::from_millis(20), crash.clone()),
        operations: [].into(),
        absent: ["copy/1".to_owned()].into(),
        duration: Some(Duration::from_millis(60)),
        decisions: Some(Vec::new()),
    };
    let recovery_at = |case: &Case| case.apply_to(&scenario).record(Seed(3)).recovery_at.map(VirtualInstant::since_zero);
    assert_eq!(recovery_at(&case), Some(Duration::from_millis(60)));
    assert_eq!(recovery_at(&Case { duration: None, ..case.clone() }), Some(Duration::from_millis(200)), "as the scenario says");
    let report = case.apply_to(&scenario).run(Seed(3));
    assert_eq!(report.faults.iter().map(|record| &record.fault).collect::<Vec<_>>(), [&crash]);
    assert!(report.traffic.dropped.contains_key("absent_node"), "the node is absent: {report}");
    let both = Case { absent: std::collections::BTreeSet::new(), ..case.clone() }.apply_to(&scenario).run(Seed(3));
    assert!(!both.traffic.dropped.contains_key("absent_node"), "{both}");
    assert_eq!(case.apply_to(&scenario).run(Seed(4)).digest, report.digest, "the seed decides nothing");
}

#[test]
fn scripted_faults_are_not_part_of_the_case() {
    let scripted = ledger(None).script(|sim| {
        sim.run_for(Duration::from_millis(20));
        let cut = sim.partition([0], [1]);
        sim.run_for(Duration::from_millis(20));
        cut.heal();
    });
    let report = scripted.run(Seed(3));
    let manual = report.faults.iter().filter(|record| record.by_hand).count();
    assert_eq!((manual, Case::of(&report).faults.faults().len()), (1, report.faults.len() - 1), "{report}");
    // So it is not applied a second time.
    assert_eq!(Case::of(&report).apply_to(&scripted).run(Seed(3)).digest, report.digest);
}

#[test]
fn a_replay_lists_every_difference() {
    let read = file(&ledger(Some(Flaw::NoRetry)));
    let fixed = ledger(None).replay(&read).unwrap();
    assert_eq!(fixed.differences.len(), 2, "{fixed}");
    assert!(fixed.differences[0].starts_with("it no longer finds it: at "), "{fixed}");
    assert!(fixed.differences[1].starts_with("its digest is ") && fixed.differences[1].ends_with(": another run"), "{fixed}");
    let other = ledger(None).always("nothing is ever sent", |world| world.traffic().sent == 0).replay(&read).unwrap();
    assert!(
        other.differences[0].starts_with("it finds something else: at ") && other.differences[0].contains("nothing is ever sent")
    );
    let slower =
        ledger(Some(Flaw::NoRetry)).default_links(LinkModel::constant(Duration::from_millis(7))).replay_original(&read).unwrap();
    assert!(slower.differences.iter().any(|difference| difference.contains("another run")), "{slower}");
}

#[test]
fn a_run_that_held_has_no_reproducer() {
    let report = ledger(None).run(Seed(1));
    let source = ScenarioSource::Registered { name: "ledger".to_owned(), file: None };
    assert_eq!(Reproducer::of(source, &report, None, BuildInfo::default()), None);
}

#[test]
fn an_unreadable_file_is_refused_with_the_reason() {
    let whole = changed(|_| {});
    let message = |text: &str| Reproducer::parse(text).unwrap_err().to_string();
    for end in [0, 1, 40, whole.len() / 2, whole.len() - 1] {
        let message = message(&whole[..end]);
        assert!(message.starts_with("it is cut short: ") && message.ends_with("take the whole file"), "{message}");
    }
    assert!(message("seed 7").starts_with("it is no reproducer: "));
    assert_eq!(message("{}"), "it is no reproducer: it has no number \"format\"");
    assert_eq!(message("[1]"), "it is no reproducer: it has no number \"format\"");
    let newer = changed(|data| data["format"] = json!(3));
    assert_eq!(message(&newer), "it is of format 3; this version reads format 2: replay it with the version that wrote it");
    let without = changed(|data| drop(data.as_object_mut().unwrap().remove("seed")));
    assert_eq!(message(&without), "it is no reproducer: missing field `seed`");
    let more = changed(|data| data["sede"] = json!(7));
    assert!(message(&more).contains("unknown field `sede`"), "{}", message(&more));
    let word = changed(|data| {
        data["case"]["decisions"] = json!([{"choice": "delay", "at_ns": 0, "value": 0, "site": "7", "roll": "0x0"}])
    });
    assert!(message(&word).contains("\"7\" is no word; use 0x and up to 16 hex digits"), "{}", message(&word));
}

#[test]
fn a_case_that_does_not_fit_the_scenario_is_refused() {
    let scenario = ledger(Some(Flaw::NoRetry));
    let refused = |change: &dyn Fn(&mut Value)| {
        let read = Reproducer::parse(&changed(|data| change(data))).unwrap();
        scenario.replay_original(&read).unwrap_err().to_string()
    };
    let crash = json!([{"at_ns": 5, "fault": {"crash": {"node": "copy/9", "down_for_ns": null}}}]);
    let message = refused(&|data| data["case"]["faults"] = crash.clone());
    assert!(message.starts_with("its case does not fit the scenario: fault 0 (crash) names node \"copy/9\""), "{message}");
    let backwards = json!([{"at_ns": 5, "fault": "heal_all"}, {"at_ns": 4, "fault": "heal_all"}]);
    assert!(
        refused(&|data| data["case"]["faults"] = backwards.clone()).contains("fault 1 is scheduled before the one in front of it")
    );
    assert!(
        refused(&|data| data["case"]["absent"] = json!(["copy/7"]))
            .contains("node \"copy/7\" is to be left out, but the scenario has no such node")
    );
    let message = refused(&|data| data["scenario"] = json!("raft"));
    assert_eq!(message, "it is about scenario \"raft\", not \"ledger\"; replay it with the scenario or test that it names");
}

#[test]
fn a_changed_build_is_reported_if_both_are_known() {
    let code = |revision: Option<&str>, lockfile: Option<&str>| BuildInfo {
        revision: revision.map(str::to_owned),
        lockfile: lockfile.map(str::to_owned),
    };
    let changes = code(Some("abc"), Some("1")).changes_to(&code(Some("def"), Some("1")));
    assert_eq!(changes, ["the revision was abc and is def now"]);
    assert_eq!(code(Some("abc"), Some("1")).changes_to(&code(None, Some("2"))), ["the lockfile was 1 and is 2 now"]);
    assert_eq!(code(None, None).changes_to(&code(Some("def"), Some("1"))), [""; 0]);
}

#[test]
fn a_fixed_regression_holds_and_one_without_effect_is_stale() {
    let read = file(&ledger(Some(Flaw::NoRetry)));
    assert_eq!(ledger(Some(Flaw::NoRetry)).check_regression(&read).unwrap().outcome, Outcome::Violated);
    ledger(None).check_regression(&read).unwrap().assert_ok();
    // Without faults the case needs a message that is slower than others. On links with one delay that has no effect.
    let read = file(&ledger(Some(Flaw::NewestByArrival)).only_faults(FaultPlan::new()));
    ledger(None).check_regression(&read).unwrap().assert_ok();
    let steady = ledger(None).default_links(LinkModel::constant(Duration::from_millis(5)));
    let report = steady.check_regression(&read).unwrap();
    assert_eq!((report.outcome, report.outcome.exit_code()), (Outcome::Stale, 1), "{report}");
    assert!(std::panic::catch_unwind(|| report.assert_ok()).is_err());
    // A case without faults and decisions cannot be stale.
    let case = Case { decisions: Some(Vec::new()), ..Case::default() };
    let read = Reproducer { case, minimized: None, ..read };
    steady.check_regression(&read).unwrap().assert_ok();
}

#[test]
fn a_regression_whose_rule_is_gone_is_refused() {
    let mut read = file(&ledger(Some(Flaw::NoRetry)));
    let minimized = read.minimized.as_mut().expect("the case was minimized");
    let rule = minimized.finding.rule.clone();
    let renamed = format!("{rule}s");
    minimized.finding.rule.clone_from(&renamed);
    let message = ledger(None).check_regression(&read).unwrap_err().to_string();
    let expected = format!("it breaks the rule {renamed:?}, which scenario \"ledger\" does not have; keep the rule under its name");
    assert!(message.starts_with(&expected) && message.contains(&format!("; did you mean {rule:?}; known: ")), "{message}");
}

#[test]
fn a_regression_is_judged_by_its_own_rule() {
    let watched = |flaw| {
        (1..=2).fold(ledger(flaw), |scenario, node| {
            scenario.always(&format!("node {node} is looked at"), move |world| {
                let _copied = world.view::<Copied>(NodeId(node));
                true
            })
        })
    };
    let mut read = file(&watched(Some(Flaw::NoRetry)));
    let report = watched(None).check_regression(&read).unwrap();
    let replay = watched(None).replay(&read).unwrap();
    assert_eq!((replay.report.outcome, replay.is_same(), replay.summary), (report.outcome, false, None));
    let blind: Vec<&CheckReport> = report.checks.iter().filter(|check| check.unknown.is_some()).collect();
    assert_eq!((report.outcome, blind.len()), (Outcome::Held, 1), "the case has one copy only: {report}");
    // A case about the rule without evidence proves nothing.
    read.minimized.as_mut().unwrap().finding.rule = blind[0].name.clone();
    assert_eq!(watched(None).check_regression(&read).unwrap().outcome, Outcome::Unknown);
    assert_eq!(watched(None).replay(&read).unwrap().report.outcome, Outcome::Unknown);
}

#[test]
fn a_bug_that_is_still_there_is_never_stale() {
    // The flaw shows without a fault; a heal without an effect does not fix it.
    let flawed = ledger(Some(Flaw::CountsTwice));
    let faults = FaultPlan::new().at(Duration::from_millis(10), NetworkFault::HealAll);
    let case = Case { faults, decisions: Some(Vec::new()), ..Case::default() };
    let read = Reproducer { case, minimized: None, ..file(&flawed) };
    assert_eq!(flawed.check_regression(&read).unwrap().outcome, Outcome::Violated);
    assert_eq!(ledger(None).check_regression(&read).unwrap().outcome, Outcome::Stale);
}

#[test]
fn a_reproducer_of_a_hang_replays_to_the_hang() {
    let scenario = ledger(None).step_timeout(Duration::from_millis(200)).always("it goes on", |world| {
        while world.now() > VirtualInstant::ZERO + Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        true
    });
    let sweep = scenario.sweep(3..4);
    let report = sweep.failure().expect("it never comes back");
    let source = ScenarioSource::Registered { name: "ledger".to_owned(), file: None };
    let read = Reproducer::of(source, report, None, BuildInfo::default()).unwrap();
    assert_eq!(read.finding.rule, "every step returns");
    let replay = scenario.replay(&read).unwrap();
    assert_eq!(replay.report.violations[0].rule, "every step returns", "{replay}");
    // On a thread of its own: a test that hangs says less than one that fails.
    let (sender, regression) = std::sync::mpsc::channel();
    std::thread::spawn(move || _ = sender.send(scenario.check_regression(&read)));
    let regression = regression.recv_timeout(Duration::from_secs(20)).expect("it is checked under the watchdog only").unwrap();
    assert_eq!(regression.violations[0].rule, "every step returns", "{regression}");
}
