//! How a run ended, in a few lines: what was in force, and what happened last to the nodes in question; and what each node lived through.

use std::collections::BTreeSet;

use cluster_sim::explain::{self, FailureSummary, Recording};
use cluster_sim::prelude::*;

use crate::scenarios::{self, SEED};

/// How a run ended that did not hold.
fn ended(recording: &Recording) -> FailureSummary {
    FailureSummary::of(recording).expect("it did not hold")
}

#[test]
fn what_held_has_no_end_to_be_told_of() {
    assert_eq!(FailureSummary::of(&scenarios::doubling().record(SEED)), None);
}

#[test]
fn of_a_rule_that_names_a_node_only_what_concerns_it_is_told_last() {
    let recording = scenarios::lost_retry().record(SEED);
    let ending = ended(&recording);
    let violation = &recording.report.violations[0];
    let name = &*recording.nodes[violation.nodes[0].index()];
    assert!(ending.verdict.contains(name) && ending.verdict.contains(&violation.rule), "{}", ending.verdict);
    let (last, before) = ending.last_events.split_last().expect("something happened");
    assert!(before.len() > 10 && ending.last_events.len() <= 20, "{ending}");
    let is_of_links = |line: &String| line.contains("lose 0.3 of default");
    assert!(before.iter().all(|line| line.contains(name) || is_of_links(line)), "nobody else is told of: {ending}");
    assert!(before.iter().all(|line| !line.contains(" timer ")), "what a node does is told, not when it looks: {ending}");
    assert!(before.iter().any(|line| line.contains("sends #") && line.contains("{ask: {question: ")), "in words: {ending}");
    assert!(before.iter().any(|line| line.contains(&format!("{name} -> server/0  delivers "))), "what becomes of it: {ending}");
    let at = recording.events.last().expect("something happened").at;
    assert!(last.starts_with(&at.to_string()), "{last}");
}

#[test]
fn the_last_event_of_all_is_told_whatever_it_is_and_whosoever() {
    async fn ticks(node: Node) {
        let mut ticks = node.interval(Duration::from_millis(10));
        loop {
            ticks.tick().await;
            node.publish(|count: &mut u64| *count += 1);
        }
    }
    let scenario = Scenario::new("ticking").nodes("node", 2, ticks).always("they do not tick ten times in all", |world| {
        let ticks: u64 = world.views::<u64>().map(|(_, count)| *count).sum();
        if ticks < 10 { Verdict::Holds } else { Verdict::violated([NodeId(0)], "") }
    });
    let ending = ended(&scenario.record(SEED));
    let (last, before) = ending.last_events.split_last().expect("something happened");
    assert!(last.contains(" polls main, the "), "{ending}");
    assert!(before.iter().all(|line| line.ends_with("  node/0 boots, life 0")), "nobody sent anything: {ending}");
}

#[test]
fn of_a_rule_that_names_nobody_all_nodes_are_told_of() {
    let recording = scenarios::lost_retry().always("nobody asks more than twice", |world| world.traffic().sent <= 30).record(SEED);
    let ending = ended(&recording);
    let named = |name: &&std::sync::Arc<str>| ending.last_events.iter().any(|line| line.contains(&***name));
    let told: BTreeSet<&str> = recording.nodes.iter().filter(named).map(|name| &**name).collect();
    assert_eq!(told.len(), 4, "{ending}");
}

#[test]
fn what_was_in_force_at_that_instant_is_told_and_nothing_else() {
    let second = Duration::from_secs(1);
    let cut = |lasting| Fault::Cut {
        from: vec!["gossip/0".to_owned()],
        to: vec!["gossip/1".to_owned()],
        both_ways: true,
        duration: lasting,
    };
    let pause = |node: &str, lasting| Fault::Pause { node: node.to_owned(), duration: Some(lasting) };
    let plan = FaultPlan::new()
        .at(Duration::from_millis(10), pause("gossip/2", second / 10))
        .at(Duration::from_millis(20), cut(Some(second)))
        .at(Duration::from_millis(30), pause("gossip/3", 2 * second))
        .at(3 * second, cut(None));
    let scenario = scenarios::crowd(5, 1_000)
        .faults(plan)
        .always("it is early", |world| world.now() < VirtualInstant::ZERO + Duration::from_millis(500));
    let ending = ended(&scenario.record(SEED));
    let expected = ["0.020000s  cut [gossip/0] | [gossip/1] for 1.000s", "0.030000s  pause gossip/3 for 2.000s"];
    let of_the_plan: Vec<&String> = ending.in_force.iter().filter(|line| !line.contains("crash")).collect();
    assert_eq!(of_the_plan, expected, "{ending}");
    assert!(ending.to_string().starts_with("      in force then\n        0.020000s  cut "), "{ending}");
}

#[test]
fn what_ended_while_nothing_was_in_force_says_nothing_of_it() {
    let ending = ended(&scenarios::stale_gossip().record(SEED));
    assert_eq!(ending.in_force, Vec::<String>::new());
    assert!(ending.to_string().starts_with("      last events\n        "), "{ending}");
}

/// The log of one node.
fn log(scenario: &Scenario, node: &str) -> String {
    explain::node_logs(&scenario.record(SEED)).remove(node).expect("it is a node")
}

#[test]
fn a_node_log_tells_sessions_tasks_and_messages_in_words() {
    let log = log(&scenarios::doubling(), "client/0");
    let lines: Vec<&str> = log.lines().take(12).collect();
    insta::assert_snapshot!(lines.join("\n"));
    let server = self::log(&scenarios::doubling(), "server/0");
    for words in ["is accepted, session ", "delivers #", ", number 0 of session ", " again", "sends #"] {
        assert!(log.contains(words) || server.contains(words), "{words}: {log}{server}");
    }
}

#[test]
fn a_node_log_tells_lives_cuts_losses_and_facts_in_words() {
    let lost = log(&scenarios::lost_retry(), "client/1");
    for words in ["client/1 boots, life 0\n", "client/1 crashes\n", "client/1 boots, life 1\n", " to loss\n", "client/1 timer "] {
        assert!(lost.contains(words), "{words}: {lost}");
    }
    let copied = ["client/0", "client/2", "server/0"].map(|node| log(&scenarios::lost_retry(), node)).concat();
    assert!(copied.contains(" copies #"), "{copied}");
    let panicked = log(&scenarios::panicking_server(), "server/0");
    for words in ["server/0 spawns main/answers\n", "server/0 polls main/answers, the 2. time\n", "server/0 states "] {
        assert!(panicked.contains(words), "{words}: {panicked}");
    }
    let cut = log(&scenarios::stale_gossip(), "gossip/4");
    assert!(cut.contains("cut [gossip/4] | ["), "{cut}");
}
