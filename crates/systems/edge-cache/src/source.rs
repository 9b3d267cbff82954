//! The source: commits and publishes all writes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Boot, Effects, Input, Label, LocalInstant, Machine, NodeId, Timer};

use crate::bug::Bug;
use crate::config::{Config, Layout};
use crate::fact::EdgeFact;
use crate::message::{CacheOperation, EdgeMessage, Key, Version, label};
use crate::pace::MutationSchedule;

/// The next write of the source itself.
const MUTATION: Timer = Timer(0);

/// Commits versioned writes and publishes them to the router (EDGE-02).
///
/// It makes writes of its own at the configured rates, and those that clients request.
///
/// Its log is in memory and starts with the run, so the source must not crash: versions would restart at 1. A write request that
/// the network duplicates is committed twice.
#[derive(Debug)]
pub struct Source {
    config: Arc<Config>,
    schedule: MutationSchedule,
    /// The number of its own writes so far.
    mutations: u64,
    /// The committed writes of each client, for [`Bug::AcknowledgesEarlierLife`].
    written: BTreeMap<(NodeId, CacheOperation), (Key, Version)>,
    /// The instant of the last commit of each key that counted for a planted bug.
    recent: BTreeMap<Key, Duration>,
    view: SourceView,
}

/// The time of two quick commits, for [`Bug::SkipsQuickPublishes`] and [`Bug::CoalescesWrites`].
const QUICK: Duration = Duration::from_millis(20);

/// The view of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// The latest version of each key.
    pub versions: Vec<Version>,
}

impl Source {
    /// Creates the source of an edge cache.
    pub fn boot(config: &Arc<Config>, _layout: Layout, _boot: &Boot) -> Self {
        Self {
            config: Arc::clone(config),
            schedule: MutationSchedule::new(config),
            mutations: 0,
            written: BTreeMap::new(),
            recent: BTreeMap::new(),
            view: SourceView { versions: vec![0; config.key_count as usize] },
        }
    }

    /// Commits all of its own writes that are due, and sets the timer of the next.
    fn mutate(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        while let Some(due) = self.schedule.due() {
            if due > now {
                effects.set_timer(MUTATION, due - now);
                return;
            }
            let key = self.config.key(effects.roll("mutation-key", self.mutations));
            self.commit(key, now, effects);
            self.mutations += 1;
            self.schedule.advance();
        }
    }

    fn commit(&mut self, key: Key, now: Duration, effects: &mut Effects<EdgeMessage>) -> Version {
        let latest = &mut self.view.versions[key as usize];
        *latest += 1;
        let version = *latest;
        tracing::debug!(key, version, "committed");
        effects.emit(EdgeFact::Committed { key, version });
        if self.config.bug == Some(Bug::SkipsQuickPublishes) && self.is_quick(key, now) {
            return version;
        }
        let committed_at_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        effects.send(Layout::ROUTER, EdgeMessage::Publish { key, version, committed_at_ns });
        version
    }

    /// Returns whether the key was committed a short time ago, and remembers this instant.
    fn is_quick(&mut self, key: Key, now: Duration) -> bool {
        self.recent.insert(key, now).is_some_and(|before| now - before < QUICK)
    }

    /// Commits a write of a client; returns its key and version.
    fn write(
        &mut self,
        client: NodeId,
        operation: CacheOperation,
        key: Key,
        now: Duration,
        effects: &mut Effects<EdgeMessage>,
    ) -> (Key, Version) {
        if let Some(written) = self.written.get(&(client, operation)) {
            return *written;
        }
        if self.config.bug == Some(Bug::CoalescesWrites) && self.is_quick(key, now) {
            return (key, self.view.versions[key as usize]);
        }
        let version = self.commit(key, now, effects);
        if self.config.bug == Some(Bug::AcknowledgesEarlierLife) {
            self.written.insert((client, operation), (key, version));
        }
        (key, version)
    }

    fn on_message(&mut self, from: NodeId, message: EdgeMessage, now: Duration, effects: &mut Effects<EdgeMessage>) {
        match message {
            EdgeMessage::WriteRequest { operation, key } => {
                let (key, version) = self.write(from, operation, key, now, effects);
                effects.send(from, EdgeMessage::WriteAck { operation, key, version });
            }
            EdgeMessage::Refetch { key, got } => {
                effects.send(from, EdgeMessage::Refetched { key, got, version: self.view.versions[key as usize] });
                effects.view_unchanged();
            }
            EdgeMessage::SnapshotRequest { lag } => {
                effects.send(from, EdgeMessage::Snapshot { lag, entries: self.view.entries() });
                effects.view_unchanged();
            }
            _ => effects.view_unchanged(),
        }
    }
}

impl SourceView {
    /// Lists the keys that were ever written, with their latest versions.
    fn entries(&self) -> Arc<[(Key, Version)]> {
        (0..).zip(&self.versions).filter(|(_, version)| **version > 0).map(|(key, version)| (key, *version)).collect()
    }
}

impl Machine for Source {
    type Message = EdgeMessage;
    type View = SourceView;

    fn step(&mut self, now: LocalInstant, input: Input<EdgeMessage>, effects: &mut Effects<EdgeMessage>) {
        let now = now.since_zero();
        match input {
            Input::Message { from, message } => self.on_message(from, message, now, effects),
            Input::Start | Input::Timer(MUTATION) => self.mutate(now, effects),
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &SourceView {
        &self.view
    }

    fn label(message: &EdgeMessage) -> Label {
        label(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RateChange;
    use crate::fixture::{Bench, LAYOUT, config, milliseconds};

    fn source(config: Config) -> Bench<Source> {
        Bench::new(Layout::SOURCE, config, Source::boot)
    }

    fn publish(key: Key, version: Version, committed_at: Duration) -> (NodeId, EdgeMessage) {
        (Layout::ROUTER, EdgeMessage::Publish { key, version, committed_at_ns: committed_at.as_nanos() as u64 })
    }

    #[test]
    fn edge_02_the_source_publishes_consecutive_versions_at_its_rate() {
        let mut source = source(Config { key_count: 1, mutation_rate_per_sec: 10.0, ..config() });
        source.run_until(milliseconds(350));
        assert_eq!(
            source.sent(),
            [publish(0, 1, milliseconds(100)), publish(0, 2, milliseconds(200)), publish(0, 3, milliseconds(300))]
        );
        assert_eq!(source.facts(), [1, 2, 3].map(|version| EdgeFact::Committed { key: 0, version }));
        assert_eq!(source.view().versions, [3]);
    }

    #[test]
    fn edge_02_a_rate_of_zero_publishes_nothing() {
        let mut source = source(config());
        source.run_until(Duration::from_secs(100));
        assert!(source.sent().is_empty() && source.facts().is_empty());
    }

    #[test]
    fn edge_36_a_rate_change_shifts_no_key() {
        let keys = |rate_changes| {
            let mut source = source(Config { key_count: 1000, mutation_rate_per_sec: 10.0, rate_changes, ..config() });
            source.run_until(Duration::from_secs(2));
            source.facts()
        };
        let steady = keys(vec![]);
        let faster = keys(vec![RateChange { at: Duration::from_secs(1), rate_per_sec: 50.0 }]);
        assert_eq!((steady.len(), faster.len()), (20, 60));
        assert_eq!(steady, faster[..20]);
    }

    #[test]
    fn edge_08_a_client_write_is_committed_and_acknowledged_with_its_version() {
        let mut source = source(config());
        let client = LAYOUT.client(1);
        source.deliver(milliseconds(5), client, EdgeMessage::WriteRequest { operation: 3, key: 2 });
        source.deliver(milliseconds(6), client, EdgeMessage::WriteRequest { operation: 4, key: 2 });
        assert_eq!(source.facts(), [1, 2].map(|version| EdgeFact::Committed { key: 2, version }));
        assert_eq!(
            source.sent(),
            [
                publish(2, 1, milliseconds(5)),
                (client, EdgeMessage::WriteAck { operation: 3, key: 2, version: 1 }),
                publish(2, 2, milliseconds(6)),
                (client, EdgeMessage::WriteAck { operation: 4, key: 2, version: 2 }),
            ]
        );
    }

    #[test]
    fn a_client_write_shifts_no_key_of_the_source() {
        let keys = |disturbed: bool| {
            let mut source = source(Config { key_count: 1000, mutation_rate_per_sec: 10.0, ..config() });
            if disturbed {
                source.deliver(milliseconds(1), LAYOUT.client(0), EdgeMessage::WriteRequest { operation: 0, key: 999 });
            }
            source.run_until(Duration::from_secs(2));
            source.facts().split_off(usize::from(disturbed))
        };
        assert_eq!(keys(false), keys(true));
    }

    #[test]
    fn edge_d12_edges_get_the_versions_they_missed() {
        let mut source = source(config());
        let edge = LAYOUT.edge(1);
        for key in [1, 3, 3] {
            source.deliver(milliseconds(1), LAYOUT.client(0), EdgeMessage::WriteRequest { operation: 0, key });
        }
        source.clear();
        source.deliver(milliseconds(2), edge, EdgeMessage::Refetch { key: 3, got: 9 });
        source.deliver(milliseconds(2), edge, EdgeMessage::SnapshotRequest { lag: 4 });
        assert_eq!(
            source.sent(),
            [
                (edge, EdgeMessage::Refetched { key: 3, got: 9, version: 2 }),
                (edge, EdgeMessage::Snapshot { lag: 4, entries: [(1, 1), (3, 2)].into() }),
            ]
        );
        assert!(source.facts().is_empty());
    }
}
