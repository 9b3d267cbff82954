//! S05–S08: three brokers.

use cluster_sim::fault::{ObjectRequests, ObjectStoreFault};
use cluster_sim::object_store::{ObjectErrorKind, ObjectOpKind};
use cluster_sim::prelude::*;
use cluster_sim_replicated_log::LogFact;
use cluster_sim_scenarios::stream_queue::numbered;
use cluster_sim_stream_queue::{Acks, BrokerFact, Patience, ProducerLoad, QueueError, producer};
use rstest::rstest;

use crate::clients::{Client, batch, config, ms, queue, values};
use crate::watch::{Watched, broker_named, crashed_broker, orders, watch, watch_holders};

#[cluster_sim::test(seeds = 20)]
fn s05_three_brokers_keep_one_log() -> Scenario {
    numbered("s05")
}

#[cluster_sim::test(seeds = 20)]
fn s06_two_brokers_go_on_without_the_third() -> Scenario {
    numbered("s06")
}

#[cluster_sim::test(seeds = 20)]
fn s07_the_majority_goes_on_through_a_partition() -> Scenario {
    numbered("s07")
}

#[cluster_sim::test(seeds = 20)]
fn s08_the_log_grows_while_the_object_store_is_down() -> Scenario {
    numbered("s08")
}

#[test]
fn d07_an_acknowledgement_waits_for_the_disks_of_two_brokers() {
    for seed in 0..5 {
        let watched = watch_holders(numbered("s05"), seed);
        let acked = watched.acked();
        assert_eq!(acked.len(), 30, "seed {seed}");
        let holders: Vec<_> = acked.iter().map(|batch| batch.holders).collect();
        assert!(holders.iter().all(|holders| *holders >= 2), "seed {seed}: brokers that have each batch: {holders:?}");
    }
}

#[test]
fn d07_three_replicas_have_equal_bytes() {
    for seed in 0..5 {
        let watched = watch(numbered("s05"), seed);
        assert_eq!(watched.segments.len(), 3, "seed {seed}");
        let starts = watched.segments.values().filter_map(|segments| segments.keys().next());
        let start = *starts.max().expect("there are records");
        let mut replicas: Vec<_> = watched.segments.values().map(|segments| segments.range(start..).collect::<Vec<_>>()).collect();
        replicas.dedup();
        assert_eq!(replicas.len(), 1, "seed {seed}: from offset {start} on all are equal");
        let records = watched.views.values().map(|view| (view.end, view.commit > 0)).collect::<Vec<_>>();
        assert_eq!(records, [(300, true); 3], "seed {seed}");
    }
}

/// The time that S06 gives the two that are left to elect another leader, before the one that crashed is back.
const CRASHED_FOR: Duration = Duration::from_millis(700);

/// Each broker that a fault crashed while the others were up: when, and its role.
fn crashed_alone(watched: &Watched) -> Vec<(NodeId, VirtualInstant, &'static str)> {
    let crashes: Vec<_> =
        watched.faults.iter().filter_map(|fault| Some((crashed_broker(fault)?, fault.at, fault.ended_at?))).collect();
    let is_alone = |node: NodeId, at: VirtualInstant| {
        crashes.iter().all(|(other, from, until)| *other == node || *from > at + CRASHED_FOR || *until < at)
    };
    let role = |(node, at, _): &(NodeId, VirtualInstant, VirtualInstant)| {
        is_alone(*node, *at).then_some((*node, *at, watched.view_at(*node, *at)?.role))
    };
    crashes.iter().filter_map(role).collect()
}

#[test]
fn d08_followers_and_leaders_crash_and_another_leads_on() {
    let (mut followers, mut leaders) = (0, 0);
    for seed in 0..40 {
        let watched = watch(numbered("s06"), seed);
        for (node, at, role) in crashed_alone(&watched) {
            if role == "leader" {
                leaders += 1;
                let next = watched.brokers().find(|(event, fact)| event.at > at && matches!(fact, BrokerFact::Leads { .. }));
                let (event, _) = next.expect("another is elected");
                assert!(event.node != node && event.at < at + CRASHED_FOR, "seed {seed}: another leads before it is back");
            } else {
                followers += 1;
            }
            let acked = watched.acked();
            let is_on = acked.iter().any(|batch| batch.at > at && batch.at < at + ms(1_500));
            let is_over = acked.iter().all(|batch| batch.at < at);
            assert!(is_on || is_over, "seed {seed}: two brokers acknowledge while {node} is down");
        }
    }
    assert!(followers >= 3 && leaders >= 20, "{followers} followers and {leaders} leaders crashed");
}

/// The cut that a trigger made: the leader, and from when on it was alone.
fn leader_cut_off(watched: &Watched) -> (NodeId, VirtualInstant, VirtualInstant) {
    let cut = watched.faults.iter().find(|fault| fault.trigger.is_some()).expect("the trigger fired");
    let Fault::Network(NetworkFault::Cut { from, .. }) = &cut.fault else { panic!("{cut:?}") };
    (broker_named(&from[0]), cut.at, cut.ended_at.expect("it ended"))
}

/// The longest election timeout of the brokers, and a link's delay.
const FENCED_AFTER: Duration = Duration::from_millis(310);

#[test]
fn d09_a_leader_of_a_minority_refuses_and_its_tail_is_cut_off() {
    let mut cut_off = 0;
    for seed in 0..20 {
        let watched = watch(numbered("s07"), seed);
        let (leader, from, until) = leader_cut_off(&watched);
        let fenced = from + FENCED_AFTER;
        let roles: Vec<_> =
            watched.views_of(leader).filter(|(at, _)| *at > fenced && *at < until).map(|(_, view)| view.role).collect();
        assert!(watched.view_at(leader, fenced).is_some_and(|view| view.role != "leader"), "seed {seed}: it gives up in time");
        assert!(!roles.contains(&"leader"), "seed {seed}: it leads no more: {roles:?}");
        let commits = watched.logs().filter(|(event, fact)| {
            event.node == leader && event.at > from && event.at < until && matches!(fact, LogFact::Advanced { .. })
        });
        // An answer of the others may have been under way.
        assert!(commits.map(|(event, _)| event.at).all(|at| at < from + ms(50)), "seed {seed}: it commits nothing alone");
        let others = watched.acked().into_iter().filter(|batch| batch.at > fenced && batch.at < until).count();
        assert!(others > 0, "seed {seed}: the majority acknowledges");
        cut_off += u32::from(has_tail_cut_off(&watched, leader, from, until));
    }
    assert!(cut_off >= 5, "{cut_off} leaders had a tail of their own, which is cut off");
}

/// Returns whether a leader appended entries while it was alone, which it replaced later by others or by a snapshot.
fn has_tail_cut_off(watched: &Watched, leader: NodeId, from: VirtualInstant, until: VirtualInstant) -> bool {
    let mut tail = None;
    for (event, fact) in watched.logs().filter(|(event, _)| event.node == leader && event.at > from) {
        match fact {
            LogFact::Appended { first, .. } if event.at < until => tail = Some(tail.unwrap_or(*first)),
            LogFact::Appended { first, .. } => return tail.is_some_and(|tail| *first <= tail),
            LogFact::Installed { last, .. } => return tail.is_some_and(|tail| tail <= last.index),
            _ => {}
        }
    }
    false
}

/// Three brokers, each alone from an instant on.
fn apart(from: Duration, duration: Duration) -> FaultPlan {
    let cut = |one: &str, others: &[&str]| NetworkFault::cut([one], others.iter().copied(), duration);
    let cuts = [cut("broker/0", &["broker/1", "broker/2"]), cut("broker/1", &["broker/2"])];
    cuts.into_iter().fold(FaultPlan::new(), |plan, cut| plan.at(from, cut))
}

/// Asks the leader while all brokers are apart, from 2 to 6 s, and again after that.
async fn publish_to_a_leader_alone(client: Client) {
    let mut leader = None;
    while leader.is_none() {
        for broker in client.config.brokers.clone() {
            if client.ask_of(broker, batch(1, values(0..10))).await.is_ok() {
                leader = Some(broker);
            }
        }
    }
    client.sleep_until(2_010).await;
    let asked = client.node.now();
    let answer = client.ask_of(leader.expect("one leads"), batch(2, values(10..20))).await;
    assert!(matches!(answer, Err(QueueError::NotLeader { .. })), "it refuses: {answer:?}");
    assert!(client.node.now() < asked + ms(500), "it does so as soon as it leads no more: {:?}", client.node.now());
    client.sleep_until(6_500).await;
    assert_eq!(client.publish(2, values(10..20)).await, 10, "the batch has one effect");
    assert_eq!(client.read_all(0).await.0, values(0..20));
}

#[test]
fn d09_a_leader_refuses_what_waits_once_it_leads_no_more() {
    for seed in 0..10 {
        queue(config(3), publish_to_a_leader_alone).faults(apart(ms(2_000), ms(4_000))).run(Seed(seed)).assert_ok();
    }
}

#[test]
fn d09_three_brokers_apart_acknowledge_nothing() {
    let mut acked_before = 0;
    for seed in 0..20 {
        let acked = watch(numbered("s05").faults(apart(ms(900), ms(1_000))), seed).acked();
        // A batch that was committed before is told within the delays of links and disks.
        let [start, end] = [960, 1_900].map(|at| VirtualInstant::ZERO + ms(at));
        let during = acked.iter().filter(|batch| batch.at > start && batch.at < end).count();
        let before = acked.iter().filter(|batch| batch.at < start).count();
        assert!(during == 0 && before < 30, "seed {seed}: {during} batches are acknowledged meanwhile, {before} before");
        acked_before += before;
    }
    assert!(acked_before >= 100, "{acked_before} batches are acknowledged before");
}

/// The object store out of reach of the brokers from 100 to 2,000 ms.
fn without_the_store() -> Scenario {
    let cut = NetworkFault::cut(["broker/0", "broker/1", "broker/2"], ["s3/0"], ms(1_900));
    numbered("s08").faults(FaultPlan::new().at(ms(100), cut))
}

#[test]
fn d10_without_the_store_the_log_grows_and_ships_once_afterwards() {
    for seed in 0..10 {
        let watched = watch(without_the_store(), seed);
        let [from, until] = [150, 2_000].map(|at| VirtualInstant::ZERO + ms(at));
        let during = |at: VirtualInstant| at > from && at < until;
        let is_offload = |fact: &BrokerFact| matches!(fact, BrokerFact::Listed { .. } | BrokerFact::Trimmed { .. });
        let offloads: Vec<_> = watched.brokers().filter(|(event, fact)| during(event.at) && is_offload(fact)).collect();
        assert!(offloads.is_empty(), "seed {seed}: nothing ships, nothing is trimmed: {offloads:?}");
        for broker in [0, 1, 2].map(NodeId) {
            let segments: Vec<_> = watched.views_of(broker).filter(|(at, _)| during(*at)).map(|(_, view)| view.segments).collect();
            assert!(segments.is_sorted() && segments.last() >= Some(&10), "seed {seed}: segments of {broker}: {segments:?}");
        }
        assert!(watched.acked().iter().filter(|batch| during(batch.at)).count() >= 20, "seed {seed}: writes are acknowledged");
        assert!(watched.faults.iter().any(|fault| fault.effect > 0), "seed {seed}: requests to the store are lost");

        let listed = watched.listed(NodeId(0));
        let is_dense = listed.windows(2).all(|pair| pair[0].1 == pair[1].0);
        assert!(listed.len() >= 10 && listed[0].0 == 0 && is_dense, "seed {seed}: each segment ships once: {listed:?}");
        let trimmed = watched.brokers().filter(|(_, fact)| matches!(fact, BrokerFact::Trimmed { .. })).count();
        assert!(trimmed >= 10, "seed {seed}: trimming goes on: {trimmed} segments");
        let last = watched.views.values().map(|view| (view.shipped, view.segments)).collect::<Vec<_>>();
        assert!(
            last.iter().all(|(shipped, segments)| *shipped == listed.last().unwrap().1 && *segments <= 3),
            "seed {seed}: {last:?}"
        );
    }
}

#[test]
fn d17_records_without_a_promise_are_not_in_the_ledger() {
    let scenario = queue(config(1), |client| {
        let load = ProducerLoad {
            partitions: vec![orders()],
            batches: 20,
            records: 10,
            value_bytes: 50,
            acks: Acks::None,
            pause: ms(100),
        };
        producer(client.node, client.config, Patience::default(), load)
    });
    let watched = watch(scenario, 1);
    assert!(watched.acked().is_empty(), "none is acknowledged");
    assert!(watched.views.values().any(|view| view.end > 0), "though some are appended: {:?}", watched.views);
}

/// Puts that land, though their answers are errors or lost.
fn puts_answered_wrongly(error: Option<ObjectErrorKind>) -> Fault {
    let requests = ObjectRequests::to("s3/0").only([ObjectOpKind::Put]).share(Ratio::percent(70));
    let (after, duration) = (Duration::ZERO, Some(ms(3_500)));
    ObjectStoreFault::LoseAnswer { requests, after, twice: false, error, duration }.into()
}

#[rstest]
fn d11_a_put_that_landed_is_listed_once_whatever_was_answered(
    #[values(None, Some(ObjectErrorKind::InternalError))] error: Option<ObjectErrorKind>,
) {
    for seed in 0..10 {
        let plan = FaultPlan::new().at(Duration::ZERO, puts_answered_wrongly(error));
        let watched = watch(numbered("s05").faults(plan), seed);
        let fault = watched.faults.iter().find(|fault| matches!(fault.fault, Fault::ObjectStore(_))).expect("it is planned");
        assert!(fault.effect >= 1, "seed {seed}: {} answers are wrong", fault.effect);
        let listed = watched.listed(NodeId(0));
        let is_dense = listed.windows(2).all(|pair| pair[0].1 == pair[1].0);
        assert!(listed.len() >= 5 && listed[0].0 == 0 && is_dense, "seed {seed}: each segment is listed once: {listed:?}");
        let objects: Vec<_> = listed.iter().map(|(base, end)| format!("sim/orders/0/{base}-{end}.sqseg")).collect();
        let stored: Vec<_> = watched.objects.iter().filter(|key| objects.contains(key)).collect();
        assert_eq!(stored.len(), objects.len(), "seed {seed}: {:?}", watched.objects);
        assert!(watched.objects.len() <= objects.len() + 1, "seed {seed}: no others are stored: {:?}", watched.objects);
    }
}
