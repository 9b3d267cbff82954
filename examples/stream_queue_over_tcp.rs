//! Three brokers of the stream queue on tokio, with real files and a real object store.
//!
//! ```console
//! cargo run --example stream_queue_over_tcp                  # files and objects in a temporary folder
//! cargo run --example stream_queue_over_tcp file:///tmp/objects
//! ```
//!
//! The brokers, the producer and the consumer are the functions that the simulation runs in its scenarios S01 to S12. Here sessions are
//! TCP connections over the loopback, disks are folders, and the object store is the one of the URL: `file:///folder` or `memory:///`,
//! and `s3://bucket` where the crate `object_store` is built with its feature `aws`.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim::prelude::*;
use cluster_sim::tokio::TokioCluster;
use cluster_sim_stream_queue::format::{TopicName, TopicPartition};
use cluster_sim_stream_queue::{
    Acks, Config, ConsumerLoad, ConsumerView, Patience, ProducerLoad, ProducerView, broker, consumer, producer,
};
use object_store::ObjectStore;
use object_store::prefix::PrefixStore;

const BATCHES: u64 = 40;
const RECORDS: u32 = 25;
/// The node numbers of the producer and the consumer: after those of the brokers.
const PRODUCER: NodeId = NodeId(3);
const CONSUMER: NodeId = NodeId(4);

/// The end of a run, as it is printed and tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Records that were acknowledged.
    pub(crate) acknowledged: u64,
    /// Records that the consumer read.
    pub(crate) read: u64,
    /// Segments in the object store.
    pub(crate) objects: usize,
}

/// Opens the object store of a URL.
fn open_store(url: &str) -> Result<Arc<dyn ObjectStore>, Box<dyn Error>> {
    let url = url.parse()?;
    let (store, prefix) = object_store::parse_url(&url)?;
    Ok(Arc::new(PrefixStore::new(store, prefix)))
}

/// Runs the cluster until the producer is done and the consumer has read all.
pub(crate) async fn run(folder: &std::path::Path, url: &str) -> Result<Summary, Box<dyn Error>> {
    let partition = TopicPartition { topic: TopicName::new("orders")?, partition: 0 };
    let store = open_store(url)?;
    let config = Config { segment_bytes: 32 << 10, retained_segments: 1, ..Config::of(3) };
    let produced = ProducerLoad {
        partitions: vec![partition],
        batches: BATCHES,
        records: RECORDS,
        value_bytes: 300,
        acks: Acks::All,
        pause: Duration::ZERO,
    };
    let consumed = ConsumerLoad {
        partitions: vec![partition],
        group: Some("billing".to_owned()),
        from: None,
        limit: 200,
        pause: Duration::from_millis(20),
        commit_every: 4,
    };
    let cluster = TokioCluster::new()
        .disks_in(folder)
        .nodes("broker", 3, {
            let (config, store) = (config.clone(), Arc::clone(&store));
            move |node| broker(node, config.clone(), Arc::clone(&store))
        })
        .nodes("producer", 1, {
            let config = config.clone();
            move |node| producer(node, config.clone(), Patience::default(), produced.clone())
        })
        .nodes("consumer", 1, move |node| consumer(node, config.clone(), Patience::default(), consumed.clone()))
        .start()?;
    let all = BATCHES * u64::from(RECORDS);
    let mut looks = tokio::time::interval(Duration::from_millis(50));
    let (acknowledged, read) = loop {
        looks.tick().await;
        let acknowledged = cluster.node(PRODUCER).inspect(|view: &ProducerView| view.acknowledged).unwrap_or_default();
        let read = cluster.node(CONSUMER).inspect(|view: &ConsumerView| view.read).unwrap_or_default();
        if acknowledged >= all && read >= all {
            break (acknowledged, read);
        }
    };
    use futures::TryStreamExt;
    let objects = store.list(None).try_collect::<Vec<_>>().await?.len();
    Ok(Summary { acknowledged, read, objects })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let objects = folder.path().join("objects");
    std::fs::create_dir(&objects)?;
    let url = std::env::args().nth(1).unwrap_or_else(|| format!("file://{}", objects.display()));
    println!("three brokers over TCP, files in {}, objects in {url}", folder.path().display());
    let Summary { acknowledged, read, objects } = run(folder.path(), &url).await?;
    println!("{acknowledged} records acknowledged by a majority, {read} read, {objects} segments in the object store");
    Ok(())
}
