//! All machines and the collector in one loop, over minimal links.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_invariants::{Change, Invariant, Verdict, World};
use cluster_sim_node::{Boot, Effect, Effects, Entropy, Input, LocalInstant, Machine, NodeId, NodeInfo, Ratio, Timer};

use crate::fixture::{Cluster, config, milliseconds};
use crate::{
    ApplyMode, Client, Collector, Config, Edge, EdgeMessage, KeyDistribution, LagPolicy, Layout, MetricsSnapshot, Router, Source,
};

const LAYOUT: Layout = Layout { edges: 3, clients: 16 };
const ENTROPY: Entropy = Entropy::from_key(42);

/// Any of the four machines.
trait Node {
    fn step(&mut self, now: LocalInstant, input: Input<EdgeMessage>, effects: &mut Effects<EdgeMessage>);
}

impl<M: Machine<Message = EdgeMessage>> Node for M {
    fn step(&mut self, now: LocalInstant, input: Input<EdgeMessage>, effects: &mut Effects<EdgeMessage>) {
        Machine::step(self, now, input, effects);
    }
}

/// The behaviour of the links from the router to the edges.
#[derive(Clone, Copy, Default)]
struct Chaos {
    delay: Duration,
    loss: f64,
    reorder: f64,
}

impl Chaos {
    /// Returns the delay of message number `sent`; `None` if it is lost.
    fn fate(self, sent: u64) -> Option<Duration> {
        let happens = |name, share| ENTROPY.roll(name, sent).holds(Ratio::new(share).unwrap());
        let extra_delay =
            if happens("reorder", self.reorder) { ENTROPY.roll("late", sent).within(self.delay * 2) } else { Duration::ZERO };
        (!happens("loss", self.loss)).then(|| self.delay + extra_delay)
    }
}

/// Events by instant, priority and sequence number.
///
/// At one instant timers come first, then messages, and read requests last (EDGE-D23).
type EventQueue = BTreeMap<(Duration, u8, u64), (NodeId, Input<EdgeMessage>)>;

fn run(config: Config, chaos: Chaos, until: Duration) -> (MetricsSnapshot, Verdict) {
    let mut collector = Collector::new(&config, LAYOUT);
    let config = Arc::new(config);
    let boot = |id: NodeId, index| Boot::new(NodeInfo::new(id, "node", index, Vec::new()), Entropy::from_key(0));
    let mut nodes: Vec<Box<dyn Node>> = vec![
        Box::new(Source::boot(&config, LAYOUT, &boot(Layout::SOURCE, 0))),
        Box::new(Router::boot(&config, LAYOUT, &boot(Layout::ROUTER, 0))),
    ];
    nodes.extend(
        (0..LAYOUT.edges).map(|index| Box::new(Edge::boot(&config, LAYOUT, &boot(LAYOUT.edge(index), index))) as Box<dyn Node>),
    );
    nodes.extend(
        (0..LAYOUT.clients)
            .map(|index| Box::new(Client::boot(&config, LAYOUT, &boot(LAYOUT.client(index), index))) as Box<dyn Node>),
    );
    let mut effects: Vec<_> = (0..nodes.len() as u64).map(|key| Effects::new(Entropy::from_key(key))).collect();
    let mut armed: BTreeMap<(NodeId, Timer), (Duration, u8, u64)> = BTreeMap::new();
    let mut sequence = nodes.len() as u64;
    let mut queue: EventQueue =
        (0..nodes.len() as u32).map(|id| ((Duration::ZERO, 0, u64::from(id)), (NodeId(id), Input::Start))).collect();
    while let Some((due, (node, input))) = queue.pop_first().filter(|((at, ..), _)| *at <= until) {
        let (now, effects) = (due.0, &mut effects[node.index()]);
        nodes[node.index()].step(LocalInstant::ZERO + now, input, effects);
        for effect in effects.drain() {
            let (receivers, message) = match effect {
                Effect::Send(to, message) => (vec![to], message),
                Effect::SendAll(receivers, message) => (receivers, message),
                Effect::SetTimer(timer, after) => {
                    sequence += 1;
                    let due = (now + after, 0, sequence);
                    queue.insert(due, (node, Input::Timer(timer)));
                    armed.insert((node, timer), due).and_then(|before| queue.remove(&before));
                    continue;
                }
                Effect::CancelTimer(timer) => {
                    armed.remove(&(node, timer)).and_then(|before| queue.remove(&before));
                    continue;
                }
                Effect::Emit(fact) => {
                    let cluster = Cluster::at(now);
                    assert_eq!(collector.observe(&Change::Fact(node, fact), &World::new(&cluster)), Verdict::Holds);
                    continue;
                }
                other => panic!("unexpected effect {other:?}"),
            };
            for to in receivers {
                sequence += 1;
                let is_from_router = node == Layout::ROUTER;
                let plain_delay = if node == Layout::SOURCE && to == Layout::ROUTER { Duration::ZERO } else { config.client_delay };
                let priority = if matches!(message, EdgeMessage::ReadRequest { .. }) { 2 } else { 1 };
                if let Some(delay) = if is_from_router { chaos.fate(sequence) } else { Some(plain_delay) } {
                    let input = Input::Message { from: node, message: message.clone() };
                    queue.insert((now + delay, priority, sequence), (to, input));
                }
            }
        }
    }
    let cluster = Cluster::at(until);
    let verdict = collector.finish(&World::new(&cluster));
    (collector.snapshot(), verdict)
}

/// The default load of a scenario (EDGE-D23), without roaming.
fn load() -> Config {
    Config {
        key_count: 16,
        key_distribution: KeyDistribution::Zipf(0.99),
        mutation_rate_per_sec: 10.0,
        reads_per_client_per_sec: 20.0,
        writes_per_client_per_sec: 0.5,
        ..config()
    }
}

/// The default load with roaming.
fn roaming() -> Config {
    Config { roam_interval: milliseconds(250), ..load() }
}

const CHAOS: Chaos = Chaos { delay: Duration::from_millis(50), loss: 0.05, reorder: 0.1 };
const UNTIL: Duration = Duration::from_secs(30);

#[test]
fn edge_d22_without_chaos_and_roaming_nothing_is_violated() {
    let (measured, verdict) = run(load(), Chaos::default(), UNTIL);
    assert_eq!(verdict, Verdict::Holds);
    for (path, value) in measured.counters() {
        let is_load =
            ["reads_total", "reads_observed", "writes_total", "client_writes_acked", "applied", "time_to_consistency_ms.samples"];
        assert_eq!(value > 0.0, is_load.contains(&path.as_str()), "{path} is {value}");
    }
    assert_eq!(measured.first_violations, []);
}

#[test]
fn edge_01_with_chaos_and_roaming_every_guarantee_is_violated() {
    let (measured, verdict) = run(roaming(), CHAOS, UNTIL);
    assert_eq!(verdict, Verdict::Holds);
    let value = |path: &str| measured.counters().into_iter().find(|(name, _)| name == path).unwrap().1;
    for path in [
        "monotonic_violations",
        "read_your_writes_violations",
        "stale_reads",
        "rolled_back",
        "inversion_distance.version_buckets.v1",
        "staleness.age_ms.p50",
        "time_to_consistency_ms.samples",
    ] {
        assert!(value(path) > 0.0, "{path}");
    }
    assert!(value("time_to_consistency_ms.min_ms") >= 50.0);
    assert_eq!(value("reads_unavailable"), 0.0);
    assert_eq!(measured.first_violations.len(), 2);
}

#[test]
fn edge_d09_equal_runs_have_equal_measurements() {
    assert_eq!(run(roaming(), CHAOS, UNTIL), run(roaming(), CHAOS, UNTIL));
}

#[test]
fn edge_d16_version_gated_edges_are_never_rolled_back() {
    let (measured, _) = run(Config { apply_mode: ApplyMode::VersionGated, ..roaming() }, CHAOS, UNTIL);
    assert_eq!(measured.rolled_back.get(), 0);
    assert!(measured.refetches.get() > 0 && measured.monotonic_violations.get() > 0);
}

#[test]
fn edge_d12_a_resync_restores_skipped_versions() {
    let lagging =
        |source_lag_policy| Config { source_fanout_capacity: 1, burst_lag: Some(milliseconds(900)), source_lag_policy, ..load() };
    let (observed, _) = run(lagging(LagPolicy::ObserveAndContinue), Chaos::default(), UNTIL);
    let (resynced, _) = run(lagging(LagPolicy::ResyncFromSource), Chaos::default(), UNTIL);
    assert!(observed.source_messages_skipped.get() > 0);
    assert_eq!(observed.source_messages_skipped, resynced.source_messages_skipped);
    assert_eq!((observed.resyncs.get(), resynced.resyncs.get()), (0, resynced.source_lags.get() * u64::from(LAYOUT.edges)));
    assert!(resynced.stale_reads < observed.stale_reads);
    assert!(resynced.time_to_consistency_ms.unresolved < observed.time_to_consistency_ms.unresolved);
}
