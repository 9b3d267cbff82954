//! A run of the queue with all that its nodes stated, for tests that claim more than its rules do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cluster_sim::check::{Change, Health, Invariant};
use cluster_sim::fault::FaultRecord;
use cluster_sim::prelude::*;
use cluster_sim_replicated_log::LogFact;
use cluster_sim_stream_queue::format::{TopicName, TopicPartition};
use cluster_sim_stream_queue::{
    BrokerFact, BrokerView, ClientFact, ConsumerView, ContentHash, GroupFact, PartitionView, ProducerId, journal_directory,
};

/// The one partition of the scenarios.
pub(super) fn orders() -> TopicPartition {
    TopicPartition { topic: TopicName::new("orders").expect("a short name"), partition: 0 }
}

/// The broker of a name such as `broker/1`.
///
/// # Panics
/// If it is the name of another node.
pub(super) fn broker_named(name: &str) -> NodeId {
    let number = name.strip_prefix("broker/").and_then(|number| number.parse().ok());
    NodeId(number.unwrap_or_else(|| panic!("{name} is no broker")))
}

/// The broker that a fault crashed; `None` for other faults.
pub(super) fn crashed_broker(fault: &FaultRecord) -> Option<NodeId> {
    match &fault.fault {
        Fault::Node(NodeFault::Crash { node, .. }) if node.starts_with("broker/") => Some(broker_named(node)),
        _ => None,
    }
}

/// A fact, or another view of the partition on a broker.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    Client(ClientFact),
    Broker(BrokerFact),
    Log(LogFact),
    View(PartitionView),
    Down,
}

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: VirtualInstant,
    pub(super) node: NodeId,
    pub(super) seen: Seen,
    /// For an acknowledgement: the brokers on whose disks, synced, all of the batch was.
    pub(super) holders: usize,
}

/// All that a run showed.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    pub(super) events: Vec<Event>,
    /// At the end of the run: the segment files of each broker, by base.
    pub(super) segments: BTreeMap<NodeId, BTreeMap<u64, Vec<u8>>>,
    pub(super) views: BTreeMap<NodeId, PartitionView>,
    pub(super) consumers: Vec<ConsumerView>,
    /// The keys of the objects in the store.
    pub(super) objects: Vec<String>,
    pub(super) faults: Vec<FaultRecord>,
    pub(super) steps: u64,
    /// The hash over all events, as text.
    pub(super) digest: String,
}

struct Watch {
    shared: Arc<Mutex<Watched>>,
    own: Watched,
    events: u64,
    counts_holders: bool,
}

/// The bytes that a producer of a scenario puts at the beginning of a value, for a batch in its first life.
fn marks(name: &str, batch: u64, records: usize) -> Vec<Vec<u8>> {
    (0..records).map(|place| format!("{name}/0/{batch}/{place}:").into_bytes()).collect()
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

/// Counts the brokers on whose disks all records of a batch are, synced.
fn holders(world: &World<'_>, producer: NodeId, sequence: u64, records: usize) -> usize {
    let marks = marks(world.name(producer), sequence - 1, records);
    let holds = |broker: NodeId| {
        let files = world.disk(broker).into_iter().flat_map(|disk| disk.durable_files());
        let of_partition = |path: &String| path.contains(&journal_directory(orders())) || path.contains("data/orders/0");
        let bytes: Vec<u8> = files.filter(|(path, _)| of_partition(path)).flat_map(|(_, bytes)| bytes).collect();
        marks.iter().all(|mark| contains(&bytes, mark))
    };
    world.nodes().filter(|node| world.name(*node).starts_with("broker/") && holds(*node)).count()
}

impl Watch {
    fn push(&mut self, node: NodeId, seen: Seen, world: &World<'_>) {
        self.events += 1;
        self.own.events.push(Event { at: world.now(), node, seen, holders: 0 });
    }
}

impl Invariant for Watch {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        if let Some(fact) = change.fact::<ClientFact>() {
            self.push(node, Seen::Client(fact.clone()), world);
            if let ClientFact::Acknowledged { sequence, hashes, .. } = fact
                && self.counts_holders
            {
                let holders = holders(world, node, *sequence, hashes.len());
                self.own.events.last_mut().expect("it was pushed").holders = holders;
            }
        } else if let Some(fact) = change.fact::<BrokerFact>() {
            self.push(node, Seen::Broker(fact.clone()), world);
        } else if let Some(fact) = change.fact::<GroupFact>() {
            self.push(node, Seen::Log(fact.fact.clone()), world);
        } else if let Change::Health(_, Health::Down | Health::Killed, _) = change {
            self.own.views.remove(&node);
            self.push(node, Seen::Down, world);
        }
        let view = world.view::<BrokerView>(node).and_then(|view| view.partitions.get(&orders()));
        if let Some(view) = view.filter(|view| self.own.views.get(&node) != Some(view)) {
            self.own.views.insert(node, view.clone());
            self.push(node, Seen::View(view.clone()), world);
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.events
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        for node in world.nodes().filter(|node| world.name(*node).starts_with("broker/")) {
            let Some(disk) = world.disk(node) else { continue };
            let base = |path: &str| path.strip_prefix("data/orders/0/")?.strip_suffix(".wal")?.parse::<u64>().ok();
            let segment = |path: String| Some((base(&path)?, disk.current(&path)?));
            self.own.segments.insert(node, disk.paths().into_iter().filter_map(segment).collect());
        }
        self.own.consumers = world.views::<ConsumerView>().map(|(_, view)| view.clone()).collect();
        let stores = world.nodes().filter_map(|node| world.objects(node));
        self.own.objects = stores.flat_map(|objects| objects.keys("")).collect();
        *self.shared.lock().expect("no test panics with it") = std::mem::take(&mut self.own);
        Verdict::Holds
    }
}

/// Runs a scenario and returns what it showed.
///
/// # Panics
/// If a rule does not hold.
pub(super) fn watch(scenario: Scenario, seed: u64) -> Watched {
    run(scenario, seed, false)
}

/// Runs a scenario and returns what it showed, with the holders of each batch that was acknowledged, whose search reads whole disks.
///
/// # Panics
/// If a rule does not hold.
pub(super) fn watch_holders(scenario: Scenario, seed: u64) -> Watched {
    run(scenario, seed, true)
}

fn run(scenario: Scenario, seed: u64, counts_holders: bool) -> Watched {
    let shared = Arc::new(Mutex::new(Watched::default()));
    let of_run = Arc::clone(&shared);
    let watch = move || Watch { shared: Arc::clone(&of_run), own: Watched::default(), events: 0, counts_holders };
    let scenario = scenario.observe("watched", watch);
    let report = scenario.run(Seed(seed));
    report.assert_ok();
    let watched = std::mem::take(&mut *shared.lock().expect("no test panics with it"));
    Watched { faults: report.faults, steps: report.steps, digest: report.digest.to_string(), ..watched }
}

/// A batch that was acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Acked {
    pub(super) at: VirtualInstant,
    pub(super) producer: ProducerId,
    pub(super) sequence: u64,
    pub(super) base: u64,
    pub(super) hashes: Vec<ContentHash>,
    pub(super) holders: usize,
}

/// A read that was answered.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) from: u64,
    pub(super) hashes: Vec<ContentHash>,
    pub(super) is_from_store: bool,
}

impl Watched {
    pub(super) fn acked(&self) -> Vec<Acked> {
        let acked = |event: &Event| match event.seen.clone() {
            Seen::Client(ClientFact::Acknowledged { producer, sequence, base, hashes, .. }) => {
                let Event { at, holders, .. } = *event;
                Some(Acked { at, producer, sequence, base, hashes, holders })
            }
            _ => None,
        };
        self.events.iter().filter_map(acked).collect()
    }

    /// The records that were acknowledged, in order of offset.
    ///
    /// # Panics
    /// If two have one offset.
    pub(super) fn log(&self) -> BTreeMap<u64, ContentHash> {
        let mut log = BTreeMap::new();
        for Acked { base, hashes, .. } in self.acked() {
            for (offset, hash) in (base..).zip(hashes) {
                assert_eq!(log.insert(offset, hash), None, "offset {offset} was given twice");
            }
        }
        log
    }

    /// The nodes that read, in order of id.
    pub(super) fn readers(&self) -> Vec<NodeId> {
        let mut nodes: Vec<_> =
            self.clients().filter(|(_, fact)| matches!(fact, ClientFact::Read { .. })).map(|(event, _)| event.node).collect();
        nodes.sort();
        nodes.dedup();
        nodes
    }

    pub(super) fn reads(&self, reader: NodeId) -> Vec<Answered> {
        let of_reader = self.clients().filter(|(event, _)| event.node == reader);
        let read = |(_, fact): (&Event, &ClientFact)| match fact.clone() {
            ClientFact::Read { from, hashes, is_from_store, .. } => Some(Answered { from, hashes, is_from_store }),
            _ => None,
        };
        of_reader.filter_map(read).collect()
    }

    fn clients(&self) -> impl Iterator<Item = (&Event, &ClientFact)> {
        self.events.iter().filter_map(|event| match &event.seen {
            Seen::Client(fact) => Some((event, fact)),
            _ => None,
        })
    }

    pub(super) fn brokers(&self) -> impl Iterator<Item = (&Event, &BrokerFact)> {
        self.events.iter().filter_map(|event| match &event.seen {
            Seen::Broker(fact) => Some((event, fact)),
            _ => None,
        })
    }

    /// The segments that a broker listed, each with its first offset and that after its last, in the order of its first listing.
    pub(super) fn listed(&self, node: NodeId) -> Vec<(u64, u64)> {
        let mut listed = Vec::new();
        for (event, fact) in self.brokers() {
            if let BrokerFact::Listed { base, end, .. } = fact
                && event.node == node
                && !listed.contains(&(*base, *end))
            {
                listed.push((*base, *end));
            }
        }
        listed
    }

    pub(super) fn logs(&self) -> impl Iterator<Item = (&Event, &LogFact)> {
        self.events.iter().filter_map(|event| match &event.seen {
            Seen::Log(fact) => Some((event, fact)),
            _ => None,
        })
    }

    /// The views of the partition on a broker, each with the instant from which on it had it.
    pub(super) fn views_of(&self, node: NodeId) -> impl Iterator<Item = (VirtualInstant, &PartitionView)> {
        self.events.iter().filter(move |event| event.node == node).filter_map(|event| match &event.seen {
            Seen::View(view) => Some((event.at, view)),
            _ => None,
        })
    }

    /// The view of the partition that a broker had at an instant, unless it was down.
    pub(super) fn view_at(&self, node: NodeId, at: VirtualInstant) -> Option<&PartitionView> {
        let before = self.events.iter().rev().filter(|event| event.node == node && event.at < at);
        let mut states = before.filter(|event| matches!(event.seen, Seen::View(_) | Seen::Down));
        match &states.next()?.seen {
            Seen::View(view) => Some(view),
            _ => None,
        }
    }
}
