//! S09–S12: groups, bursts, slow consumers, long absence.

use cluster_sim::fault::ObjectStoreFault;
use cluster_sim::object_store::ObjectDamage;
use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::{numbered, numbered_on, swarm};
use cluster_sim_stream_queue::{BrokerFact, QueueError};
use rstest::rstest;

use crate::clients::{Client, config, ms, queue, read, values};
use crate::watch::{crashed_broker, watch};

#[cluster_sim::test(seeds = 20)]
fn s09_group_offsets_outlast_crashes_of_one_broker() -> Scenario {
    numbered_on("s09", 1)
}

#[cluster_sim::test(seeds = 20)]
fn s09_group_offsets_outlast_crashes_of_three_brokers() -> Scenario {
    numbered("s09")
}

#[cluster_sim::test(seeds = 20)]
fn s10_a_burst_loses_nothing_on_one_broker() -> Scenario {
    numbered_on("s10", 1)
}

#[cluster_sim::test(seeds = 20)]
fn s10_a_burst_loses_nothing_on_three_brokers() -> Scenario {
    numbered("s10")
}

#[cluster_sim::test(seeds = 20)]
fn s11_a_slow_consumer_of_one_broker_reads_from_the_store() -> Scenario {
    numbered_on("s11", 1)
}

#[cluster_sim::test(seeds = 20)]
fn s11_a_slow_consumer_of_three_brokers_reads_from_the_store() -> Scenario {
    numbered("s11")
}

#[cluster_sim::test(seeds = 20)]
fn s12_a_broker_catches_up_after_a_long_absence() -> Scenario {
    numbered("s12")
}

#[cluster_sim::test(seeds = 50)]
fn one_broker_survives_all_faults_at_once() -> Scenario {
    swarm(1)
}

#[cluster_sim::test(seeds = 50)]
fn three_brokers_survive_all_faults_at_once() -> Scenario {
    swarm(3)
}

#[cluster_sim::test(seeds = 1_000)]
fn soak_three_brokers_survive_all_faults_at_once() -> Scenario {
    swarm(3)
}

/// Publishes 30 records, commits, and looks at the offset of the group after the brokers were down, from 4,000 to 4,400 ms.
async fn commit_and_look_again(client: Client) {
    for batch in 0..3 {
        client.publish(batch + 1, values(10 * batch..10 * batch + 10)).await;
    }
    client.commit("billing", 20).await.expect("it is the first");
    assert!(client.node.now() < LocalInstant::default() + ms(4_000), "all is before the crash");
    client.sleep_until(4_500).await;

    assert_eq!(client.committed("billing").await, Some(20), "it outlasts the crash");
    let refused = client.commit("billing", 10).await;
    assert!(matches!(&refused, Err(QueueError::Refused { cause }) if cause.contains("20")), "{refused:?}");
    assert_eq!(client.committed("billing").await, Some(20), "it did not go back");
    client.fetch(5).await;
    assert_eq!(client.committed("billing").await, Some(20), "a read from elsewhere does not move it");
    let next = client.committed("billing").await.expect("it is committed");
    assert_eq!(client.read_all(next).await.0, values(20..30), "another consumer goes on there");
    assert_eq!(client.committed("audit").await, None, "other groups have their own");
}

#[rstest]
fn d12_a_committed_offset_outlasts_crashes_and_moves_forward_alone(#[values(1, 3)] brokers: u32) {
    let crash = |broker| NodeFault::crash(format!("broker/{broker}"), ms(400));
    let plan = (0..brokers).fold(FaultPlan::new(), |plan, broker| plan.at(ms(4_000), crash(broker)));
    for seed in 0..10 {
        queue(config(brokers), commit_and_look_again).faults(plan.clone()).run(Seed(seed)).assert_ok();
    }
}

#[rstest]
fn d12_a_consumer_that_is_told_where_to_begin_does(#[values(1, 3)] brokers: u32) {
    for seed in 0..5 {
        let watched = watch(numbered_on("s09", brokers), seed);
        let [.., explicit] = watched.readers()[..] else { panic!("there are three consumers") };
        assert_eq!(watched.reads(explicit)[0].from, 30, "seed {seed}");
    }
}

#[rstest]
fn d13_ten_thousand_records_are_pushed_back_and_none_is_lost(#[values(1, 3)] brokers: u32) {
    for seed in 0..2 {
        let watched = watch(numbered_on("s10", brokers), seed);
        assert!(watched.log().into_keys().eq(0..10_000), "seed {seed}: all are acknowledged");
        let peak = watched.views.values().map(|view| view.queue_peak).max();
        // A request that finds four waiting is refused as busy.
        assert_eq!(peak, Some(4), "seed {seed}: producers are pushed back");
        let reader = watched.readers()[0];
        let read: Vec<_> = watched.reads(reader).into_iter().flat_map(|read| read.hashes).collect();
        assert_eq!(read, watched.log().into_values().collect::<Vec<_>>(), "seed {seed}");
    }
}

#[rstest]
fn d14_a_slow_consumer_reads_from_the_store_and_on_into_the_log(#[values(1, 3)] brokers: u32) {
    for seed in 0..5 {
        let watched = watch(numbered_on("s11", brokers), seed);
        let reads = watched.reads(watched.readers()[0]);
        let from_store = reads.iter().filter(|read| read.is_from_store).count();
        assert!(from_store >= 1 && reads.len() > from_store, "seed {seed}: {from_store} of {} reads", reads.len());
        let read: Vec<_> = reads.into_iter().flat_map(|read| read.hashes).collect();
        assert_eq!(read, watched.log().into_values().collect::<Vec<_>>(), "seed {seed}: none is skipped");
    }
}

/// Reads what the store alone has: while it is out of reach, from 8 to 14 s, and after that.
async fn read_without_the_store(client: Client) {
    for batch in 0..20 {
        client.publish(batch + 1, values(10 * batch..10 * batch + 10)).await;
    }
    client.sleep_until(8_100).await;
    let answer = client.ask_once(read(0)).await;
    assert!(matches!(answer, Err(QueueError::Store { offset: 0, .. })), "it is an error, and no other records: {answer:?}");
    client.sleep_until(15_000).await;
    let (read, from_store) = client.read_all(0).await;
    assert_eq!(read, values(0..200));
    assert!(from_store >= 1, "{from_store} answers came from the store");
}

#[test]
fn d14_a_read_that_needs_a_store_out_of_reach_is_an_error() {
    for seed in 0..10 {
        let cut = NetworkFault::cut(["broker/0"], ["s3/0"], ms(6_000));
        queue(config(1), read_without_the_store).faults(FaultPlan::new().at(ms(8_000), cut)).run(Seed(seed)).assert_ok();
    }
}

/// Reads what the store alone has, while it gives none or wrong ones, from 8 s on.
async fn read_without_the_objects(client: Client) {
    for batch in 0..20 {
        client.publish(batch + 1, values(10 * batch..10 * batch + 10)).await;
    }
    client.sleep_until(8_100).await;
    let answer = client.ask_once(read(0)).await;
    assert!(matches!(answer, Err(QueueError::Damaged { offset: 0, .. })), "it is an error, and no other records: {answer:?}");
    assert_eq!(client.publish(21, values(200..210)).await, 200, "the log goes on without gap");
}

#[rstest]
#[case::gone(ObjectStoreFault::Expire { requests: "s3/0".into() })]
#[case::corrupt(ObjectStoreFault::Damage { requests: "s3/0".into(), damage: ObjectDamage::FlipBit, duration: None })]
#[case::short(ObjectStoreFault::Damage { requests: "s3/0".into(), damage: ObjectDamage::Truncate, duration: None })]
fn d14_an_object_that_is_gone_or_damaged_is_an_error(#[case] fault: ObjectStoreFault) {
    for seed in 0..5 {
        let plan = FaultPlan::new().at(ms(8_000), fault.clone());
        queue(config(1), read_without_the_objects).faults(plan).run(Seed(seed)).assert_ok();
    }
}

#[test]
fn d15_a_broker_that_was_away_has_no_vote_until_it_caught_up() {
    let mut from_both = 0;
    for seed in 0..20 {
        let watched = watch(numbered("s12"), seed);
        let fault = &watched.faults[0];
        let node = crashed_broker(fault).expect("a broker crashes");
        let back = fault.ended_at.expect("it comes back");
        let meanwhile = watched.acked().iter().filter(|batch| batch.at > fault.at + ms(700) && batch.at < back).count();
        assert!(meanwhile > 0, "seed {seed}: the others acknowledge meanwhile");
        let of_node: Vec<_> = watched.views_of(node).filter(|(at, _)| *at >= back).collect();
        let Some(begin) = of_node.iter().position(|(_, view)| view.is_catching_up) else { continue };
        let (from, before) = of_node[begin];
        let (until, after) = of_node[begin..].iter().find(|(_, view)| !view.is_catching_up).expect("it catches up");
        let votes = watched.logs().filter(|(event, fact)| {
            let is_vote = matches!(fact, cluster_sim_replicated_log::LogFact::Promised { vote: Some(_), .. });
            event.node == node && event.at > from && event.at < *until && is_vote
        });
        assert_eq!(votes.count(), 0, "seed {seed}: it votes for none");
        let others = [0, 1, 2].map(NodeId).into_iter().filter(|other| *other != node);
        let views: Vec<_> = others.filter_map(|other| watched.view_at(other, from)).collect();
        let start = views.iter().map(|view| view.start).min().expect("they are up");
        let shipped = views.iter().map(|view| view.shipped).max().expect("they are up");
        from_both += u32::from(before.end < start && shipped < after.end);
        let is_opened = watched.brokers().any(|(event, fact)| {
            event.node == node && event.at >= *until && matches!(fact, BrokerFact::Opened { end, .. } if *end == after.end)
        });
        assert!(is_opened, "seed {seed}: it goes on from {}", after.end);
    }
    assert!(from_both >= 5, "{from_both} seeds have records that peers have no more, and others that only they have");
}

/// A sync of the log's directory fails after a cut, and a crash brings the names of the removed segments back.
#[test]
fn a_broker_opens_its_log_although_removed_segments_are_back() {
    swarm(3).run(Seed(0x2de)).assert_ok();
}
