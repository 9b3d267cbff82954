//! The edge: a versioned cache that answers reads.

use std::sync::Arc;

use cluster_sim_node::{Boot, Effects, Input, Label, LocalInstant, Machine, NodeId};

use crate::bug::Bug;
use crate::config::{ApplyMode, Config, Layout};
use crate::fact::EdgeFact;
use crate::gaps::Gaps;
use crate::message::{EdgeMessage, Key, Version, label};

/// Holds a version of every key and answers reads from its cache at once (EDGE-07).
///
/// A crash empties the cache: every key is back at version 0.
#[derive(Debug)]
pub struct Edge {
    apply_mode: ApplyMode,
    bug: Option<Bug>,
    gaps: Gaps,
    view: EdgeView,
}

/// The view of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeView {
    /// The version of each key; 0 for keys never received.
    pub versions: Vec<Version>,
}

/// How a version-gated edge classifies a published version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// The version after the held one.
    InOrder,
    /// The held version or an older one.
    Old,
    /// A later version; those from `expected` on are missing.
    Gap { expected: Version },
}

impl Arrival {
    fn of(got: Version, held: Version) -> Self {
        match held + 1 {
            expected if got < expected => Self::Old,
            expected if got == expected => Self::InOrder,
            expected => Self::Gap { expected },
        }
    }
}

impl Edge {
    /// Creates an edge with an empty cache.
    pub fn boot(config: &Arc<Config>, _layout: Layout, _boot: &Boot) -> Self {
        Self {
            apply_mode: config.apply_mode,
            bug: config.bug,
            gaps: Gaps::new(config.bug),
            view: EdgeView { versions: vec![0; config.key_count as usize] },
        }
    }

    /// Handles a version forwarded by the router (EDGE-D16).
    ///
    /// At a gap a gated edge does not apply the version but asks the source for the key: several writes may be missing, and the
    /// answer covers all of them. If that answer is lost, the next gap asks again.
    fn publish(&mut self, key: Key, got: Version, effects: &mut Effects<EdgeMessage>) {
        let arrival = match self.apply_mode {
            ApplyMode::LastArrival => Arrival::InOrder,
            ApplyMode::VersionGated => Arrival::of(got, self.view.versions[key as usize]),
        };
        match arrival {
            Arrival::InOrder => self.store(key, got, effects),
            Arrival::Old => effects.view_unchanged(),
            Arrival::Gap { .. } if self.gaps.ignores(key) => effects.view_unchanged(),
            Arrival::Gap { expected } => {
                self.gaps.record(key, got);
                effects.emit(EdgeFact::Refetching { key, expected, got });
                effects.send(Layout::SOURCE, EdgeMessage::Refetch { key, got });
                effects.view_unchanged();
            }
        }
    }

    /// Applies a version that the source sent for one key.
    fn fill(&mut self, key: Key, version: Version, effects: &mut Effects<EdgeMessage>) {
        let key = self.gaps.filled(key);
        self.apply_fetched(key, version, self.bug == Some(Bug::FillOverwritesInvalidation), effects);
    }

    /// Applies the versions that the source holds of every key.
    fn apply_snapshot(&mut self, entries: &[(Key, Version)], effects: &mut Effects<EdgeMessage>) {
        for (position, (key, version)) in (0..).zip(entries) {
            let key = if self.bug == Some(Bug::SnapshotByPosition) { position } else { *key };
            self.apply_fetched(key, *version, self.bug == Some(Bug::SnapshotOverwrites), effects);
        }
    }

    /// Applies a version sent by the source: any version, or only newer ones if gated.
    fn apply_fetched(&mut self, key: Key, version: Version, is_forced: bool, effects: &mut Effects<EdgeMessage>) {
        self.gaps.fill(key);
        if is_forced || self.apply_mode == ApplyMode::LastArrival || version > self.view.versions[key as usize] {
            self.store(key, version, effects);
        }
    }

    fn store(&mut self, key: Key, version: Version, effects: &mut Effects<EdgeMessage>) {
        let held = &mut self.view.versions[key as usize];
        let previous = std::mem::replace(held, version);
        if version == previous {
            return;
        }
        if version < previous {
            tracing::debug!(key, version, previous, "rolled back");
        }
        effects.emit(EdgeFact::Applied { key, version, previous });
    }

    fn serve(&self, client: NodeId, operation: u64, key: Key, effects: &mut Effects<EdgeMessage>) {
        let version = self.gaps.served(key, self.view.versions[key as usize]);
        effects.emit(EdgeFact::Served { client, operation, key, version });
        effects.send(client, EdgeMessage::ReadReply { operation, key, version });
        effects.view_unchanged();
    }
}

impl Machine for Edge {
    type Message = EdgeMessage;
    type View = EdgeView;

    fn step(&mut self, _now: LocalInstant, input: Input<EdgeMessage>, effects: &mut Effects<EdgeMessage>) {
        let Input::Message { from, message } = input else { return effects.view_unchanged() };
        match message {
            EdgeMessage::Publish { key, version, .. } => self.publish(key, version, effects),
            EdgeMessage::ReadRequest { operation, key } => self.serve(from, operation, key, effects),
            EdgeMessage::Refetched { key, version, .. } => self.fill(key, version, effects),
            EdgeMessage::Resync { lag } => {
                effects.send(Layout::SOURCE, EdgeMessage::SnapshotRequest { lag });
                effects.view_unchanged();
            }
            EdgeMessage::Snapshot { lag, entries } => {
                self.apply_snapshot(&entries, effects);
                effects.emit(EdgeFact::Resynced { lag });
            }
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &EdgeView {
        &self.view
    }

    fn label(message: &EdgeMessage) -> Label {
        label(message)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::fixture::{Bench, LAYOUT, config, milliseconds};

    fn edge(apply_mode: ApplyMode) -> Bench<Edge> {
        Bench::new(LAYOUT.edge(0), Config { apply_mode, ..config() }, Edge::boot)
    }

    fn publish(bench: &mut Bench<Edge>, versions: &[Version]) {
        for version in versions {
            let message = EdgeMessage::Publish { key: 1, version: *version, committed_at_ns: 0 };
            bench.deliver(milliseconds(1), Layout::ROUTER, message);
        }
    }

    fn applied(version: Version, previous: Version) -> EdgeFact {
        EdgeFact::Applied { key: 1, version, previous }
    }

    #[test]
    fn edge_07_an_edge_holds_one_version_per_key() {
        let mut edge = edge(ApplyMode::LastArrival);
        publish(&mut edge, &[1, 2]);
        assert_eq!(edge.view().versions, [0, 2, 0, 0]);
        assert_eq!(edge.facts(), [applied(1, 0), applied(2, 1)]);
    }

    #[test]
    fn edge_07_a_read_is_answered_from_the_cache_at_once() {
        let mut edge = edge(ApplyMode::LastArrival);
        publish(&mut edge, &[3]);
        edge.clear();
        let client = LAYOUT.client(1);
        edge.deliver(milliseconds(2), client, EdgeMessage::ReadRequest { operation: 8, key: 1 });
        edge.deliver(milliseconds(2), client, EdgeMessage::ReadRequest { operation: 9, key: 0 });
        assert_eq!(
            edge.sent(),
            [
                (client, EdgeMessage::ReadReply { operation: 8, key: 1, version: 3 }),
                (client, EdgeMessage::ReadReply { operation: 9, key: 0, version: 0 }),
            ]
        );
        assert_eq!(
            edge.facts(),
            [
                EdgeFact::Served { client, operation: 8, key: 1, version: 3 },
                EdgeFact::Served { client, operation: 9, key: 0, version: 0 },
            ]
        );
    }

    #[test]
    fn edge_d16_last_arrival_rolls_back_to_an_older_version() {
        let mut edge = edge(ApplyMode::LastArrival);
        publish(&mut edge, &[1, 3, 2]);
        assert_eq!(edge.facts(), [applied(1, 0), applied(3, 1), applied(2, 3)]);
        assert!(edge.sent().is_empty());
    }

    #[test]
    fn an_unchanged_entry_reports_no_fact() {
        for mode in [ApplyMode::LastArrival, ApplyMode::VersionGated] {
            let mut edge = edge(mode);
            publish(&mut edge, &[1, 1]);
            assert_eq!(edge.facts(), [applied(1, 0)], "{mode:?}");
        }
    }

    #[rstest]
    #[case::next(4, 3, Arrival::InOrder)]
    #[case::first(1, 0, Arrival::InOrder)]
    #[case::held(3, 3, Arrival::Old)]
    #[case::older(1, 3, Arrival::Old)]
    #[case::one_missed(5, 3, Arrival::Gap { expected: 4 })]
    #[case::many_missed(9, 0, Arrival::Gap { expected: 1 })]
    fn edge_d16_version_gated_distinguishes_old_next_and_gap(
        #[case] got: Version,
        #[case] held: Version,
        #[case] arrival: Arrival,
    ) {
        assert_eq!(Arrival::of(got, held), arrival);
    }

    #[test]
    fn edge_d16_version_gated_drops_old_versions() {
        let mut edge = edge(ApplyMode::VersionGated);
        publish(&mut edge, &[1, 2, 1]);
        assert_eq!(edge.facts(), [applied(1, 0), applied(2, 1)]);
        assert!(edge.sent().is_empty());
    }

    #[test]
    fn edge_d16_version_gated_refetches_at_a_gap_and_applies_newer_versions() {
        let mut edge = edge(ApplyMode::VersionGated);
        publish(&mut edge, &[1, 4]);
        assert_eq!(edge.view().versions[1], 1);
        assert_eq!(edge.sent(), [(Layout::SOURCE, EdgeMessage::Refetch { key: 1, got: 4 })]);
        assert_eq!(edge.facts(), [applied(1, 0), EdgeFact::Refetching { key: 1, expected: 2, got: 4 }]);
        edge.clear();
        edge.deliver(milliseconds(9), Layout::SOURCE, EdgeMessage::Refetched { key: 1, got: 4, version: 5 });
        edge.deliver(milliseconds(9), Layout::SOURCE, EdgeMessage::Refetched { key: 1, got: 4, version: 4 });
        assert_eq!(edge.facts(), [applied(5, 1)]);
    }

    #[test]
    fn edge_d12_a_resync_fetches_and_applies_a_snapshot() {
        for (mode, expected) in [(ApplyMode::LastArrival, [0, 2, 6, 0]), (ApplyMode::VersionGated, [0, 3, 6, 0])] {
            let mut edge = edge(mode);
            publish(&mut edge, &[1, 2, 3]);
            edge.clear();
            edge.deliver(milliseconds(5), Layout::ROUTER, EdgeMessage::Resync { lag: 2 });
            assert_eq!(edge.sent(), [(Layout::SOURCE, EdgeMessage::SnapshotRequest { lag: 2 })]);
            let entries = [(1, 2), (2, 6)].into();
            edge.deliver(milliseconds(6), Layout::SOURCE, EdgeMessage::Snapshot { lag: 2, entries });
            assert_eq!(edge.view().versions, expected, "{mode:?}");
            assert_eq!(edge.facts().last(), Some(&EdgeFact::Resynced { lag: 2 }), "{mode:?}");
        }
    }
}
