//! The rule that measures an edge cache.

mod commits;
mod propagation;
#[cfg(test)]
mod tests;

use cluster_sim_invariants::{Change, Health, Invariant, NodeId, Verdict, VirtualInstant, World};
use cluster_sim_metrics::Histogram;
use serde_json::Value;

use crate::config::{Config, LagPolicy, Layout};
use crate::fact::EdgeFact;
use crate::message::{CacheOperation, Key, Version};
use crate::snapshot::{EdgeMetrics, MetricsSnapshot, Staleness};
use crate::tally::{Spread, Tally};
use crate::trace::{ViolationKind, ViolationTrace};

use commits::CommitLog;
use propagation::Propagation;

/// Folds the facts of an edge cache into a [`MetricsSnapshot`].
///
/// Violations of client guarantees are counted and do not fail a run. A run fails only if
/// - the sums of EDGE-D06 do not match, which is a bug of this collector;
/// - versions of a key are not consecutive at the source, because it crashed and lost its log;
/// - the router skipped messages under [`LagPolicy::FailRun`] (EDGE-D12).
///
/// Holds 4 bytes for each pair of client and key and each pair of edge and key, and 8 bytes for each write. `times_checked`
/// counts served reads and writes.
#[derive(Debug)]
pub struct Collector {
    layout: Layout,
    policy: LagPolicy,
    capacity: usize,
    key_count: u32,
    commits: CommitLog,
    propagation: Propagation,
    /// The highest version that each client has read, all keys of a client side by side (EDGE-D03).
    max_seen: Vec<Version>,
    versions_behind: Tally,
    ages: Histogram,
    /// All counters. Percentiles and times are computed by `snapshot`.
    counted: MetricsSnapshot,
}

/// A read as its client observed it, with clients and edges by number.
#[derive(Debug, Clone, Copy)]
struct ObservedRead {
    at: VirtualInstant,
    client: u32,
    operation: CacheOperation,
    edge: u32,
    key: Key,
    version: Version,
}

impl Collector {
    /// Creates a collector for one run, with all edges up.
    pub fn new(config: &Config, layout: Layout) -> Self {
        let edges = (0..layout.edges).map(EdgeMetrics::of).collect();
        Self {
            layout,
            policy: config.source_lag_policy,
            capacity: config.source_fanout_capacity,
            key_count: config.key_count,
            commits: CommitLog::new(config.key_count),
            propagation: Propagation::new(layout.edges, config.key_count),
            max_seen: vec![0; layout.clients as usize * config.key_count as usize],
            versions_behind: Tally::default(),
            ages: Histogram::new(),
            counted: MetricsSnapshot { edges, ..MetricsSnapshot::default() },
        }
    }

    /// Returns the measurements so far.
    pub fn snapshot(&self) -> MetricsSnapshot {
        MetricsSnapshot {
            staleness: Staleness { versions: self.versions_behind.spread(), age_ms: Spread::of_milliseconds(&self.ages) },
            time_to_consistency_ms: self.propagation.measured(),
            ..self.counted.clone()
        }
    }

    fn fold(&mut self, node: NodeId, fact: EdgeFact, at: VirtualInstant) -> Verdict {
        match fact {
            EdgeFact::Applied { key, version, previous } => self.applied(node, key, version, previous, at),
            EdgeFact::Served { key, version, .. } => self.served(node, key, version, at),
            EdgeFact::Observed { operation, edge, key, version, acked } => {
                let (Some(client), Some(edge)) = (self.layout.client_index(node), self.layout.edge_index(edge)) else {
                    return Verdict::Holds;
                };
                return self.observed(ObservedRead { at, client, operation, edge, key, version }, acked);
            }
            EdgeFact::Unavailable { edge, .. } => {
                self.counted.reads_unavailable.increment();
                self.count_at(edge, |edge| edge.reads_unavailable.increment());
            }
            EdgeFact::Committed { key, version } => return self.committed(key, version, at),
            EdgeFact::WriteAcked { .. } => self.counted.client_writes_acked.increment(),
            EdgeFact::Refetching { .. } => {
                self.counted.refetches.increment();
                self.count_at(node, |edge| edge.refetches.increment());
            }
            EdgeFact::Resynced { .. } => {
                self.counted.resyncs.increment();
                self.count_at(node, |edge| edge.resyncs.increment());
            }
            EdgeFact::Lagged { skipped } => return self.lagged(node, skipped),
        }
        Verdict::Holds
    }

    fn committed(&mut self, key: Key, version: Version, at: VirtualInstant) -> Verdict {
        let latest = self.commits.latest(key);
        if version != latest + 1 {
            let message = format!("the source committed version {version} of key {key} after version {latest}");
            return Verdict::violated([Layout::SOURCE], message);
        }
        self.commits.commit(key, at);
        self.propagation.commit(key, at);
        self.counted.writes_total.increment();
        Verdict::Holds
    }

    fn applied(&mut self, node: NodeId, key: Key, version: Version, previous: Version, at: VirtualInstant) {
        let Some(edge) = self.layout.edge_index(node) else { return };
        self.propagation.apply(edge, key, version, at);
        let rolled_back = u64::from(version < previous);
        self.counted.applied.increment();
        self.counted.rolled_back.add(rolled_back);
        let counters = &mut self.counted.edges[edge as usize];
        counters.applied.increment();
        counters.rolled_back.add(rolled_back);
    }

    /// Compares a read with the versions committed at the instant it was served (EDGE-D01).
    fn served(&mut self, node: NodeId, key: Key, version: Version, at: VirtualInstant) {
        self.counted.reads_total.increment();
        self.count_at(node, |edge| edge.reads_total.increment());
        let latest = self.commits.latest(key);
        if version < latest {
            self.counted.stale_reads.increment();
            self.count_at(node, |edge| edge.stale_reads.increment());
            self.versions_behind.record(u64::from(latest - version));
            self.ages.record(at - self.commits.instant(key, version + 1));
        }
    }

    /// Compares a read with what its client has read (EDGE-D03) and written (EDGE-D02).
    fn observed(&mut self, read: ObservedRead, acked: Version) -> Verdict {
        self.counted.reads_observed.increment();
        let seen = &mut self.max_seen[read.client as usize * self.key_count as usize + read.key as usize];
        let max_seen = *seen;
        *seen = max_seen.max(read.version);
        if read.version < acked {
            self.counted.read_your_writes_violations.increment();
            self.counted.edges[read.edge as usize].read_your_writes_violations.increment();
            self.trace(ViolationKind::ReadYourWrites, read, acked);
        }
        if read.version >= max_seen {
            return Verdict::Holds;
        }
        let milliseconds = self.commits.gap(read.key, read.version, max_seen).as_millis() as u64;
        self.counted.monotonic_violations.increment();
        self.counted.inversion_distance.record(max_seen - read.version, milliseconds);
        self.counted.edges[read.edge as usize].monotonic_violations.increment();
        self.trace(ViolationKind::MonotonicReads, read, max_seen);
        // Only a violation changes these sums.
        verdict_of(self.counted.inversion_distance.imbalance(self.counted.monotonic_violations))
    }

    fn lagged(&mut self, router: NodeId, skipped: u64) -> Verdict {
        self.counted.source_lags.increment();
        self.counted.source_messages_skipped.add(skipped);
        if self.policy != LagPolicy::FailRun {
            return Verdict::Holds;
        }
        let capacity = self.capacity;
        let message =
            format!("source_lag_policy is FailRun, and {skipped} messages beyond the fan-out capacity of {capacity} were skipped");
        Verdict::violated([router], message)
    }

    /// Keeps the first violation of each kind.
    fn trace(&mut self, kind: ViolationKind, read: ObservedRead, expected: Version) {
        if self.counted.first_violations.iter().any(|first| first.kind == kind) {
            return;
        }
        self.counted.first_violations.push(ViolationTrace {
            kind,
            at_ns: read.at,
            client: read.client,
            operation: read.operation,
            edge: read.edge,
            key: read.key,
            expected,
            expected_committed_at_ns: self.commits.instant(read.key, expected),
            observed: read.version,
            observed_committed_at_ns: self.commits.instant(read.key, read.version),
        });
    }

    fn count_at(&mut self, node: NodeId, count: impl FnOnce(&mut EdgeMetrics)) {
        if let Some(edge) = self.layout.edge_index(node) {
            count(&mut self.counted.edges[edge as usize]);
        }
    }
}

fn verdict_of(imbalance: Option<String>) -> Verdict {
    imbalance.map_or(Verdict::Holds, |sentence| Verdict::violated([], sentence))
}

impl Invariant for Collector {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(fact) = change.fact::<EdgeFact>() {
            return self.fold(change.node(), *fact, world.now());
        }
        if let Change::Health(node, health, _) = change
            && let Some(edge) = self.layout.edge_index(*node)
        {
            match health {
                // A paused edge keeps its cache and still counts as live.
                Health::Up | Health::Paused => self.propagation.join(edge),
                _ => self.propagation.leave(edge, world.now()),
            }
        }
        Verdict::Holds
    }

    /// Served reads and writes.
    fn times_checked(&self) -> u64 {
        self.counted.reads_total.get().saturating_add(self.counted.writes_total.get())
    }

    fn finish(&mut self, _world: &World<'_>) -> Verdict {
        verdict_of(self.snapshot().imbalance())
    }

    fn measured(&self) -> Value {
        serde_json::to_value(self.snapshot()).expect("numbers can be written as JSON")
    }
}
