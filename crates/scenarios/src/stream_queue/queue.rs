//! The nodes and the rules of all scenarios.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim::check::Change;
use cluster_sim::object_store::ObjectStoreModel;
use cluster_sim::{LinkModel, NodeId, Scenario, World};
use cluster_sim_replicated_log::LogFact;
use cluster_sim_replicated_log::rules::{
    Elections, FactSource, Folded, JournalPlace, NoRegress, OneLog, PromisesAreDurable, Quorums,
};
use cluster_sim_stream_queue::format::{TopicName, TopicPartition};
use cluster_sim_stream_queue::rules::{
    DenseOffsets, GroupsAdvance, LinearManifest, NoAckedLoss, TrimmedIsShipped, WholeReads, converged,
};
use cluster_sim_stream_queue::{
    BrokerView, Config, ConsumerLoad, ConsumerView, GroupFact, PartitionEnds, Patience, ProducerLoad, ProducerView, broker,
    consumer, journal_directory, producer,
};

/// I1.
pub const KEPT: &str = "no acknowledged record is lost";
/// I2.
pub const DENSE: &str = "offsets are strictly monotonic, without gaps";
/// I3.
pub const WHOLE: &str = "all that is read is whole and was published";
/// I4.
pub const ADVANCE: &str = "the offset of a group never regresses";
/// I5.
pub const CONVERGE: &str = "after the network is whole, replicas converge";
/// I6.
pub const SHIPPED: &str = "a segment is trimmed only once the object store has it";
/// L9, L10.
pub const LINEAR: &str = "shipped segments have one history, to which only present leaders add";
/// V1, V5, V16 of the replication log.
pub const ELECTIONS: &str = "the replication log: terms have one leader and are remembered";
/// V2, V3, V4, V15, L6.
pub const ONE_LOG: &str = "the replication log: one history, in which nothing committed is cut off";
/// V5, V10.
pub const NO_REGRESS: &str = "the replication log: commit index and snapshots never fall";
/// V7, V8, V9, L6.
pub const QUORUMS: &str = "the replication log: a majority has on disk what is committed";
/// V6.
pub const DURABLE: &str = "the replication log: what a message promises is on the disk";
/// H1 over the ends of partitions.
pub const ENDS: &str = "the ends of partitions are linearizable";
/// H19 of the clients.
pub const SETTLED: &str = "in the end producers are done and consumers have read all";

/// The rules of all scenarios.
pub(super) const RULES: [&str; 14] =
    [KEPT, DENSE, WHOLE, ADVANCE, CONVERGE, SHIPPED, LINEAR, ELECTIONS, ONE_LOG, NO_REGRESS, QUORUMS, DURABLE, ENDS, SETTLED];

/// A queue with its clients.
pub(super) struct Queue {
    scenario: Scenario,
    config: Config,
}

impl Queue {
    /// Brokers and their object store.
    pub(super) fn new(name: &str, config: Config) -> Self {
        let store = NodeId(config.brokers.len() as u32);
        let brokers = config.clone();
        let scenario = Scenario::new(name)
            .nodes("broker", config.brokers.len() as u32, move |node| {
                let store = Arc::new(node.object_store(store));
                broker(node, brokers.clone(), store)
            })
            .object_store("s3", ObjectStoreModel::default())
            .default_links(LinkModel::default());
        Self { scenario, config }
    }

    pub(super) fn producers(mut self, count: u32, load: ProducerLoad) -> Self {
        self.scenario = self.scenario.nodes("producer", count, {
            let config = self.config.clone();
            move |node| producer(node, config.clone(), Patience::default(), load.clone())
        });
        self
    }

    pub(super) fn consumers(mut self, group: &str, count: u32, load: ConsumerLoad) -> Self {
        self.scenario = self.scenario.nodes(group, count, {
            let config = self.config.clone();
            move |node| consumer(node, config.clone(), Patience::default(), load.clone())
        });
        self
    }

    /// Adds the six invariants, and what clients may expect.
    pub(super) fn with_rules(self) -> Scenario {
        let brokers = self.config.brokers.len();
        let (data_dir, store) = (self.config.data_dir.clone(), NodeId(brokers as u32));
        self.scenario
            .observe(ELECTIONS, Folded::<Elections, OrdersLog>::default)
            .observe(ONE_LOG, Folded::<OneLog, OrdersLog>::default)
            .observe(NO_REGRESS, Folded::<NoRegress, OrdersLog>::default)
            .observe(QUORUMS, Folded::<Quorums, OrdersLog>::default)
            .observe(DURABLE, PromisesAreDurable::<OrdersLog>::default)
            .observe(KEPT, NoAckedLoss::default)
            .observe(DENSE, DenseOffsets::default)
            .observe(WHOLE, WholeReads::default)
            .observe(ADVANCE, GroupsAdvance::default)
            .observe(SHIPPED, move || TrimmedIsShipped::of(store))
            .observe(LINEAR, LinearManifest::default)
            .eventually(CONVERGE, move |world| converged(world, brokers, &data_dir))
            .eventually(SETTLED, settled)
            .linearizable::<PartitionEnds>(ENDS)
            .recovery_timeout(Duration::from_secs(60))
            .stable_for(Duration::from_millis(500))
    }
}

/// Checks that producers are done and each consumer is at the end of its partitions.
fn settled(world: &World<'_>) -> Result<(), String> {
    for (node, view) in world.views::<ProducerView>() {
        if !view.is_done {
            return Err(format!("{} is not done", world.name(node)));
        }
    }
    let end = |partition: &TopicPartition| {
        let ends = world.views::<BrokerView>().filter_map(|(_, view)| view.partitions.get(partition)).map(|view| view.end);
        ends.max().unwrap_or(0)
    };
    for (node, view) in world.views::<ConsumerView>() {
        for position in &view.positions {
            let expected = end(&position.partition);
            if position.next.unwrap_or(0) < expected {
                return Err(format!(
                    "{}: expected {} to have read up to {expected}, actual {:?}",
                    position.partition,
                    world.name(node),
                    position.next
                ));
            }
        }
    }
    Ok(())
}

/// Brokers with segments so small that each scenario closes, ships and trims some.
pub(super) fn brokers(count: u32) -> Config {
    Config {
        segment_bytes: 4 << 10,
        retained_segments: 1,
        offload_every: Duration::from_millis(100),
        checkpoint_entries: 16,
        ..Config::of(count)
    }
}

/// The replication log of the partition.
#[derive(Debug, Clone, Copy, Default)]
struct OrdersLog;

impl FactSource for OrdersLog {
    fn log_fact(change: &Change) -> Option<(u64, &LogFact)> {
        change.fact().filter(|fact: &&GroupFact| fact.partition == orders()).map(|fact| (0, &fact.fact))
    }
}

impl JournalPlace for OrdersLog {
    fn directory(_: u64) -> String {
        journal_directory(orders())
    }
}

/// The one partition of all scenarios.
pub(super) fn orders() -> TopicPartition {
    TopicPartition { topic: TopicName::new("orders").expect("a short name"), partition: 0 }
}

/// Batches of 10 records of up to 200 bytes, one after the other.
pub(super) fn load(batches: u64) -> ProducerLoad {
    ProducerLoad {
        partitions: vec![orders()],
        batches,
        records: 10,
        value_bytes: 200,
        acks: Default::default(),
        pause: Duration::from_millis(20),
    }
}

/// Reads of up to 50 records, with a commit after each second one.
pub(super) fn reads(group: Option<&str>) -> ConsumerLoad {
    ConsumerLoad {
        partitions: vec![orders()],
        group: group.map(str::to_owned),
        from: None,
        limit: 50,
        pause: Duration::from_millis(30),
        commit_every: 2,
    }
}
