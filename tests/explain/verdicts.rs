//! Verdicts as Markdown for pull requests and as JUnit XML for pipelines.

use std::time::Duration;

use cluster_sim::prelude::*;
use cluster_sim::{Report, explain};

use crate::scenarios::{self, SEED};

const REPLAY: &str = "CLUSTER_SIM_REPLAY=target/cluster-sim/echo/0x7.json cargo nextest run -p echo -E 'test(=answers)'";

/// A report of each kind of outcome, and of each kind of check.
fn reports() -> Vec<Report> {
    let idle = || Scenario::new("idle").nodes("node", 1, |node| async move { node.publish(|seen: &mut u64| *seen += 1) });
    let exhausted = cluster_sim::scenario::Budget { steps: 3, ..cluster_sim::scenario::Budget::default() };
    vec![
        scenarios::stale_gossip().run(SEED),
        scenarios::lost_retry().run(SEED),
        scenarios::doubling().run(SEED),
        scenarios::panicking_server().run(SEED),
        idle().always("it looks at nothing", |_| true).always("it looks", |world| world.views::<u64>().count() <= 1).run(SEED),
        scenarios::crowd(3, 10).budget(exhausted).run(SEED),
    ]
}

/// The text without line numbers of `scenarios.rs`, which change with every edit of that file.
fn without_lines(text: &str) -> String {
    let mut pieces = text.split("scenarios.rs:");
    let first = pieces.next().unwrap_or_default().to_owned();
    let is_place = |character: char| character.is_ascii_digit() || character == ':';
    pieces.fold(first, |text, piece| text + "scenarios.rs" + piece.trim_start_matches(is_place))
}

#[test]
fn junit_has_a_case_for_every_scenario_and_rule() {
    let replay = |report: &Report| (report.outcome != Outcome::Held).then(|| REPLAY.to_owned());
    insta::assert_snapshot!(without_lines(&explain::junit("sweep", &reports(), replay)));
}

/// Breaks its rule in about half of the seeds.
fn fragile() -> Scenario {
    let node = |node: Node| async move {
        let broken = node.roll("whether", 0).below(2) == 0;
        node.publish(|seen: &mut bool| *seen = broken);
    };
    Scenario::new("fragile")
        .nodes("node", 1, node)
        .always("it is not broken", |world| world.views::<bool>().all(|(_, broken)| !broken))
        .eventually("a view is published", |world| world.views::<bool>().count() == 1)
        .duration(Duration::from_millis(10))
}

#[test]
fn junit_shows_the_first_run_that_does_not_pass() {
    let mut reports: Vec<Report> = (0..16).map(|seed| fragile().run(Seed(seed))).collect();
    reports.sort_by_key(|report| report.outcome == Outcome::Violated);
    let failed = reports.iter().find(|report| report.outcome == Outcome::Violated).expect("one in two fails");
    assert_eq!(reports[0].outcome, Outcome::Held, "one in two holds");
    let text = explain::junit("sweep", &reports, |_| None);
    assert_eq!(text.matches("<testcase ").count(), 3, "{text}");
    assert_eq!(text.matches("<failure ").count(), 1, "{text}");
    assert!(!text.contains("<skipped"), "a passing run judges every `eventually`: {text}");
    let case = text.split("<testcase ").find(|case| case.contains("<failure ")).expect("one failed");
    assert!(case.contains(&format!(r#"name="digest" value="{}""#, failed.digest)), "{case}");
    let alone = explain::junit("sweep", std::slice::from_ref(failed), |_| None);
    assert_eq!(alone.matches("<skipped").count(), 1, "once a rule broke, `eventually` is not judged: {alone}");
}

#[test]
fn markdown_shows_a_broken_rule() {
    insta::assert_snapshot!(explain::markdown(&scenarios::stale_gossip().run(SEED), Some(REPLAY)));
}

#[test]
fn markdown_shows_a_panic() {
    insta::assert_snapshot!(without_lines(&explain::markdown(&scenarios::panicking_server().run(SEED), None)));
}

#[test]
fn markdown_shows_a_passing_run() {
    insta::assert_snapshot!(explain::markdown(&scenarios::doubling().run(SEED), None));
}

/// Breaks its rule with a message that a terminal, a pipeline or a table of Markdown would obey.
fn commanding() -> Scenario {
    Scenario::new("commanding")
        .nodes("node", 1, |node| async move { node.publish(|seen: &mut u64| *seen += 1) })
        .always("it is quiet", |world| match world.views::<u64>().count() {
            0 => Verdict::Holds,
            _ => Verdict::violated([], "\u{1b}[2Jgone\n::error::\u{8}raised\nPASS  commanding"),
        })
        .duration(Duration::from_millis(10))
}

#[test]
fn messages_command_neither_terminal_nor_pipeline() {
    let report = commanding().run(SEED);
    let text = report.to_string();
    assert!(text.contains("\\u{1b}[2Jgone\n        \\u{3a}:error::\\u{8}raised\n        PASS  commanding\n"), "{text}");
    for text in [text, explain::markdown(&report, None)] {
        assert!(!text.contains(['\u{1b}', '\u{8}']), "{text}");
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
    }
}

#[test]
fn junit_holds_only_characters_of_xml() {
    let scenario = Scenario::new("odd")
        .nodes("node", 1, |node| async move { node.publish(|seen: &mut u64| *seen += 1) })
        .always("it is \u{ffff} quiet", |world| match world.views::<u64>().count() {
            0 => Verdict::Holds,
            _ => Verdict::violated([], "\u{fffe}\u{0}\u{b}\u{1f}gone"),
        })
        .duration(Duration::from_millis(10));
    let text = explain::junit("odd", &[scenario.run(SEED)], |_| None);
    let is_of_xml = |sign: char| matches!(sign, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_of_xml), "{text:?}");
    assert!(text.contains("it is \\u{ffff} quiet") && text.contains("\\u{fffe}gone"), "{text}");
}

#[test]
fn a_row_of_markdown_is_one_line() {
    let fault = NodeFault::Kill { node: "a\n| b |/0".to_owned() };
    let scenario = Scenario::new("named").nodes("a\n| b |", 1, async |_| {}).duration(Duration::from_millis(10));
    let report = scenario.faults(FaultPlan::new().at(Duration::ZERO, fault)).run(SEED);
    let table = explain::markdown(&report, None);
    let (_, rows) = table.split_once("|---:|---|---|\n").expect("there is a table");
    let row = rows.lines().next().expect("there is a row");
    assert!(row.starts_with("| ") && row.contains("a \\| b \\|/0") && row.ends_with(" |"), "{row}");
}
