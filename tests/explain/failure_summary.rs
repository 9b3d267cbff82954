//! Summaries of failing runs (faults in force, last events, views) and the logs of single nodes.

use std::collections::BTreeSet;

use cluster_sim::check::{Change, EvidenceTable, Invariant};
use cluster_sim::explain::{self, EventKind, FailureSummary, Recording};
use cluster_sim::prelude::*;
use cluster_sim_gossip::Newest;

use crate::scenarios::{self, SEED};

/// The summary of a run that failed.
fn summary_of(recording: &Recording) -> FailureSummary {
    FailureSummary::of(recording).expect("the run failed")
}

/// The names of the nodes that `node` heard from.
fn senders_to<'r>(recording: &'r Recording, node: &str) -> BTreeSet<&'r str> {
    let heard = recording.events.iter().filter(|event| &*event.node == node);
    heard
        .filter_map(|event| match &event.event {
            EventKind::Deliver { from, .. } | EventKind::SessionDeliver { from, .. } => Some(&**from),
            _ => None,
        })
        .collect()
}

#[test]
fn a_passing_run_has_no_failure_summary() {
    assert_eq!(FailureSummary::of(&scenarios::doubling().record(SEED)), None);
}

#[test]
fn last_events_concern_the_violating_node_and_its_senders() {
    let recording = scenarios::lost_retry().record(SEED);
    let summary = summary_of(&recording);
    let violation = &recording.report.violations[0];
    let name = &*recording.nodes[violation.nodes[0].index()];
    assert!(summary.verdict.contains(name) && summary.verdict.contains(&violation.rule), "{}", summary.verdict);
    let (last, before) = summary.last_events.split_last().expect("something happened");
    assert!(before.len() > 10 && summary.last_events.len() <= 20, "{summary}");
    let senders = senders_to(&recording, name);
    let is_of_links = |line: &String| line.contains("lose 0.3 of default");
    let is_of_sender = |line: &String| senders.iter().any(|sender| line.contains(*sender));
    assert!(before.iter().all(|line| line.contains(name) || is_of_links(line) || is_of_sender(line)), "{summary}");
    let of_senders = before.iter().filter(|line| !line.contains(name) && !is_of_links(line)).count();
    assert!(of_senders <= 2 * 3, "at most 3 events of 2 senders: {summary}");
    assert!(before.iter().all(|line| !line.contains(" timer ")), "timers are left out: {summary}");
    let sends = format!("{name} -> server/0  sends #");
    assert!(before.iter().any(|line| line.contains(&sends) && line.contains(" ask {question: ")), "{summary}");
    assert!(before.iter().any(|line| line.contains(&format!("{name} -> server/0  delivers #"))), "{summary}");
    let at = recording.events.last().expect("something happened").at;
    assert!(last.starts_with(&at.to_string()), "{last}");
}

#[test]
fn a_stale_read_shows_the_view_change_and_its_sender() {
    let recording = scenarios::stale_gossip().show_views::<Newest>().record(SEED);
    let summary = summary_of(&recording);
    let (last, before) = summary.last_events.split_last().expect("something happened");
    assert!(last.ends_with("  gossip/3 states Newest(1)"), "{summary}");
    let delivery = before.last().expect("a delivery came before the fact");
    assert!(delivery.contains("  gossip/4 -> gossip/3  delivers #") && delivery.ends_with(" Latest {version: 1}"), "{summary}");
    let sends = before.iter().filter(|line| line.contains("  gossip/4 -> ") && line.ends_with(" Latest {version: 1}"));
    assert_eq!(sends.filter(|line| line.contains("  sends #")).count(), 3, "the last events of the sender: {summary}");
    let [view] = &summary.views[..] else { panic!("one node is named: {summary}") };
    let at = recording.report.violations[0].at;
    assert_eq!(*view, format!("gossip/3  since {at}: 1, before: 2"));
    assert_eq!(recording.report.views, summary.views, "the report shows them too");
    assert!(summary.to_string().ends_with(&format!("      views\n        {view}\n")), "{summary}");
}

#[test]
fn views_of_an_unknown_type_are_not_shown() {
    let recording = scenarios::stale_gossip().record(SEED);
    assert!(recording.views.is_empty() && summary_of(&recording).views.is_empty());
    assert!(!recording.report.to_string().contains("before:"), "{}", recording.report);
}

#[test]
fn the_very_last_event_is_shown_whatever_its_kind() {
    async fn ticks(node: Node) {
        let mut ticks = node.interval(Duration::from_millis(10));
        loop {
            ticks.tick().await;
            node.publish(|count: &mut u64| *count += 1);
        }
    }
    let scenario = Scenario::new("ticking").nodes("node", 2, ticks).always("fewer than ten ticks in all", |world| {
        let ticks: u64 = world.views::<u64>().map(|(_, count)| *count).sum();
        if ticks < 10 { Verdict::Holds } else { Verdict::violated([NodeId(0)], "") }
    });
    let summary = summary_of(&scenario.record(SEED));
    let (last, before) = summary.last_events.split_last().expect("something happened");
    assert!(last.contains(" polls main, poll "), "{summary}");
    assert!(before.iter().all(|line| line.ends_with("  node/0 boots, incarnation 0")), "no node sent anything: {summary}");
    assert_eq!(summary.views.len(), 1, "{summary}");
    assert!(summary.views[0].starts_with("node/0  since ") && summary.views[0].contains(", before: "), "{summary}");
}

#[test]
fn a_rule_that_names_no_node_shows_events_of_all() {
    let recording = scenarios::lost_retry().always("at most 30 messages", |world| world.traffic().sent <= 30).record(SEED);
    let summary = summary_of(&recording);
    let is_named = |name: &&std::sync::Arc<str>| summary.last_events.iter().any(|line| line.contains(&***name));
    let named: BTreeSet<&str> = recording.nodes.iter().filter(is_named).map(|name| &**name).collect();
    assert_eq!(named.len(), 4, "{summary}");
}

#[test]
fn events_of_senders_leave_room_for_those_of_many_violating_nodes() {
    let first_half = || (0..8).map(NodeId);
    let rule = move |world: &World<'_>| match world.now() < VirtualInstant::ZERO + Duration::from_millis(500) {
        true => Verdict::Holds,
        false => Verdict::violated(first_half(), ""),
    };
    let recording = scenarios::crowd(16, 1_000).always("it is early", rule).record(SEED);
    let violating: BTreeSet<&str> = recording.nodes[..8].iter().map(|name| &**name).collect();
    let outside: BTreeSet<&str> = violating.iter().flat_map(|name| senders_to(&recording, name)).collect();
    assert!(outside.difference(&violating).count() > 2, "they heard from many others");
    let summary = summary_of(&recording);
    // Messages of the outside nodes go to violating ones: who acts stands right after the instant.
    let is_of_violating = |line: &&String| line.split_whitespace().nth(1).is_some_and(|actor| violating.contains(actor));
    let of_violating = summary.last_events.iter().filter(is_of_violating).count();
    assert_eq!(summary.last_events.len(), 20, "{summary}");
    assert!(of_violating >= 20 - 1 - 2 * 3, "{of_violating} events are of violating nodes: {summary}");
}

#[test]
fn only_faults_in_force_at_the_verdict_are_listed() {
    let second = Duration::from_secs(1);
    let cut = |lasting| NetworkFault::Cut {
        from: vec!["gossip/0".to_owned()],
        to: vec!["gossip/1".to_owned()],
        both_ways: true,
        duration: lasting,
    };
    let pause = |node: &str, lasting| NodeFault::Pause { node: node.to_owned(), duration: Some(lasting) };
    let plan = FaultPlan::new()
        .at(Duration::from_millis(10), pause("gossip/2", second / 10))
        .at(Duration::from_millis(20), cut(Some(second)))
        .at(Duration::from_millis(30), pause("gossip/3", 2 * second))
        .at(3 * second, cut(None));
    let scenario = scenarios::crowd(5, 1_000)
        .faults(plan)
        .always("it is early", |world| world.now() < VirtualInstant::ZERO + Duration::from_millis(500));
    let summary = summary_of(&scenario.record(SEED));
    let expected = ["0.020000s  cut [gossip/0] | [gossip/1] for 1.000s", "0.030000s  pause gossip/3 for 2.000s"];
    let of_the_plan: Vec<&String> = summary.in_force.iter().filter(|line| !line.contains("crash")).collect();
    assert_eq!(of_the_plan, expected, "{summary}");
    assert!(summary.to_string().starts_with("      in force\n        0.020000s  cut "), "{summary}");
}

#[test]
fn the_list_of_faults_in_force_is_left_out_when_empty() {
    let summary = summary_of(&scenarios::stale_gossip().record(SEED));
    assert_eq!(summary.in_force, Vec::<String>::new());
    assert!(summary.to_string().starts_with("      last events\n        "), "{summary}");
}

/// The log of one node.
fn log(scenario: &Scenario, node: &str) -> String {
    explain::node_logs(&scenario.record(SEED)).remove(node).expect("it is a node")
}

#[test]
fn a_node_log_shows_sessions_tasks_and_messages() {
    let log = log(&scenarios::doubling(), "client/0");
    let lines: Vec<&str> = log.lines().take(12).collect();
    insta::assert_snapshot!(lines.join("\n"));
    let server = self::log(&scenarios::doubling(), "server/0");
    for words in ["is accepted, session ", "delivers #", ", number 0 of session ", "retransmits number ", "sends #"] {
        assert!(log.contains(words) || server.contains(words), "{words}: {log}{server}");
    }
}

#[test]
fn a_node_log_shows_boots_cuts_losses_and_facts() {
    let lost = log(&scenarios::lost_retry(), "client/1");
    let boots = ["client/1 boots, incarnation 0\n", "client/1 crashes\n", "client/1 boots, incarnation 1\n"];
    for words in boots.into_iter().chain([" to loss\n", "client/1 timer "]) {
        assert!(lost.contains(words), "{words}: {lost}");
    }
    let copied = ["client/0", "client/2", "server/0"].map(|node| log(&scenarios::lost_retry(), node)).concat();
    assert!(copied.contains(" network duplicates #"), "{copied}");
    let panicked = log(&scenarios::panicking_server(), "server/0");
    for words in ["server/0 spawns main/answers\n", "server/0 polls main/answers, poll 1\n", "server/0 states "] {
        assert!(panicked.contains(words), "{words}: {panicked}");
    }
    let paused = log(&scenarios::stale_gossip(), "gossip/2");
    assert!(paused.contains("gossip/2 is paused\n") && paused.contains("gossip/2 resumes\n"), "{paused}");
    let cut = log(&scenarios::stale_gossip(), "gossip/4");
    assert!(cut.contains("cut [gossip/4] | ["), "{cut}");
}

/// A rule that is broken at the first change, and shows a table of two nodes.
#[derive(Debug, Default)]
struct Differs(u64);

impl Invariant for Differs {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        self.0 += 1;
        Verdict::violated([change.node()], "they differ")
    }

    fn times_checked(&self) -> u64 {
        self.0
    }

    fn table(&self) -> Option<EvidenceTable> {
        let mut table = EvidenceTable::new(["offset", "a/0", "a/1"]);
        table.push(["7", "red", "blue"]);
        (self.0 > 0).then_some(table)
    }
}

#[test]
fn a_table_is_shown_wherever_a_run_is_told() {
    let sound = Scenario::new("two").nodes("a", 2, async |node| node.sleep(Duration::from_secs(1)).await);
    let scenario = sound.clone().observe("equal", Differs::default);
    let recording = scenario.record(SEED);
    let rows = ["offset  a/0  a/1", "7       red  blue"];
    assert_eq!(summary_of(&recording).side_by_side, rows);
    assert!(summary_of(&recording).to_string().starts_with("      side by side\n        offset  a/0  a/1\n"));
    let told = format!("equal: they differ\n        {}\n        {}\n", rows[0], rows[1]);
    assert!(recording.report.to_string().contains(&told), "{}", recording.report);
    assert!(explain::markdown(&recording.report, None).contains(&format!("```text\n{}\n{}\n```", rows[0], rows[1])));
    assert!(explain::html(&recording, None).contains("<tr><td>7</td><td>red</td><td>blue</td></tr>"));
    assert!(sound.run(SEED).tables.is_empty(), "a run that holds shows none");
}
