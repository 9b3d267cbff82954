//! A recording is the run: nothing is changed, nothing is missing, and what it says of messages and faults is so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster_sim::explain::{self, Event, EventKind, Recording, SpanKind};
use cluster_sim::prelude::*;
use cluster_sim::{RecordKind, Report};
use cluster_sim_scenarios::NodeStyle;
use proptest::prelude::*;
use serde_json::Value;

use crate::stories::{self, SEED};

/// Scenarios in which everything happens that recordings tell apart.
fn scenarios() -> Vec<Scenario> {
    let forms = [NodeStyle::Machine, NodeStyle::Async];
    let ready = forms
        .into_iter()
        .flat_map(|form| [cluster_sim_scenarios::echo::scenario(form), cluster_sim_scenarios::gossip::scenario(form)]);
    ready.chain([stories::stale_gossip(), stories::lost_retry(), stories::doubling()]).collect()
}

fn is(event: &Event, kind: RecordKind) -> bool {
    event.kind == EventKind::Event(kind)
}

/// Whether an event begins the way of a message.
fn begins(event: &Event) -> bool {
    [RecordKind::Send, RecordKind::Copy, RecordKind::SessionSend].into_iter().any(|kind| is(event, kind))
}

/// Whether an event ends the way of a message.
fn ends(event: &Event) -> bool {
    [RecordKind::Deliver, RecordKind::SessionDeliver, RecordKind::Drop].into_iter().any(|kind| is(event, kind))
}

#[test]
fn recording_changes_nothing() {
    for scenario in scenarios() {
        for seed in (0..32).map(Seed) {
            assert_eq!(scenario.record(seed).report, scenario.run(seed), "{} {seed}", scenario.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// As many deliveries and losses as the traffic counts, each with the send of what it says from the same node to the same,
    /// once.
    #[test]
    fn every_delivery_and_every_loss_has_its_send_and_what_has_none_is_under_way(seed: u64, which in 0_usize..7) {
        let recording = scenarios()[which].record(Seed(seed));
        let traffic = &recording.report.traffic;
        let mut open: BTreeMap<u64, &Event> = BTreeMap::new();
        let (mut delivered, mut lost) = (0, 0);
        for event in &recording.events {
            let message = event.message;
            prop_assert_eq!(message.is_some(), begins(event) || ends(event), "{:?}", event);
            if begins(event) {
                prop_assert!(open.insert(message.unwrap(), event).is_none(), "two messages have one number: {:?}", event);
            } else if ends(event) {
                let sent = open.remove(&message.unwrap()).expect("it was sent and did not end before");
                let lost_it = is(event, RecordKind::Drop);
                let way = if lost_it { (Some(event.node.clone()), event.peer.clone()) } else { (event.peer.clone(), Some(event.node.clone())) };
                prop_assert_eq!((Some(sent.node.clone()), sent.peer.clone()), way);
                prop_assert_eq!((sent.label, sent.content, sent.length), (event.label, event.content, event.length));
                prop_assert_eq!(event.sent.map(|sent| (sent.index, sent.at)), Some((sent.index, sent.at)));
                prop_assert_eq!(event.cause.is_some(), lost_it);
                *(if lost_it { &mut lost } else { &mut delivered }) += 1;
            }
        }
        prop_assert_eq!((delivered, lost, open.len() as u64), (traffic.delivered, traffic.lost(), traffic.in_flight));
    }
}

#[test]
fn a_message_of_a_session_arrives_after_it_was_put_on_its_link_again() {
    let recording = stories::doubling().record(SEED);
    recording.report.assert_ok();
    let numbers = |kind| recording.events.iter().filter(|event| is(event, kind)).map(|event| event.number).collect::<Vec<_>>();
    assert_eq!(numbers(RecordKind::SessionDeliver).len(), 20);
    assert!(!numbers(RecordKind::Retransmit).is_empty());
}

#[test]
fn what_messages_say_is_told_of_send_and_delivery_and_loss() {
    let recording = stories::stale_gossip().record(SEED);
    let all = |kind| recording.events.iter().filter(move |event| is(event, kind)).map(|event| event.said.as_deref());
    for kind in [RecordKind::Send, RecordKind::Deliver, RecordKind::Drop] {
        let said: BTreeSet<Option<&str>> = all(kind).collect();
        let known = [r#"{"version":0}"#, r#"{"version":1}"#, r#"{"version":2}"#].map(Some);
        assert!(said.is_subset(&BTreeSet::from(known)) && said.len() >= 2, "{kind:?} {said:?}");
    }
    assert_eq!(all(RecordKind::Deliver).next_back(), Some(Some(r#"{"version":1}"#)), "what the node that was cut off said");
    let session = stories::doubling().record(SEED);
    let said: Vec<&str> = session
        .events
        .iter()
        .filter(|event| is(event, RecordKind::SessionDeliver))
        .filter_map(|event| event.said.as_deref())
        .collect();
    assert_eq!(said[..6], ["0", "0", "1", "2", "2", "4"]);
}

#[test]
fn of_a_long_run_the_beginning_and_the_end_are_kept_and_deliveries_still_know_their_sends() {
    let whole = stories::stale_gossip().record(SEED);
    let total = whole.events.len();
    assert!(total > 200 && whole.left_out.is_none(), "{total} events");
    let part = stories::stale_gossip().record_at_most(SEED, 100);
    assert_eq!(part.events[..10], whole.events[..10]);
    assert_eq!(part.events[10..], whole.events[total - 90..]);
    let left_out = part.left_out.expect("there were more than a hundred");
    assert_eq!((left_out.after, left_out.events), (10, total as u64 - 100));
    assert_eq!((part.report, part.spans, part.nodes), (whole.report, whole.spans, whole.nodes));
    let of_left_out = |event: &&Event| event.sent.is_some_and(|sent| (10..total as u64 - 90).contains(&sent.index));
    assert!(part.events.iter().any(|event| of_left_out(&event)));
}

#[test]
fn the_step_that_broke_the_rule_is_the_last_one_and_begins_with_what_led_to_it() {
    let recording = stories::stale_gossip().record(SEED);
    let violation = &recording.report.violations[0];
    let last: Vec<&Event> = recording.events.iter().filter(|event| event.step == violation.step).collect();
    assert!(is(last[0], RecordKind::Deliver) && last[0].viewed, "{last:?}");
    assert_eq!((last[1].kind, last[1].fact.as_deref()), (EventKind::Fact, Some("Newest(1)")), "{last:?}");
    assert_eq!(last.last().map(|event| event.index), recording.events.last().map(|event| event.index));
    let steps: Vec<u64> = recording.events.iter().map(|event| event.step).collect();
    assert!(steps.is_sorted() && steps[0] < violation.step);
}

#[test]
fn what_tasks_do_is_told_by_their_names() {
    let recording = stories::panicking_server().record(SEED);
    let task = |kind: EventKind| {
        let mut events = recording.events.iter().filter(|event| event.kind == kind && &*event.node == "server/0");
        events.next().and_then(|event| event.task.as_deref()).map(str::to_owned)
    };
    assert_eq!(task(EventKind::Fact).as_deref(), Some("main/answers"));
    assert_eq!(task(EventKind::Event(RecordKind::Send)).as_deref(), Some("main/answers"));
    assert_eq!(task(EventKind::Event(RecordKind::Spawn)).as_deref(), Some("main"));
}

/// One fault of each kind, in two seconds.
fn harmed() -> Recording {
    let node = |index: u32| format!("gossip/{index}");
    let after = Duration::from_millis;
    let config = cluster_sim_gossip::Config::default();
    let cut =
        |from: u32, to: u32, lasting| Fault::Cut { from: vec![node(from)], to: vec![node(to)], both_ways: true, duration: lasting };
    let loss = |ratio, lasting| Fault::Loss {
        links: "default".to_owned(),
        rule: "rain".to_owned(),
        ratio: Ratio::new(ratio).expect("it is between nothing and all"),
        duration: lasting,
    };
    let plan = FaultPlan::new()
        .at(after(100), cut(0, 1, Some(after(100))))
        .at(after(100), cut(0, 2, Some(after(200))))
        .at(after(150), cut(1, 2, None))
        .at(after(400), Fault::HealAll)
        .at(after(500), Fault::Crash { node: node(1), down_for: Some(after(100)) })
        .at(after(650), Fault::Pause { node: node(2), duration: Some(after(100)) })
        .at(after(700), Fault::Crash { node: node(2), down_for: None })
        .at(after(800), loss(0.5, Some(after(100))))
        .at(after(850), loss(0.1, None))
        .at(after(950), loss(0.0, None))
        .at(after(960), loss(0.2, None))
        .at(after(990), Fault::Kill { node: node(3) })
        .at(after(995), Fault::Crash { node: node(3), down_for: None });
    Scenario::new("harmed")
        .machines("gossip", 4, move |seat: &NodeInfo| cluster_sim_gossip::Gossip::boot(config, seat))
        .default_links(LinkModel::default())
        .eventually("never", |_| false)
        .faults(plan)
        .duration(Duration::from_secs(1))
        .recovery_timeout(Duration::from_secs(1))
        .record(SEED)
}

#[test]
fn what_was_in_force_when_is_told_with_the_fault_that_began_it() {
    let recording = harmed();
    let milliseconds = |instant: VirtualInstant| instant.as_nanoseconds() / 1_000_000;
    let spans: Vec<_> = recording
        .spans
        .iter()
        .map(|span| {
            let nodes: Vec<&str> = span.nodes.iter().chain(&span.others).map(|name| &**name).collect();
            (span.kind, milliseconds(span.from), span.until.map(milliseconds), nodes.join(" "), span.fault)
        })
        .collect();
    let expected = [
        (SpanKind::Cut, 100, Some(200), "gossip/0 gossip/1", Some(0)),
        (SpanKind::Cut, 100, Some(300), "gossip/0 gossip/2", Some(1)),
        (SpanKind::Cut, 150, Some(400), "gossip/1 gossip/2", Some(2)),
        (SpanKind::Down, 500, Some(600), "gossip/1", Some(4)),
        (SpanKind::Paused, 650, Some(700), "gossip/2", Some(5)),
        (SpanKind::Down, 700, Some(1_000), "gossip/2", Some(6)),
        (SpanKind::Loss, 800, Some(850), "", Some(7)),
        (SpanKind::Loss, 850, Some(950), "", Some(8)),
        (SpanKind::Loss, 960, Some(1_000), "", Some(10)),
        (SpanKind::Killed, 990, None, "gossip/3", Some(11)),
    ];
    assert_eq!(spans, expected.map(|(kind, from, until, nodes, fault)| (kind, from, until, nodes.to_owned(), fault)));
    assert_eq!(recording.spans[0].text, "cut [gossip/0] | [gossip/1] for 0.100s");
    assert_eq!(recording.calm_at.map(milliseconds), Some(1_000));
}

#[test]
fn a_seat_that_is_empty_is_shown_so_from_start_to_end() {
    let recording = stories::stale_gossip().without("gossip/1").record(SEED);
    let empty = recording.spans.iter().find(|span| span.kind == SpanKind::Empty).expect("one seat is empty");
    assert_eq!((&*empty.nodes[0], empty.from, empty.until), ("gossip/1", VirtualInstant::ZERO, None));
    assert_eq!(empty.text, "the seat of gossip/1 is empty");
}

#[test]
fn a_run_that_a_test_drives_is_recorded_step_by_step_and_calms_when_the_test_is_done() {
    let until = |scenario: Scenario| {
        scenario.script(|sim| {
            sim.run_until(Duration::from_millis(130), |_| false);
        })
    };
    let recording = until(cluster_sim_scenarios::echo::scenario(NodeStyle::Async)).record(SEED);
    assert_eq!(recording.calm_at, Some(VirtualInstant::ZERO + Duration::from_millis(130)));
    let mut steps: Vec<u64> = recording.events.iter().map(|event| event.step).collect();
    steps.dedup();
    assert!(
        steps.is_sorted() && steps.len() as u64 > recording.report.steps * 9 / 10,
        "{} of {}",
        steps.len(),
        recording.report.steps
    );
    assert_eq!(recording.report, until(cluster_sim_scenarios::echo::scenario(NodeStyle::Async)).run(SEED));
}

#[test]
fn a_pinned_run_is_recorded_as_it_is_run() {
    let scenario = stories::stale_gossip();
    let (report, decisions) = scenario.run_with_decisions(SEED);
    let pinned = scenario.with_decisions(&decisions).record(SEED);
    assert_eq!((pinned.report.digest, &pinned.report.violations), (report.digest, &report.violations));
}

#[test]
fn a_run_that_ends_before_the_calm_has_none() {
    assert_eq!(stories::stale_gossip().record(SEED).calm_at, None);
}

#[test]
fn a_recording_comes_back_from_its_json() {
    for recording in [harmed(), stories::panicking_server().record(SEED), stories::doubling().record(SEED)] {
        let text = serde_json::to_string(&recording).expect("it is plain data");
        assert_eq!(serde_json::from_str::<Recording>(&text).expect("it is one"), recording);
    }
}

#[test]
fn a_report_comes_back_from_its_json() {
    for scenario in scenarios().into_iter().chain([stories::panicking_server()]) {
        let report = scenario.run(SEED);
        let text = serde_json::to_string(&report).expect("it is plain data");
        assert_eq!(serde_json::from_str::<Report>(&text).expect("it is one"), report);
    }
}

#[test]
fn the_lines_of_events_are_one_object_each_and_the_first_says_of_which_run() {
    let recording = stories::lost_retry().record(SEED);
    let text = explain::events_jsonl(&recording);
    let (header, events) = text.split_once('\n').expect("there is a first line");
    let header: Value = serde_json::from_str(header).expect("it is an object");
    let digest = recording.report.digest.to_string();
    assert_eq!(
        (&header["format"], &header["scenario"], &header["digest"]),
        (&1.into(), &"echo without a retry".into(), &digest.into())
    );
    assert_eq!(header["seed"], serde_json::to_value(SEED).expect("a seed is plain data"));
    let read: Vec<Event> = events.lines().map(|line| serde_json::from_str(line).expect("it is an event")).collect();
    assert_eq!(read, recording.events);
    let drop = events.lines().find(|line| line.contains("\"drop\"")).expect("something is lost");
    assert!(drop.contains(r#""kind":"drop","node":"client/1","peer":"server/0""#) && drop.contains(r#""cause":"loss""#), "{drop}");
}
