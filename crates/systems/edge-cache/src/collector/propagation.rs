//! The time until a write reaches every edge.

use std::collections::VecDeque;

use cluster_sim_invariants::VirtualInstant;
use cluster_sim_metrics::Histogram;

use crate::message::{Key, Version};
use crate::snapshot::TimeToConsistency;

/// Tracks each write from its commit until it is consistent (EDGE-D08).
///
/// A write is consistent once every live edge holds it or a later version, all at one instant.
///
/// An edge that is rolled back, or restarts with an empty cache, is waited for again; one that is down or killed is not. While no
/// edge is live no write is consistent. A write that became consistent stays so.
#[derive(Debug)]
pub(super) struct Propagation {
    edges: usize,
    live: Vec<bool>,
    live_count: u32,
    /// The version held by each edge, all edges of a key side by side because a broadcast touches those.
    held: Vec<Version>,
    /// The pending writes by key.
    pending: Vec<Pending>,
    unresolved: u64,
    durations: Histogram,
}

/// The writes of one key that some live edge lacks, in order of version and without gaps.
///
/// There are no gaps because an edge that holds a version counts as holding all before it, so no write completes before an older
/// one.
#[derive(Debug, Clone)]
struct Pending {
    /// The version of the first pending write, or of the next commit.
    first: Version,
    writes: VecDeque<PendingWrite>,
}

#[derive(Debug, Clone, Copy)]
struct PendingWrite {
    committed_at: VirtualInstant,
    /// The number of live edges that hold a lower version.
    missing: u32,
}

impl Pending {
    /// Iterates over the pending writes that an edge at `higher` has and an edge at `lower` lacks.
    fn between(&mut self, lower: Version, higher: Version) -> impl Iterator<Item = &mut PendingWrite> {
        let end = self.first + self.writes.len() as Version;
        let from = (lower + 1).clamp(self.first, end) - self.first;
        let to = (higher + 1).clamp(self.first, end) - self.first;
        self.writes.range_mut(from as usize..to.max(from) as usize)
    }
}

impl Propagation {
    /// Starts with all edges live and all caches empty.
    pub(super) fn new(edges: u32, key_count: u32) -> Self {
        Self {
            edges: edges as usize,
            live: vec![true; edges as usize],
            live_count: edges,
            held: vec![0; edges as usize * key_count as usize],
            pending: vec![Pending { first: 1, writes: VecDeque::new() }; key_count as usize],
            unresolved: 0,
            durations: Histogram::new(),
        }
    }

    /// Records the commit of the next version of a key.
    pub(super) fn commit(&mut self, key: Key, now: VirtualInstant) {
        self.pending[key as usize].writes.push_back(PendingWrite { committed_at: now, missing: self.live_count });
        self.unresolved += 1;
    }

    /// Records that a live edge now holds `version` of a key.
    pub(super) fn apply(&mut self, edge: u32, key: Key, version: Version, now: VirtualInstant) {
        let held = &mut self.held[key as usize * self.edges + edge as usize];
        let previous = std::mem::replace(held, version);
        let pending = &mut self.pending[key as usize];
        if version > previous {
            pending.between(previous, version).for_each(|write| write.missing -= 1);
            self.complete_writes(key, now);
        } else {
            pending.between(version, previous).for_each(|write| write.missing += 1);
        }
    }

    /// Records that an edge went down or was killed.
    pub(super) fn leave(&mut self, edge: u32, now: VirtualInstant) {
        if !std::mem::replace(&mut self.live[edge as usize], false) {
            return;
        }
        self.live_count -= 1;
        for key in 0..self.pending.len() {
            // The edge's cache is lost.
            let held = std::mem::take(&mut self.held[key * self.edges + edge as usize]);
            self.pending[key].between(held, Version::MAX - 1).for_each(|write| write.missing -= 1);
            self.complete_writes(key as Key, now);
        }
    }

    /// Records that an edge is up, with an empty cache if it was not live.
    pub(super) fn join(&mut self, edge: u32) {
        if std::mem::replace(&mut self.live[edge as usize], true) {
            return;
        }
        self.live_count += 1;
        self.pending.iter_mut().flat_map(|pending| &mut pending.writes).for_each(|write| write.missing += 1);
    }

    /// Returns the measurements so far.
    pub(super) fn measured(&self) -> TimeToConsistency {
        TimeToConsistency::of(&self.durations, self.unresolved)
    }

    /// Completes the writes that every live edge holds.
    fn complete_writes(&mut self, key: Key, now: VirtualInstant) {
        let pending = &mut self.pending[key as usize];
        while let Some(write) = pending.writes.front().copied()
            && write.missing == 0
            && self.live_count > 0
        {
            pending.writes.pop_front();
            pending.first += 1;
            self.unresolved -= 1;
            self.durations.record(now - write.committed_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(milliseconds: u64) -> VirtualInstant {
        VirtualInstant::ZERO + Duration::from_millis(milliseconds)
    }

    /// Two edges and one key, whose version 1 was committed at 10 ms.
    fn committed() -> Propagation {
        let mut propagation = Propagation::new(2, 1);
        propagation.commit(0, at(10));
        propagation
    }

    fn outcome(propagation: &Propagation) -> (u64, u64, f64) {
        let measured = propagation.measured();
        (measured.samples, measured.unresolved, measured.max_ms)
    }

    #[test]
    fn edge_21_a_write_is_consistent_when_the_last_edge_holds_it() {
        let mut propagation = committed();
        propagation.apply(0, 0, 1, at(20));
        assert_eq!(outcome(&propagation), (0, 1, 0.0));
        propagation.apply(1, 0, 1, at(60));
        assert_eq!(outcome(&propagation), (1, 0, 50.0));
    }

    #[test]
    fn edge_d08_a_later_version_completes_an_earlier_write() {
        let mut propagation = committed();
        propagation.apply(0, 0, 1, at(20));
        propagation.commit(0, at(30));
        propagation.apply(1, 0, 2, at(40));
        assert_eq!(outcome(&propagation), (1, 1, 30.0));
        propagation.apply(0, 0, 2, at(50));
        let measured = propagation.measured();
        assert_eq!((measured.samples, measured.min_ms, measured.max_ms, measured.mean_ms), (2, 20.0, 30.0, 25.0));
    }

    #[test]
    fn edge_d08_a_rolled_back_edge_is_waited_for_again() {
        let mut propagation = committed();
        propagation.commit(0, at(10));
        propagation.apply(0, 0, 2, at(20));
        propagation.apply(0, 0, 1, at(25));
        propagation.apply(1, 0, 2, at(30));
        assert_eq!(outcome(&propagation), (1, 1, 20.0));
        propagation.apply(0, 0, 2, at(90));
        assert_eq!(outcome(&propagation), (2, 0, 80.0));
    }

    #[test]
    fn edge_d08_a_later_rollback_does_not_reopen_a_completed_write() {
        let mut propagation = committed();
        propagation.apply(0, 0, 1, at(20));
        propagation.apply(1, 0, 1, at(20));
        propagation.apply(1, 0, 0, at(30));
        propagation.commit(0, at(40));
        propagation.apply(0, 0, 2, at(50));
        propagation.apply(1, 0, 2, at(60));
        assert_eq!(outcome(&propagation), (2, 0, 20.0));
    }

    #[test]
    fn edge_d08_an_edge_that_is_down_is_not_waited_for() {
        let mut propagation = committed();
        propagation.apply(0, 0, 1, at(20));
        propagation.leave(1, at(70));
        propagation.leave(1, at(71));
        assert_eq!(outcome(&propagation), (1, 0, 60.0));
        propagation.commit(0, at(80));
        propagation.apply(0, 0, 2, at(85));
        assert_eq!(outcome(&propagation), (2, 0, 60.0));
    }

    #[test]
    fn edge_d08_a_restarted_edge_is_waited_for() {
        let mut propagation = committed();
        propagation.apply(1, 0, 1, at(15));
        propagation.leave(1, at(20));
        propagation.join(1);
        propagation.join(1);
        propagation.apply(0, 0, 1, at(30));
        assert_eq!(outcome(&propagation), (0, 1, 0.0));
        propagation.apply(1, 0, 1, at(40));
        assert_eq!(outcome(&propagation), (1, 0, 30.0));
    }

    #[test]
    fn edge_d08_without_a_live_edge_no_write_is_consistent() {
        let mut propagation = committed();
        propagation.leave(0, at(20));
        propagation.leave(1, at(20));
        propagation.commit(0, at(30));
        assert_eq!(outcome(&propagation), (0, 2, 0.0));
    }

    #[test]
    fn edge_d08_counts_match_a_full_scan_after_every_step() {
        const EDGES: u32 = 4;
        let entropy = cluster_sim_node::Entropy::from_key(7);
        let mut propagation = Propagation::new(EDGES, 1);
        let mut held = [Some(0); EDGES as usize];
        let mut pending: Vec<(Version, u64)> = Vec::new();
        let (mut latest, mut expected) = (0, Vec::new());
        for step in 0..20_000 {
            let edge = entropy.roll("edge", step).below(u64::from(EDGES)) as u32;
            let current = &mut held[edge as usize];
            match (entropy.roll("what", step).below(100), *current) {
                (0..20, _) => {
                    latest += 1;
                    pending.push((latest, step));
                    propagation.commit(0, at(step));
                }
                (20..22, _) => {
                    *current = None;
                    propagation.leave(edge, at(step));
                }
                (22..30, None) => {
                    *current = Some(0);
                    propagation.join(edge);
                }
                (30.., Some(previous)) => {
                    let behind = entropy.roll("version", step).below(4) as Version;
                    let version = latest.saturating_sub(behind);
                    if version != previous {
                        *current = Some(version);
                        propagation.apply(edge, 0, version, at(step));
                    }
                }
                _ => {}
            }
            let lowest = held.iter().flatten().min().copied().unwrap_or(0);
            pending.retain(|(version, committed)| {
                let done = *version <= lowest;
                expected.extend(done.then(|| step - committed));
                !done
            });
            assert_eq!(propagation.durations.len(), expected.len() as u64, "step {step}");
            assert_eq!(propagation.unresolved, pending.len() as u64, "step {step}");
        }
        let total: u64 = expected.iter().sum();
        assert_eq!(propagation.durations.mean(), Some(Duration::from_nanos(total * 1_000_000 / expected.len() as u64)));
        assert!(expected.len() > 1_000);
    }
}
