//! S01–S04: one broker.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::numbered;
use cluster_sim_stream_queue::{Config, QueueError, Reply};

use crate::clients::{Client, batch, config, ms, queue, values};
use crate::watch::watch;

#[cluster_sim::test(seeds = 20)]
fn s01_one_producer_and_one_consumer() -> Scenario {
    numbered("s01")
}

#[cluster_sim::test(seeds = 20)]
fn s02_concurrent_producers_get_dense_offsets() -> Scenario {
    numbered("s02")
}

#[cluster_sim::test(seeds = 20)]
fn s03_a_full_disk_is_an_error_and_loses_nothing() -> Scenario {
    numbered("s03")
}

#[cluster_sim::test(seeds = 20)]
fn s04_a_crash_loses_nothing_that_was_acknowledged() -> Scenario {
    numbered("s04")
}

/// In this run a checkpoint lists a segment, and the full disk ends the job that wrote it before it could say so.
#[test]
fn s03_a_listing_that_was_cut_short_is_told_when_the_log_opens() {
    numbered("s03").run(Seed(0x20)).assert_ok();
}

#[test]
fn d01_all_is_read_back_from_the_start_and_from_the_middle() {
    for seed in 0..5 {
        let watched = watch(numbered("s01"), seed);
        let published: Vec<_> = watched.log().into_values().collect();
        assert_eq!(published.len(), 200, "seed {seed}");
        let begins: Vec<_> = watched
            .readers()
            .into_iter()
            .map(|reader| {
                let reads = watched.reads(reader);
                let start = reads[0].from;
                let read: Vec<_> = reads.into_iter().flat_map(|read| read.hashes).collect();
                assert_eq!(read, published[start as usize..], "seed {seed}, from {start}");
                start
            })
            .collect();
        assert_eq!(begins, [0, 100], "seed {seed}");
        let committed: Vec<_> = watched.consumers.iter().map(|consumer| consumer.positions[0].committed).collect();
        assert_eq!(committed, [Some(200), None], "seed {seed}: the offset after the last is committed");
    }
}

#[test]
fn d02_offsets_of_four_producers_are_dense_and_in_their_orders() {
    let mut orders = Vec::new();
    for seed in 0..10 {
        let watched = watch(numbered("s02"), seed);
        assert!(watched.log().into_keys().eq(0..400), "seed {seed}: offsets 0 to 400 are given");
        let mut acked = watched.acked();
        acked.sort_by_key(|batch| batch.base);
        let order: Vec<_> = acked.iter().map(|batch| batch.producer).collect();
        for producer in &order {
            let sequences = acked.iter().filter(|batch| batch.producer == *producer).map(|batch| batch.sequence);
            assert!(sequences.eq(1..=10), "seed {seed}: {producer:?} has its batches in order");
        }
        orders.push(order);
    }
    orders.sort();
    orders.dedup();
    assert!(orders.len() > 5, "seeds interleave producers in {} ways", orders.len());
}

/// Publishes through a fault of the disk from 200 to 800 ms, asking once; returns after it publishes as before.
async fn publish_through_a_fault(client: Client) {
    let (mut sequence, mut end, mut errors) = (0, 0, 0);
    while sequence < 40 {
        sequence += 1;
        let numbers = end..end + 10;
        loop {
            match client.ask_once(batch(sequence, values(numbers.clone()))).await {
                Ok(Reply::Appended { base }) => break assert_eq!(base, Some(end), "no offset is burnt"),
                Err(QueueError::Disk { .. }) => errors += 1,
                // While it reads its disk again it does not lead.
                Err(QueueError::NotLeader { .. }) => {}
                other => panic!("{other:?}"),
            }
            client.node.sleep(ms(20)).await;
        }
        end += 10;
        client.node.sleep(ms(20)).await;
    }
    assert!(errors > 0, "the producer is told of the disk");
    assert!(client.node.now() > LocalInstant::default() + ms(800), "it goes on after the fault");
    assert_eq!(client.read_all(0).await.0, values(0..400));
}

fn on_one_broker(fault: DiskFault) -> Scenario {
    let config = Config { retained_segments: 100, ..config(1) };
    queue(config, publish_through_a_fault).faults(FaultPlan::new().at(ms(200), fault))
}

#[test]
fn d03_a_full_disk_is_told_and_leaves_no_gap() {
    for seed in 0..20 {
        let free = 173 * seed;
        on_one_broker(DiskFault::full("broker/0", free, ms(600))).run(Seed(seed)).assert_ok();
    }
}

#[test]
fn d04_a_failed_sync_is_told_and_leaves_no_gap() {
    for seed in 0..20 {
        let (node, path) = ("broker/0".to_owned(), "/".to_owned());
        let fault = DiskFault::FailSync { node, path, share: Ratio::ONE, duration: Some(ms(600)) };
        on_one_broker(fault).run(Seed(seed)).assert_ok();
    }
}
