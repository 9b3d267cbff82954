//! S05–S08: three brokers.

use std::time::Duration;

use cluster_sim::check::{Change, World};
use cluster_sim::fault::Trigger;
use cluster_sim::fault::{NetworkFault, NodeFault};
use cluster_sim::{Fault, FaultPlan, NodeId, Scenario};
use cluster_sim_stream_queue::{BrokerFact, BrokerView};

use super::chance::Chance;
use super::queue::{Queue, brokers, load, orders, reads};

const DURATION: Duration = Duration::from_secs(4);

fn three(name: &str) -> Queue {
    Queue::new(name, brokers(3)).producers(2, load(15)).consumers("consumer", 1, reads(Some("billing")))
}

/// S05: normal operation.
pub fn s05_replication() -> Scenario {
    three("s05").with_rules().duration(DURATION)
}

/// S06: one broker of three crashes: a random one, and later the leader.
pub fn s06_one_crashes() -> Scenario {
    three("s06")
        .with_rules()
        .faults_from(|seed| {
            let chance = Chance(seed);
            let broker = format!("broker/{}", chance.below("broker", 0, 3));
            FaultPlan::new()
                .at(chance.millis("crash", 0, 100, 900), NodeFault::crash(broker, chance.millis("down for", 0, 100, 700)))
        })
        .trigger(when_leading("the leader crashes", 100, |leader, _| {
            Some(NodeFault::crash(leader, Duration::from_millis(700)).into())
        }))
        .duration(DURATION)
}

/// S07: the leader is cut off from the other brokers, but not from clients; later all three are apart.
pub fn s07_partition() -> Scenario {
    three("s07")
        .with_rules()
        .trigger(when_leading("the leader is cut off", 50, |leader, world| {
            let others = world.others_of("broker", world.named(leader)?);
            Some(NetworkFault::cut([leader], others, Duration::from_millis(900)).into())
        }))
        .faults_from(|seed| {
            let chance = Chance(seed);
            let (at, apart) = (chance.millis("apart", 0, 1_800, 2_400), chance.millis("apart for", 0, 200, 800));
            let cut = |one: &str, others: &[&str]| NetworkFault::cut([one], others.iter().copied(), apart);
            FaultPlan::new().at(at, cut("broker/0", &["broker/1", "broker/2"])).at(at, cut("broker/1", &["broker/2"]))
        })
        .duration(DURATION)
}

/// S08: the object store is down for a while.
pub fn s08_store_outage() -> Scenario {
    three("s08")
        .with_rules()
        .faults_from(|seed| {
            let chance = Chance(seed);
            let outage = NetworkFault::cut(["s3/0"], ["*"], chance.millis("down for", 0, 1_000, 2_000));
            FaultPlan::new().at(chance.millis("down", 0, 100, 600), outage)
        })
        .duration(DURATION)
}

/// Fires once a leader has that number of records, with the fault that `answer` makes of its name.
pub(super) fn when_leading(
    name: &str,
    records: u64,
    answer: impl Fn(&str, &World<'_>) -> Option<Fault> + Send + Sync + 'static,
) -> Trigger {
    Trigger::new(name, move |change: &Change, world: &World<'_>| {
        let Some(BrokerFact::Applied { partition, base, .. }) = change.fact() else { return None };
        let is_due = *partition == orders() && *base >= records && is_leader(world, change.node());
        is_due.then(|| answer(world.name(change.node()), world)).flatten()
    })
}

fn is_leader(world: &World<'_>, node: NodeId) -> bool {
    let view = world.view::<BrokerView>(node);
    view.and_then(|view| view.partitions.get(&orders())).is_some_and(|partition| partition.role == "leader")
}
