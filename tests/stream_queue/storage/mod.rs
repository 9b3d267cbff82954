//! The log of a broker on a disk: full, failing, torn, rotten, and after crashes at any instant.

mod bad_disk;
mod checkpoints;
mod crashes;
mod errors;
mod reads;
mod real_folder;
mod recovery;

use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim_stream_queue::format::{Draft, Record, TopicName, TopicPartition};
use cluster_sim_stream_queue::wal::{WalConfig, WalPlace, WalReader, WalWriter};

/// Small segments: about six records of [`record`].
const CONFIG: WalConfig = WalConfig { segment_bytes: 400, segment_age_ms: 1_000_000 };

fn place() -> WalPlace {
    WalPlace::new("data", TopicPartition { topic: TopicName::new("orders").unwrap(), partition: 3 })
}

/// A record whose length differs from that of its neighbours.
fn record(offset: u64) -> Record {
    let value = vec![offset as u8; 10 + offset as usize % 7];
    Draft { key: format!("k{offset}").into_bytes().into(), value: value.into(), ..Draft::default() }.at(offset, 1_000 + offset)
}

fn records(offsets: std::ops::Range<u64>) -> Vec<Record> {
    offsets.map(record).collect()
}

/// Begins a log with synced records from 0 to before `end`.
async fn log_of(node: &Node, end: u64) -> WalWriter {
    let mut writer = WalWriter::create(&node.disk(), &place(), CONFIG, 0).await.unwrap();
    writer.append(&records(0..end)).await.unwrap();
    writer.sync().await.unwrap();
    writer
}

/// Reads a log from its start to its end.
async fn read_all(node: &Node, writer: &WalWriter) -> Vec<Record> {
    let reader = WalReader::new(&node.disk(), writer.place());
    let read = reader.read(writer.index(), writer.start(), cluster_sim_stream_queue::wal::ReadLimit::NONE).await;
    read.into_result().unwrap()
}

/// Runs an async function on one node, `a/0`, to its end; each life after a crash runs it again.
fn run<F: Future<Output = ()>>(plan: FaultPlan, main: impl Fn(Node) -> F + Send + Sync + 'static) {
    let main = Arc::new(main);
    let scenario =
        Scenario::new("storage").start_together().faults(plan).duration(Duration::from_secs(10)).nodes("a", 1, move |node| {
            let main = main.clone();
            async move {
                main(node.clone()).await;
                node.publish(|is_done: &mut bool| *is_done = true);
                std::future::pending::<()>().await;
            }
        });
    let mut sim = scenario.start(Seed(7));
    sim.run_for(Duration::from_secs(5));
    let is_done = sim.inspect(|world| world.view::<bool>(NodeId(0)).copied());
    sim.finish().assert_ok();
    assert_eq!(is_done, Some(true), "the node did not come to its end");
}

/// Runs an async function on one node without faults.
fn run_sound<F: Future<Output = ()>>(main: impl Fn(Node) -> F + Send + Sync + 'static) {
    run(FaultPlan::new(), main);
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
