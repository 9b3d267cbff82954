//! Recordings: they leave the run unchanged, and match each event with its message, task and fault.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster_sim::Report;
use cluster_sim::explain::{self, Event, EventKind, Recording, SpanKind};
use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use proptest::prelude::*;
use serde_json::Value;

use crate::scenarios::{self, SEED};

/// Scenarios with events of every kind.
fn all_scenarios() -> Vec<Scenario> {
    let styles = [NodeStyle::Machine, NodeStyle::Async];
    let builtin = styles
        .into_iter()
        .flat_map(|style| [cluster_sim_scenarios::echo::scenario(style), cluster_sim_scenarios::gossip::scenario(style)]);
    builtin.chain([scenarios::stale_gossip(), scenarios::lost_retry(), scenarios::doubling()]).collect()
}

/// Whether an event sends a message.
fn begins(event: &Event) -> bool {
    matches!(event.event, EventKind::Send { .. } | EventKind::Copy { .. } | EventKind::SessionSend { .. })
}

/// Whether an event is a loss.
fn loses(event: &Event) -> bool {
    matches!(event.event, EventKind::Drop { .. })
}

/// Whether an event delivers or loses a message.
fn ends(event: &Event) -> bool {
    loses(event) || matches!(event.event, EventKind::Deliver { .. } | EventKind::SessionDeliver { .. })
}

#[test]
fn recording_changes_nothing() {
    for scenario in all_scenarios() {
        for seed in (0..32).map(Seed) {
            assert_eq!(scenario.record(seed).report, scenario.run(seed), "{} {seed}", scenario.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Their number is that of the traffic counts; sender, receiver and content are those of the send, and no send is used twice.
    #[test]
    fn every_delivery_and_loss_has_its_send(seed: u64, which in 0_usize..7) {
        let recording = all_scenarios()[which].record(Seed(seed));
        let traffic = &recording.report.traffic;
        let mut open: BTreeMap<u64, &Event> = BTreeMap::new();
        let (mut delivered, mut lost) = (0, 0);
        for event in &recording.events {
            let Some(message) = event.message() else {
                prop_assert!(!begins(event) && !ends(event), "{:?}", event);
                continue;
            };
            let id = message.id.expect("a recording numbers every message");
            if begins(event) {
                prop_assert!(open.insert(id, event).is_none(), "two messages share a number: {:?}", event);
            } else {
                let begun = open.remove(&id).expect("it was sent and did not end before");
                let sent = begun.message().expect("a send is about a message");
                let (from, to) = (&event.node, event.peer().expect("a message has two ends"));
                let (from, to) = if loses(event) { (from, to) } else { (to, from) };
                prop_assert_eq!((&begun.node, begun.peer()), (from, Some(to)));
                prop_assert_eq!((sent.label, sent.content, sent.bytes), (message.label, message.content, message.bytes));
                prop_assert_eq!(message.sent.map(|sent| (sent.index, sent.at)), Some((begun.index, begun.at)));
                *(if loses(event) { &mut lost } else { &mut delivered }) += 1;
            }
        }
        prop_assert_eq!((delivered, lost, open.len() as u64), (traffic.delivered, traffic.lost(), traffic.in_flight));
    }
}

#[test]
fn a_copy_is_no_send_and_has_a_number_of_its_own() {
    let doubled = LinkModel { duplicate: Ratio::ONE, ..LinkModel::default() };
    let scenario = cluster_sim_scenarios::gossip::scenario(NodeStyle::Machine).default_links(doubled);
    let recording = scenario.record(SEED);
    let traffic = &recording.report.traffic;
    let of = |is: fn(&EventKind) -> bool| recording.events.iter().filter(move |event| is(&event.event));
    let sends = || of(|event| matches!(event, EventKind::Send { .. }));
    let copies = || of(|event| matches!(event, EventKind::Copy { .. }));
    assert!(traffic.copied > 50, "every message that is not lost is doubled: {traffic:?}");
    assert_eq!((sends().count() as u64, copies().count() as u64), (traffic.sent, traffic.copied));
    let id = |event: &Event| event.message().and_then(|message| message.id).expect("a recording numbers every message");
    let copied: BTreeMap<u64, u64> = copies().map(|event| (id(event), event.index)).collect();
    assert!(sends().all(|event| !copied.contains_key(&id(event))), "a copy has the number of a send");
    let delivered = of(|event| matches!(event, EventKind::Deliver { .. }));
    let led_back = delivered.filter(|event| {
        let begun = event.message().and_then(|message| message.sent).expect("it was sent");
        copied.get(&id(event)) == Some(&begun.index)
    });
    assert!(led_back.count() > 30, "deliveries of copies lead back to them");
}

#[test]
fn a_retransmitted_session_message_is_delivered_once() {
    let recording = scenarios::doubling().record(SEED);
    recording.report.assert_ok();
    let count = |is: fn(&EventKind) -> bool| recording.events.iter().filter(|event| is(&event.event)).count();
    assert_eq!(count(|event| matches!(event, EventKind::SessionDeliver { .. })), 20);
    assert!(count(|event| matches!(event, EventKind::Retransmit { .. })) > 0);
}

#[test]
fn sends_deliveries_and_losses_show_the_text_of_their_message() {
    let recording = scenarios::stale_gossip().record(SEED);
    let texts = |is: fn(&Event) -> bool| {
        let events = recording.events.iter().filter(move |event| is(event));
        events.map(|event| event.message().and_then(|message| message.text.as_deref()))
    };
    for is in [begins, ends, loses] {
        let texts: BTreeSet<Option<&str>> = texts(is).collect();
        let known = ["Latest {version: 0}", "Latest {version: 1}", "Latest {version: 2}"].map(Some);
        assert!(texts.is_subset(&BTreeSet::from(known)) && texts.len() >= 2, "{texts:?}");
    }
    let last = texts(|event| ends(event) && !loses(event)).next_back();
    assert_eq!(last, Some(Some("Latest {version: 1}")), "sent by the node that was cut off");
    let session = scenarios::doubling().record(SEED);
    let delivered: Vec<&str> = session
        .events
        .iter()
        .filter(|event| matches!(event.event, EventKind::SessionDeliver { .. }))
        .filter_map(|event| event.message()?.text.as_deref())
        .collect();
    assert_eq!(delivered[..6], ["0", "0", "1", "2", "2", "4"]);
}

/// Sends bytes of a protocol of its own, and describes them.
struct Foreign(Vec<NodeId>);

impl Machine for Foreign {
    type Message = Vec<u8>;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<Vec<u8>>, effects: &mut Effects<Vec<u8>>) {
        if matches!(input, Input::Start) {
            effects.send_all(&self.0, vec![7, 1]);
            effects.send_all(&self.0, vec![9, 1]);
        }
    }

    fn view(&self) -> &() {
        &()
    }

    fn describe(message: &Vec<u8>) -> Option<String> {
        (message[0] == 7).then(|| format!("vote for term {}", message[1]))
    }
}

#[test]
fn a_machine_describes_its_own_bytes() {
    let scenario = Scenario::new("foreign").machines("node", 2, |boot: &Boot| Foreign(boot.peers()));
    let recording = scenario.record(SEED);
    let texts: BTreeSet<&str> =
        recording.events.iter().filter(|event| begins(event)).filter_map(|event| event.message()?.text.as_deref()).collect();
    assert_eq!(texts, BTreeSet::from(["vote for term 1", "0x0901"]));
}

#[test]
fn a_long_run_keeps_both_ends_and_deliveries_know_their_sends() {
    let whole = scenarios::stale_gossip().record(SEED);
    let total = whole.events.len();
    assert!(total > 200 && whole.left_out.is_none(), "{total} events");
    let part = scenarios::stale_gossip().record_at_most(SEED, 100);
    assert_eq!(part.events[..10], whole.events[..10]);
    assert_eq!(part.events[10..], whole.events[total - 90..]);
    let left_out = part.left_out.expect("there were more than a hundred");
    assert_eq!((left_out.after, left_out.events), (10, total as u64 - 100));
    assert_eq!((part.report, part.spans, part.nodes), (whole.report, whole.spans, whole.nodes));
    let sent = part.events.iter().filter_map(|event| event.message()?.sent);
    assert!(sent.map(|sent| sent.index).any(|index| (10..total as u64 - 90).contains(&index)));
}

#[test]
fn the_violating_step_is_last_and_begins_with_its_cause() {
    let recording = scenarios::stale_gossip().record(SEED);
    let violation = &recording.report.violations[0];
    let last: Vec<&Event> = recording.events.iter().filter(|event| event.step == violation.step).collect();
    assert!(matches!(last[0].event, EventKind::Deliver { .. }) && last[0].view_changed, "{last:?}");
    assert_eq!(last[1].event, EventKind::Fact { text: "Newest(1)".to_owned() }, "{last:?}");
    assert_eq!(last.last().map(|event| event.index), recording.events.last().map(|event| event.index));
    let steps: Vec<u64> = recording.events.iter().map(|event| event.step).collect();
    assert!(steps.is_sorted() && steps[0] < violation.step);
}

#[test]
fn events_of_tasks_name_the_task() {
    let recording = scenarios::panicking_server().record(SEED);
    let task = |is: fn(&EventKind) -> bool| {
        let mut events = recording.events.iter().filter(|event| is(&event.event) && &*event.node == "server/0");
        events.next().and_then(|event| event.task.as_deref()).map(str::to_owned)
    };
    assert_eq!(task(|event| matches!(event, EventKind::Fact { .. })).as_deref(), Some("main/answers"));
    assert_eq!(task(|event| matches!(event, EventKind::Send { .. })).as_deref(), Some("main/answers"));
    assert_eq!(task(|event| matches!(event, EventKind::Spawn)).as_deref(), Some("main"));
}

/// One fault of each kind, in two seconds.
pub(crate) fn with_every_fault() -> Recording {
    let node = |index: u32| format!("gossip/{index}");
    let after = Duration::from_millis;
    let config = cluster_sim_gossip::Config::default();
    let cut = |from: u32, to: u32, lasting| NetworkFault::Cut {
        from: vec![node(from)],
        to: vec![node(to)],
        both_ways: true,
        duration: lasting,
    };
    let loss = |ratio, lasting| NetworkFault::Loss {
        links: "default".to_owned(),
        rule: "rain".to_owned(),
        ratio: Ratio::new(ratio).expect("a ratio is between 0 and 1"),
        duration: lasting,
    };
    let plan = FaultPlan::new()
        .at(after(100), cut(0, 1, Some(after(100))))
        .at(after(100), cut(0, 2, Some(after(200))))
        .at(after(150), cut(1, 2, None))
        .at(after(400), NetworkFault::HealAll)
        .at(after(500), NodeFault::Crash { node: node(1), down_for: Some(after(100)) })
        .at(after(650), NodeFault::Pause { node: node(2), duration: Some(after(100)) })
        .at(after(700), NodeFault::Crash { node: node(2), down_for: None })
        .at(after(800), loss(0.5, Some(after(100))))
        .at(after(850), loss(0.1, None))
        .at(after(950), loss(0.0, None))
        .at(after(960), loss(0.2, None))
        .at(after(990), NodeFault::Kill { node: node(3) })
        .at(after(995), NodeFault::Crash { node: node(3), down_for: None });
    Scenario::new("every fault")
        .machines("gossip", 4, move |node: &Boot| cluster_sim_gossip::Gossip::boot(config, node))
        .default_links(LinkModel::default())
        .eventually("never", |_| false)
        .faults(plan)
        .duration(Duration::from_secs(1))
        .recovery_timeout(Duration::from_secs(1))
        .record(SEED)
}

#[test]
fn spans_name_the_fault_that_began_them() {
    let recording = with_every_fault();
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
    assert_eq!(recording.recovery_at.map(milliseconds), Some(1_000));
}

#[test]
fn an_absent_node_is_absent_for_the_whole_run() {
    let recording = scenarios::stale_gossip().without("gossip/1").record(SEED);
    let absent = recording.spans.iter().find(|span| span.kind == SpanKind::Absent).expect("one node is absent");
    assert_eq!((&*absent.nodes[0], absent.from, absent.until), ("gossip/1", VirtualInstant::ZERO, None));
    assert_eq!(absent.text, "gossip/1 is absent");
}

#[test]
fn a_scripted_run_is_recorded_and_recovers_after_the_script() {
    let until = |scenario: Scenario| {
        scenario.script(|sim| {
            sim.run_until(Duration::from_millis(130), |_| false);
        })
    };
    let recording = until(cluster_sim_scenarios::echo::scenario(NodeStyle::Async)).record(SEED);
    assert_eq!(recording.recovery_at, Some(VirtualInstant::ZERO + Duration::from_millis(130)));
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
fn a_run_with_decisions_is_recorded_as_it_ran() {
    let scenario = scenarios::stale_gossip();
    let (report, decisions) = scenario.run_with_decisions(SEED);
    let recording = scenario.with_decisions(&decisions).record(SEED);
    assert_eq!((recording.report.digest, &recording.report.violations), (report.digest, &report.violations));
}

#[test]
fn a_run_that_fails_early_has_no_recovery_phase() {
    assert_eq!(scenarios::stale_gossip().record(SEED).recovery_at, None);
}

#[test]
fn a_recording_comes_back_from_its_json() {
    for recording in [with_every_fault(), scenarios::panicking_server().record(SEED), scenarios::doubling().record(SEED)] {
        let text = serde_json::to_string(&recording).expect("it is plain data");
        assert_eq!(serde_json::from_str::<Recording>(&text).expect("it is one"), recording);
    }
}

#[test]
fn a_report_comes_back_from_its_json() {
    for scenario in all_scenarios().into_iter().chain([scenarios::panicking_server()]) {
        let report = scenario.run(SEED);
        let text = serde_json::to_string(&report).expect("it is plain data");
        assert_eq!(serde_json::from_str::<Report>(&text).expect("it is one"), report);
    }
}

#[test]
fn json_lines_hold_events_with_sentences_behind_a_header() {
    let recording = scenarios::lost_retry().record(SEED);
    let text = explain::events_jsonl(&recording);
    let (header, events) = text.split_once('\n').expect("there is a first line");
    let header: Value = serde_json::from_str(header).expect("it is an object");
    let digest = recording.report.digest.to_string();
    assert_eq!(
        (&header["format"], &header["scenario"], &header["digest"]),
        (&2.into(), &"echo without a retry".into(), &digest.into())
    );
    assert_eq!(header["seed"], serde_json::to_value(SEED).expect("a seed is plain data"));
    let read: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).expect("it is an object")).collect();
    assert_eq!(read.len(), recording.events.len());
    for (line, event) in read.iter().zip(&recording.events) {
        assert_eq!(line["event"], serde_json::to_value(&event.event).expect("an event is plain data"));
        assert_eq!(line["text"], Value::from(recording.text_of(event)));
    }
    let drop = read.iter().find(|line| line["event"]["kind"] == "drop").expect("something is lost");
    assert_eq!((&drop["node"], &drop["event"]["to"]), (&"client/1".into(), &"server/0".into()), "{drop}");
    assert_eq!(drop["event"]["cause"]["kind"], "loss", "{drop}");
}
