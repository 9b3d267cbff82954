//! One edge with its cache.

use std::collections::BTreeSet;
use std::sync::Arc;

use cluster_sim_node::{Effects, Input, Label, LocalInstant, Machine, NodeId, NodeInfo};

use crate::bug::Bug;
use crate::config::{ApplyMode, Config, Layout};
use crate::fact::EdgeFact;
use crate::message::{EdgeMessage, Key, Version, label};

/// Holds a version of every key and answers reads from it at once (EDGE-07).
///
/// A crash empties its cache: every key is back at version 0.
#[derive(Debug)]
pub struct Edge {
    apply_mode: ApplyMode,
    bug: Option<Bug>,
    /// Keys that it asked the source for, where it is broken.
    refetching: BTreeSet<Key>,
    view: EdgeView,
}

/// What checks see of an edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeView {
    /// The version it holds of each key; 0 for one it never heard of.
    pub versions: Vec<Version>,
}

/// What a version-gated edge makes of a published version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// Exactly the next one.
    InOrder,
    /// Held already, or older.
    Old,
    /// Others should have come before it.
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
    /// An edge with an empty cache; which seat it has does not matter.
    pub fn boot(config: &Arc<Config>, _layout: Layout, _seat: &NodeInfo) -> Self {
        Self {
            apply_mode: config.apply_mode,
            bug: config.bug,
            refetching: BTreeSet::new(),
            view: EdgeView { versions: vec![0; config.key_count as usize] },
        }
    }

    /// Takes what the router forwarded (EDGE-D16). At a gap a gated edge takes nothing and asks the source instead: what it
    /// missed may be more than one write, and the answer covers them all. Lost answers are made up for at the next gap.
    fn publish(&mut self, key: Key, got: Version, effects: &mut Effects<EdgeMessage>) {
        let arrival = match self.apply_mode {
            ApplyMode::LastArrival => Arrival::InOrder,
            ApplyMode::VersionGated => Arrival::of(got, self.view.versions[key as usize]),
        };
        match arrival {
            Arrival::InOrder => self.hold(key, got, effects),
            Arrival::Old => effects.view_unchanged(),
            Arrival::Gap { .. } if self.bug == Some(Bug::RefetchesOnce) && self.refetching.contains(&key) => {
                effects.view_unchanged()
            }
            Arrival::Gap { expected } => {
                if self.bug == Some(Bug::RefetchesOnce) {
                    self.refetching.insert(key);
                }
                effects.emit(EdgeFact::Refetching { key, expected, got });
                effects.send(Layout::SOURCE, EdgeMessage::Refetch { key, got });
                effects.view_unchanged();
            }
        }
    }

    /// Takes what the source answered: whatever it is, or only what is newer.
    fn take_over(&mut self, key: Key, version: Version, effects: &mut Effects<EdgeMessage>) {
        self.refetching.remove(&key);
        let takes_anything = self.apply_mode == ApplyMode::LastArrival || self.bug == Some(Bug::FillOverwritesInvalidation);
        if takes_anything || version > self.view.versions[key as usize] {
            self.hold(key, version, effects);
        }
    }

    fn hold(&mut self, key: Key, version: Version, effects: &mut Effects<EdgeMessage>) {
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
        let version = self.view.versions[key as usize];
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
            EdgeMessage::Refetched { key, version, .. } => self.take_over(key, version, effects),
            EdgeMessage::Resync { lag } => {
                effects.send(Layout::SOURCE, EdgeMessage::SnapshotRequest { lag });
                effects.view_unchanged();
            }
            EdgeMessage::Snapshot { lag, entries } => {
                entries.iter().for_each(|(key, version)| self.take_over(*key, *version, effects));
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
    use crate::testing::{Bench, LAYOUT, config, milliseconds};

    fn edge(apply_mode: ApplyMode) -> Bench<Edge> {
        Bench::new(LAYOUT.edge(0), Config { apply_mode, ..config() }, Edge::boot)
    }

    fn publish(bench: &mut Bench<Edge>, versions: &[Version]) {
        for version in versions {
            let message = EdgeMessage::Publish { key: 1, version: *version, committed_at_ns: 0 };
            bench.hear(milliseconds(1), Layout::ROUTER, message);
        }
    }

    fn applied(version: Version, previous: Version) -> EdgeFact {
        EdgeFact::Applied { key: 1, version, previous }
    }

    #[test]
    fn edge_07_an_edge_holds_a_version_of_its_own_for_each_key() {
        let mut edge = edge(ApplyMode::LastArrival);
        publish(&mut edge, &[1, 2]);
        assert_eq!(edge.view().versions, [0, 2, 0, 0]);
        assert_eq!(edge.facts(), [applied(1, 0), applied(2, 1)]);
    }

    #[test]
    fn edge_07_a_read_is_answered_at_once_from_the_cache() {
        let mut edge = edge(ApplyMode::LastArrival);
        publish(&mut edge, &[3]);
        edge.forget();
        let client = LAYOUT.client(1);
        edge.hear(milliseconds(2), client, EdgeMessage::ReadRequest { operation: 8, key: 1 });
        edge.hear(milliseconds(2), client, EdgeMessage::ReadRequest { operation: 9, key: 0 });
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
    fn edge_d16_last_arrival_rolls_back_to_whatever_comes() {
        let mut edge = edge(ApplyMode::LastArrival);
        publish(&mut edge, &[1, 3, 2]);
        assert_eq!(edge.facts(), [applied(1, 0), applied(3, 1), applied(2, 3)]);
        assert!(edge.sent().is_empty());
    }

    #[test]
    fn an_entry_that_stays_what_it_is_states_nothing() {
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
    fn edge_d16_version_gated_knows_old_next_and_gap(#[case] got: Version, #[case] held: Version, #[case] arrival: Arrival) {
        assert_eq!(Arrival::of(got, held), arrival);
    }

    #[test]
    fn edge_d16_version_gated_drops_what_is_old() {
        let mut edge = edge(ApplyMode::VersionGated);
        publish(&mut edge, &[1, 2, 1]);
        assert_eq!(edge.facts(), [applied(1, 0), applied(2, 1)]);
        assert!(edge.sent().is_empty());
    }

    #[test]
    fn edge_d16_version_gated_refetches_at_a_gap_and_takes_what_is_newer() {
        let mut edge = edge(ApplyMode::VersionGated);
        publish(&mut edge, &[1, 4]);
        assert_eq!(edge.view().versions[1], 1);
        assert_eq!(edge.sent(), [(Layout::SOURCE, EdgeMessage::Refetch { key: 1, got: 4 })]);
        assert_eq!(edge.facts(), [applied(1, 0), EdgeFact::Refetching { key: 1, expected: 2, got: 4 }]);
        edge.forget();
        edge.hear(milliseconds(9), Layout::SOURCE, EdgeMessage::Refetched { key: 1, got: 4, version: 5 });
        edge.hear(milliseconds(9), Layout::SOURCE, EdgeMessage::Refetched { key: 1, got: 4, version: 4 });
        assert_eq!(edge.facts(), [applied(5, 1)]);
    }

    #[test]
    fn edge_d12_a_resync_fetches_a_snapshot_and_takes_it_over() {
        for (mode, expected) in [(ApplyMode::LastArrival, [0, 2, 6, 0]), (ApplyMode::VersionGated, [0, 3, 6, 0])] {
            let mut edge = edge(mode);
            publish(&mut edge, &[1, 2, 3]);
            edge.forget();
            edge.hear(milliseconds(5), Layout::ROUTER, EdgeMessage::Resync { lag: 2 });
            assert_eq!(edge.sent(), [(Layout::SOURCE, EdgeMessage::SnapshotRequest { lag: 2 })]);
            let entries = [(1, 2), (2, 6)].into();
            edge.hear(milliseconds(6), Layout::SOURCE, EdgeMessage::Snapshot { lag: 2, entries });
            assert_eq!(edge.view().versions, expected, "{mode:?}");
            assert_eq!(edge.facts().last(), Some(&EdgeFact::Resynced { lag: 2 }), "{mode:?}");
        }
    }
}
