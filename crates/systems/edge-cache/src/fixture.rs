//! A driver for one machine and a world for rules, for tests.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_invariants::{Health, Observed, Traffic, VirtualInstant};
use cluster_sim_node::{Boot, Effect, Effects, Entropy, Input, LocalInstant, Machine, NodeId, NodeInfo, Roll, Timer};

use crate::config::{ApplyMode, Config, KeyDistribution, LagPolicy, Layout};
use crate::edge::EdgeView;
use crate::fact::EdgeFact;
use crate::key_table::KeyTable;
use crate::message::EdgeMessage;
use crate::roamer::ClientView;
use crate::source::SourceView;

/// Three edges and two clients.
pub(crate) const LAYOUT: Layout = Layout { edges: 3, clients: 2 };

const ENTROPY: Entropy = Entropy::from_key(42);

pub(crate) fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Four keys with equal frequency, and no load.
pub(crate) fn config() -> Config {
    Config {
        key_count: 4,
        key_distribution: KeyDistribution::Uniform,
        mutation_rate_per_sec: 0.0,
        rate_changes: Vec::new(),
        source_fanout_capacity: 1024,
        source_lag_policy: LagPolicy::ObserveAndContinue,
        burst_lag: None,
        apply_mode: ApplyMode::LastArrival,
        reads_per_client_per_sec: 0.0,
        writes_per_client_per_sec: 0.0,
        roam_interval: Duration::ZERO,
        client_delay: milliseconds(1),
        guards_sessions: false,
        bug: None,
        key_table: KeyTable::default(),
    }
}

/// Drives one machine with a clock and timers. Its messages and facts are recorded and not delivered.
pub(crate) struct Bench<M: Machine<Message = EdgeMessage>> {
    machine: M,
    effects: Effects<EdgeMessage>,
    now: Duration,
    armed: BTreeMap<Timer, Duration>,
    sent: Vec<(Duration, NodeId, EdgeMessage)>,
    facts: Vec<(Duration, EdgeFact)>,
}

impl<M: Machine<Message = EdgeMessage>> Bench<M> {
    /// Boots and starts a machine.
    pub(crate) fn new(id: NodeId, config: Config, boot: impl Fn(&Arc<Config>, Layout, &Boot) -> M) -> Self {
        let index = LAYOUT.edge_index(id).or(LAYOUT.client_index(id)).unwrap_or(0);
        let machine =
            boot(&Arc::new(config), LAYOUT, &Boot::new(NodeInfo::new(id, "bench", index, Vec::new()), Entropy::from_key(0)));
        let effects = Effects::new(ENTROPY);
        let mut bench = Self { machine, effects, now: Duration::ZERO, armed: BTreeMap::new(), sent: Vec::new(), facts: Vec::new() };
        bench.step(Input::Start);
        bench
    }

    /// Runs all timers due up to and including `until`.
    pub(crate) fn run_until(&mut self, until: Duration) {
        while let Some((timer, due)) = self
            .armed
            .iter()
            .map(|(timer, due)| (*timer, *due))
            .min_by_key(|(timer, due)| (*due, *timer))
            .filter(|(_, due)| *due <= until)
        {
            self.armed.remove(&timer);
            self.now = due;
            self.step(Input::Timer(timer));
        }
        self.now = until;
    }

    /// Runs until `at`, then delivers a message.
    pub(crate) fn deliver(&mut self, at: Duration, from: NodeId, message: EdgeMessage) {
        self.run_until(at);
        self.step(Input::Message { from, message });
    }

    fn step(&mut self, input: Input<EdgeMessage>) {
        self.machine.step(LocalInstant::ZERO + self.now, input, &mut self.effects);
        for effect in self.effects.drain() {
            match effect {
                Effect::Send(to, message) => self.sent.push((self.now, to, message)),
                Effect::SendAll(all, message) => self.sent.extend(all.into_iter().map(|to| (self.now, to, message.clone()))),
                Effect::SetTimer(timer, after) => drop(self.armed.insert(timer, self.now + after)),
                Effect::CancelTimer(timer) => drop(self.armed.remove(&timer)),
                Effect::Emit(fact) => self.facts.push((self.now, *(*fact).as_any().downcast_ref().unwrap())),
                other => panic!("unexpected effect {other:?}"),
            }
        }
    }

    pub(crate) fn view(&self) -> &M::View {
        self.machine.view()
    }

    pub(crate) fn roll(&self, name: &str, index: u64) -> Roll {
        ENTROPY.roll(name, index)
    }

    pub(crate) fn armed(&self) -> &BTreeMap<Timer, Duration> {
        &self.armed
    }

    /// Returns the messages sent, with their receivers.
    pub(crate) fn sent(&self) -> Vec<(NodeId, EdgeMessage)> {
        self.sent.iter().map(|(_, to, message)| (*to, message.clone())).collect()
    }

    /// Returns the messages sent, with instants and receivers.
    pub(crate) fn sent_at(&self) -> &[(Duration, NodeId, EdgeMessage)] {
        &self.sent
    }

    /// Returns the facts reported.
    pub(crate) fn facts(&self) -> Vec<EdgeFact> {
        self.facts.iter().map(|(_, fact)| *fact).collect()
    }

    /// Clears the recorded messages and facts.
    pub(crate) fn clear(&mut self) {
        self.sent.clear();
        self.facts.clear();
    }
}

/// A world with a clock, and optionally views of client 0, edge 0 and the source.
#[derive(Default)]
pub(crate) struct Cluster {
    pub now: Duration,
    pub reading: Option<ClientView>,
    pub edge: Option<EdgeView>,
    pub source: Option<SourceView>,
}

impl Cluster {
    /// Creates a world without views.
    pub(crate) fn at(now: Duration) -> Self {
        Self { now, ..Self::default() }
    }
}

impl Observed for Cluster {
    fn now(&self) -> VirtualInstant {
        VirtualInstant::ZERO + self.now
    }

    fn node_count(&self) -> u32 {
        2 + LAYOUT.edges + LAYOUT.clients
    }

    fn name(&self, _: NodeId) -> &str {
        "node"
    }

    fn health(&self, _: NodeId) -> Health {
        Health::Up
    }

    fn view(&self, node: NodeId) -> Option<&dyn Any> {
        fn any<V: Any>(view: &Option<V>) -> Option<&dyn Any> {
            view.as_ref().map(|view| view as &dyn Any)
        }
        match node {
            Layout::SOURCE => any(&self.source),
            node if node == LAYOUT.edge(0) => any(&self.edge),
            node if node == LAYOUT.client(0) => any(&self.reading),
            _ => None,
        }
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}
