//! The rules of a client's session: monotonic reads and read-your-writes.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, VirtualInstant, World};

use super::ended_life;
use crate::fact::EdgeFact;
use crate::message::{CacheOperation, Key, Version};
use crate::roamer::ClientView;

/// A client never reads an older version of a key than it has read in this life, at any edge (E7, H8).
///
/// Right if [sessions are guarded](crate::Config::guards_sessions).
#[derive(Debug, Default)]
pub struct MonotonicReads {
    seen: BTreeMap<(NodeId, Key), (NodeId, Version)>,
    times_checked: u64,
}

impl Invariant for MonotonicReads {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(client) = ended_life(change) {
            self.seen.retain(|(reader, _), _| *reader != client);
        }
        let Some(EdgeFact::Observed { edge, key, version, .. }) = change.fact() else { return Verdict::Holds };
        let client = change.node();
        let Some((before, seen)) = self.seen.insert((client, *key), (*edge, *version)) else { return Verdict::Holds };
        self.times_checked += 1;
        if *version >= seen {
            return Verdict::Holds;
        }
        let [name, before_name, edge_name] = [client, before, *edge].map(|node| world.name(node));
        let message =
            format!("{name} read version {seen} of key {key} at {before_name}, and then version {version} at {edge_name}");
        Verdict::violated([client, before, *edge], message)
    }

    /// Reads of keys that the client had read before.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}

/// A client never reads an older version than one of its acknowledged writes of the key (H8).
///
/// Only writes of this life count, and only those acknowledged before the read.
///
/// A write acknowledged during a read is concurrent with it, and the read may return either version. Right if
/// [sessions are guarded](crate::Config::guards_sessions).
#[derive(Debug, Default)]
pub struct ReadYourWrites {
    acked: BTreeMap<(NodeId, Key), Acked>,
    /// The read in progress of each client, and the acknowledged version of its key when it started.
    asked: BTreeMap<NodeId, (CacheOperation, Version)>,
    times_checked: u64,
}

/// The acknowledged writes of a client to one key.
#[derive(Debug, Clone, Copy, Default)]
struct Acked {
    /// The highest version, and the instant it was acknowledged.
    version: Version,
    at: VirtualInstant,
    /// The highest version before that instant.
    before: Version,
}

impl Acked {
    fn record(&mut self, version: Version, now: VirtualInstant) {
        if now > self.at {
            (self.before, self.at) = (self.version, now);
        }
        self.version = self.version.max(version);
    }

    /// Returns the version acknowledged before a read that started at `now`.
    ///
    /// An acknowledgement at that very instant may have come after.
    fn before_read(self, now: VirtualInstant) -> Version {
        if now > self.at { self.version } else { self.before }
    }
}

impl ReadYourWrites {
    /// Records a read that a client started.
    fn on_change(&mut self, client: NodeId, world: &World<'_>) {
        let reading = world.view::<ClientView>(client).and_then(|view| view.reading);
        if let Some(read) = reading
            && self.asked.get(&client).is_none_or(|(operation, _)| *operation != read.operation)
        {
            let acked = self.acked.get(&(client, read.key)).map_or(0, |acked| acked.before_read(world.now()));
            self.asked.insert(client, (read.operation, acked));
        }
    }

    fn check(&mut self, client: NodeId, read: (CacheOperation, NodeId, Key, Version), world: &World<'_>) -> Verdict {
        let (operation, edge, key, version) = read;
        let acked = self.asked.get(&client).filter(|(asked, _)| *asked == operation).map_or(0, |(_, acked)| *acked);
        self.times_checked += u64::from(acked > 0);
        if version >= acked {
            return Verdict::Holds;
        }
        let [name, edge_name] = [client, edge].map(|node| world.name(node));
        let message = format!(
            "{name} got its write acknowledged as version {acked} of key {key}, and then read version {version} at {edge_name}"
        );
        Verdict::violated([client, edge], message)
    }
}

impl Invariant for ReadYourWrites {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(client) = ended_life(change) {
            self.acked.retain(|(writer, _), _| *writer != client);
            self.asked.remove(&client);
        }
        match change.fact() {
            Some(EdgeFact::WriteAcked { key, version, .. }) => {
                self.acked.entry((change.node(), *key)).or_default().record(*version, world.now());
            }
            Some(EdgeFact::Observed { operation, edge, key, version, .. }) => {
                return self.check(change.node(), (*operation, *edge, *key, *version), world);
            }
            Some(_) => {}
            None => self.on_change(change.node(), world),
        }
        Verdict::Holds
    }

    /// Reads of keys that the client had written.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
