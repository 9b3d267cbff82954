//! Brokers, an object store, and clients that a test writes itself.

use std::sync::Arc;

use cluster_sim::object_store::ObjectStoreModel;
use cluster_sim::prelude::*;
use cluster_sim_stream_queue::format::{Draft, Record, decode_batch};
use cluster_sim_stream_queue::{Acks, Config, Connection, Patience, ProducerId, QueueError, Reply, Request, broker};

use crate::watch::orders;

/// Segments so small that ten records of 100 bytes fill one, all of which go to the store.
pub(super) fn config(brokers: u32) -> Config {
    Config {
        segment_bytes: 1 << 10,
        retained_segments: 0,
        offload_every: Duration::from_millis(50),
        checkpoint_entries: 8,
        ..Config::of(brokers)
    }
}

/// The brokers of a queue, and their object store behind them.
pub(super) fn brokers(name: &str, config: Config) -> Scenario {
    let (count, store) = (config.brokers.len() as u32, NodeId(config.brokers.len() as u32));
    Scenario::new(name)
        .nodes("broker", count, move |node| {
            let store = Arc::new(node.object_store(store));
            broker(node, config.clone(), store)
        })
        .object_store("s3", ObjectStoreModel::default())
        .default_links(LinkModel::default())
}

/// One client of a queue; the run ends well once it is done.
pub(super) fn queue<F: Future<Output = ()> + 'static>(
    config: Config,
    client: impl Fn(Client) -> F + Send + Sync + 'static,
) -> Scenario {
    brokers("queue", config.clone())
        .clients("client", 1, move |node| client(Client { node, config: config.clone() }))
        .duration(ms(16_000))
}

pub(super) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Asks the brokers; each request by a connection of its own.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) node: Node,
    pub(super) config: Config,
}

/// Patience for answers of a broker that itself waits for the store.
const LONG: Patience = Patience { answer_timeout: Duration::from_secs(20), pause: Duration::from_millis(20), attempts: 40 };

impl Client {
    /// Asks until it is answered.
    pub(super) async fn ask(&self, request: Request) -> Result<Reply, QueueError> {
        Connection::new(&self.node, self.config.brokers.clone(), LONG).ask(&request).await
    }

    /// Asks once, and takes the answer as it is.
    pub(super) async fn ask_once(&self, request: Request) -> Result<Reply, QueueError> {
        Connection::new(&self.node, self.config.brokers.clone(), Patience { attempts: 1, ..LONG }).ask(&request).await
    }

    /// Asks one broker once.
    pub(super) async fn ask_of(&self, broker: NodeId, request: Request) -> Result<Reply, QueueError> {
        Connection::new(&self.node, vec![broker], Patience { attempts: 1, ..LONG }).ask(&request).await
    }

    pub(super) async fn publish(&self, sequence: u64, values: Vec<String>) -> u64 {
        match self.ask(batch(sequence, values)).await {
            Ok(Reply::Appended { base: Some(base) }) => base,
            other => panic!("batch {sequence} was not appended: {other:?}"),
        }
    }

    /// Reads one answer from an offset on: the records, and whether some came from the store.
    pub(super) async fn fetch(&self, from: u64) -> (Vec<Record>, bool) {
        match self.ask(read(from)).await {
            Ok(Reply::Records { batch, is_from_store, .. }) => {
                (decode_batch(&batch, from).expect("the checksums are right"), is_from_store)
            }
            other => panic!("offset {from} was not read: {other:?}"),
        }
    }

    /// Reads all from an offset on; returns their values, and how many answers came from the store.
    pub(super) async fn read_all(&self, mut from: u64) -> (Vec<String>, usize) {
        let (mut values, mut from_store) = (Vec::new(), 0);
        loop {
            let (records, is_from_store) = self.fetch(from).await;
            from_store += usize::from(is_from_store);
            if records.is_empty() {
                return (values, from_store);
            }
            from += records.len() as u64;
            values.extend(records.into_iter().map(|record| String::from_utf8(record.value.to_vec()).expect("text was sent")));
        }
    }

    pub(super) async fn committed(&self, group: &str) -> Option<u64> {
        match self.ask(Request::Committed { partition: orders(), group: group.to_owned() }).await {
            Ok(Reply::Committed { offset }) => offset,
            other => panic!("the offset of {group} was not told: {other:?}"),
        }
    }

    pub(super) async fn commit(&self, group: &str, offset: u64) -> Result<Reply, QueueError> {
        self.ask(Request::Commit { partition: orders(), group: group.to_owned(), offset }).await
    }

    pub(super) async fn sleep_until(&self, milliseconds: u64) {
        self.node.sleep_until(LocalInstant::default() + ms(milliseconds)).await;
    }
}

/// The batch of that number of one producer.
pub(super) fn batch(sequence: u64, values: Vec<String>) -> Request {
    let records = values.into_iter().map(|value| Draft { value: value.into(), ..Draft::default() }).collect();
    Request::Produce { partition: orders(), producer: ProducerId(7), sequence, acks: Acks::All, records }
}

pub(super) fn read(from: u64) -> Request {
    Request::Fetch { partition: orders(), from, limit: 50 }
}

/// Values of 100 bytes that begin with their numbers.
pub(super) fn values(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| format!("{number:-<100}")).collect()
}
