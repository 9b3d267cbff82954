//! Histories of the queue's clients: no published value is lost or read twice (H12, H13).
//!
//! The rules of the queue compare facts of brokers and clients; these know the calls of clients alone, so they hold for any queue.

use std::sync::Arc;

use cluster_sim::check::history::aggregates::{SetFull, TotalQueue, Translated};
use cluster_sim::check::history::models::{QueueAnswer, QueueOp, SetAnswer, SetOp};
use cluster_sim::fault::{Claim, FaultKind};
use cluster_sim::prelude::*;
use cluster_sim_stream_queue::format::{Draft, Record, decode_batch};
use cluster_sim_stream_queue::{Acks, BrokerView, Bug, Config, Connection, Patience, ProducerId, Reply, Request};
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;

use crate::clients::{brokers, config};
use crate::watch::orders;

const SET: &str = "a value that was published is in every later reading of the log";
const QUEUE: &str = "each value is taken once, in whatever order";
const BROKERS: u32 = 3;
const PRODUCERS: u32 = 3;
const VALUES: u64 = 100;

/// A call of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Publish(u64),
    /// Read the record after the last one.
    Next,
    /// Read the log from its start to its end.
    All,
}

/// The answer that a client heard.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Published,
    Next(Option<u64>),
    All(Vec<u64>),
}

fn as_set(op: &Op) -> Option<SetOp<u64>> {
    match op {
        Op::Publish(value) => Some(SetOp::Add(*value)),
        Op::Next => None,
        Op::All => Some(SetOp::Read),
    }
}

fn set_answer(_: &Op, answer: &Answer) -> SetAnswer<u64> {
    match answer {
        Answer::All(values) => SetAnswer::Elements(values.clone()),
        _ => SetAnswer::Done,
    }
}

fn as_queue(op: &Op) -> Option<QueueOp<u64>> {
    match op {
        Op::Publish(value) => Some(QueueOp::Enqueue(*value)),
        Op::Next => Some(QueueOp::Dequeue),
        Op::All => None,
    }
}

fn queue_answer(_: &Op, answer: &Answer) -> QueueAnswer<u64> {
    match answer {
        Answer::Next(value) => QueueAnswer::Value(*value),
        _ => QueueAnswer::Done,
    }
}

/// Publishes its values, one after the other; one that gets no answer may be in the log or not.
async fn producer(node: Node, config: Arc<Config>, patience: Patience) {
    let mut connection = Connection::new(&node, config.brokers.clone(), patience);
    for number in 1..=VALUES {
        let value = u64::from(node.index() + 1) * 1_000 + number;
        // A batch after one that was given up would leave a gap: then each is of another producer.
        let is_patient = patience.attempts > 1;
        let (producer, sequence) = if is_patient { (value / 1_000, number) } else { (value, 1) };
        let producer = ProducerId(producer);
        let records = vec![Draft { value: value.to_be_bytes().to_vec().into(), ..Draft::default() }];
        let call = node.invoke::<Op, Answer>(Op::Publish(value));
        let request = Request::Produce { partition: orders(), producer, sequence, acks: Acks::All, records };
        if let Ok(Reply::Appended { .. }) = connection.ask(&request).await {
            call.ok(Answer::Published);
        }
        node.sleep(milliseconds(5)).await;
    }
    node.publish(|is_done: &mut bool| *is_done = true);
}

/// Reads records from an offset on; `None` without an answer.
async fn fetch(connection: &mut Connection, from: u64, limit: u32) -> Option<Vec<Record>> {
    match connection.ask(&Request::Fetch { partition: orders(), from, limit }).await {
        Ok(Reply::Records { batch, .. }) => Some(decode_batch(&batch, from).expect("the checksums are right")),
        _ => None,
    }
}

fn value(record: &Record) -> u64 {
    u64::from_be_bytes(record.value[..].try_into().expect("a value has eight bytes"))
}

/// The offset at which a reader goes on, and where the log ended when it last read all.
#[derive(Debug, Clone, Default)]
struct Reader {
    next: u64,
    end: u64,
}

/// Reads on from the last record, and now and then the whole log.
async fn reader(node: Node, config: Arc<Config>) {
    let mut connection = Connection::new(&node, config.brokers.clone(), Patience::default());
    let mut next = 0;
    loop {
        node.publish(|view: &mut Reader| view.next = next);
        let call = node.invoke::<Op, Answer>(Op::Next);
        let mut is_at_end = false;
        match fetch(&mut connection, next, 20).await {
            Some(records) => {
                next += records.len() as u64;
                call.ok(Answer::Next(records.first().map(value)));
                for record in records.iter().skip(1) {
                    node.invoke::<Op, Answer>(Op::Next).ok(Answer::Next(Some(value(record))));
                }
                is_at_end = records.is_empty();
            }
            None => drop(call),
        }
        if is_at_end {
            node.sleep(milliseconds(30)).await;
        }
        if node.random().holds(Ratio::percent(if is_at_end { 50 } else { 10 })) {
            let call = node.invoke::<Op, Answer>(Op::All);
            match read_all(&mut connection).await {
                Some(values) => {
                    node.publish(|view: &mut Reader| view.end = values.len() as u64);
                    call.ok(Answer::All(values));
                }
                None => drop(call),
            }
        }
    }
}

async fn read_all(connection: &mut Connection) -> Option<Vec<u64>> {
    let mut values = Vec::new();
    loop {
        let records = fetch(connection, values.len() as u64, 50).await?;
        if records.is_empty() {
            return Some(values);
        }
        values.extend(records.iter().map(value));
    }
}

/// Three brokers under crashes, cuts, pauses and loss, with producers and a reader that keep in memory where they are.
fn queue(bug: Option<Bug>, patience: Patience) -> Scenario {
    let config = Config { bug, retained_segments: 1, ..config(BROKERS) };
    let shared = Arc::new(config.clone());
    let [of_producers, of_reader] = [Arc::clone(&shared), shared];
    let kinds = [FaultKind::Cut, FaultKind::Crash, FaultKind::QuickRestart, FaultKind::Pause, FaultKind::Loss];
    let profile = FaultProfile { mean_interval: milliseconds(400), ..FaultProfile::default() }
        .only(kinds)
        .sparing(["s3", "producer", "reader"]);
    brokers("histories", config)
        .nodes("producer", PRODUCERS, move |node| producer(node, Arc::clone(&of_producers), patience))
        .nodes("reader", 1, move |node| reader(node, Arc::clone(&of_reader)))
        .eventually("producers are done, and the reader has read all", |world| {
            let done = world.views::<bool>().filter(|(_, is_done)| **is_done).count();
            let ends = world.views::<BrokerView>().filter_map(|(_, view)| view.partitions.get(&orders())).map(|view| view.end);
            let end = ends.max().unwrap_or(0);
            done == PRODUCERS as usize && world.views::<Reader>().all(|(_, reader)| (reader.next, reader.end) == (end, end))
        })
        .survives(Claim::minority_of("broker"))
        .chaos(profile)
        .duration(Duration::from_secs(3))
        .recovery_timeout(Duration::from_secs(60))
        .stable_for(Duration::from_secs(1))
}

fn kept(scenario: Scenario) -> Scenario {
    scenario.history::<Op, Answer, _>(SET, || Translated::new(SetFull::default(), as_set, set_answer))
}

fn taken_once(scenario: Scenario) -> Scenario {
    scenario.history::<Op, Answer, _>(QUEUE, || Translated::new(TotalQueue::default(), as_queue, queue_answer))
}

#[test]
fn every_published_value_is_kept_and_taken_once() {
    let mut published = 0;
    for seed in 0..20 {
        let report = taken_once(kept(queue(None, Patience::default()))).run(Seed(seed));
        report.assert_ok();
        published += report.measured[QUEUE]["acknowledged"].as_u64().unwrap_or(0);
        assert_eq!(report.measured[SET]["lost"], 0, "{report}");
    }
    assert!(published > 20 * VALUES, "{published} values were published");
}

/// A retry is appended again, or a checkpoint claims what is not there: either rule alone finds both.
#[rstest]
fn values_that_are_lost_or_come_twice_are_found(
    #[values(Bug::ForgetsSequences, Bug::FuzzyCheckpoint)] bug: Bug,
    #[values(kept, taken_once)] with_rule: fn(Scenario) -> Scenario,
) {
    let sweep = with_rule(queue(Some(bug), Patience::default())).sweep(0..200);
    let report = sweep.failure().expect("it is found");
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    assert!([SET, QUEUE].contains(&report.violations[0].rule.as_str()), "{report}");
}

#[test]
fn t02_a_batch_that_was_given_up_may_surface_later_or_never() {
    let patience = Patience { answer_timeout: milliseconds(40), attempts: 1, ..Patience::default() };
    let scenario = taken_once(kept(queue(None, patience)));
    let (mut later, mut never) = (0, 0);
    for seed in 0..20 {
        let report = scenario.run(Seed(seed));
        report.assert_ok();
        let figure = |name: &str| report.measured[QUEUE][name].as_u64().unwrap_or(0);
        later += figure("recovered");
        never += figure("attempted") - figure("dequeued");
    }
    assert!(later > 0 && never > 0, "{later} later, {never} never");
}
