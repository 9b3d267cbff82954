//! The rules of a client's session: never less than it saw, never less than it wrote.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, VirtualInstant, World};

use super::ended_life;
use crate::fact::EdgeFact;
use crate::message::{Key, Operation, Version};
use crate::roamer::ClientView;

/// A client never reads an older version of a key than it read before in this life, at whichever edge (E7, H8).
///
/// Right where [sessions are guarded](crate::Config::guards_sessions).
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

    /// Reads of a key that the client had read before.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}

/// A client never reads an older version of a key than a write of its own had become, in this life, as it was told before it asked (H8).
///
/// A write that is acknowledged while a read is under way runs beside it, and the read may show either. Right where
/// [sessions are guarded](crate::Config::guards_sessions).
#[derive(Debug, Default)]
pub struct ReadYourWrites {
    acked: BTreeMap<(NodeId, Key), Acked>,
    /// The read under way of each client, and what had been acknowledged of its key when it was asked.
    asked: BTreeMap<NodeId, (Operation, Version)>,
    times_checked: u64,
}

/// What a client was told of its writes to one key.
#[derive(Debug, Clone, Copy, Default)]
struct Acked {
    /// The highest version, and when it was told.
    version: Version,
    at: VirtualInstant,
    /// The highest version before that instant.
    before: Version,
}

impl Acked {
    fn tell(&mut self, version: Version, now: VirtualInstant) {
        if now > self.at {
            (self.before, self.at) = (self.version, now);
        }
        self.version = self.version.max(version);
    }

    /// What it had been told when it asked at `now`. What comes at that very instant may have come behind the question.
    fn when_asked(self, now: VirtualInstant) -> Version {
        if now > self.at { self.version } else { self.before }
    }
}

impl ReadYourWrites {
    /// Takes note of a read that a client began.
    fn look(&mut self, client: NodeId, world: &World<'_>) {
        let reading = world.view::<ClientView>(client).and_then(|view| view.reading);
        if let Some(read) = reading
            && self.asked.get(&client).is_none_or(|(operation, _)| *operation != read.operation)
        {
            let acked = self.acked.get(&(client, read.key)).map_or(0, |acked| acked.when_asked(world.now()));
            self.asked.insert(client, (read.operation, acked));
        }
    }

    fn judge(&mut self, client: NodeId, read: (Operation, NodeId, Key, Version), world: &World<'_>) -> Verdict {
        let (operation, edge, key, version) = read;
        let acked = self.asked.get(&client).filter(|(asked, _)| *asked == operation).map_or(0, |(_, acked)| *acked);
        self.times_checked += u64::from(acked > 0);
        if version >= acked {
            return Verdict::Holds;
        }
        let [name, edge_name] = [client, edge].map(|node| world.name(node));
        let message =
            format!("{name} was told that it wrote version {acked} of key {key}, and then read version {version} at {edge_name}");
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
                self.acked.entry((change.node(), *key)).or_default().tell(*version, world.now());
            }
            Some(EdgeFact::Observed { operation, edge, key, version, .. }) => {
                return self.judge(change.node(), (*operation, *edge, *key, *version), world);
            }
            Some(_) => {}
            None => self.look(change.node(), world),
        }
        Verdict::Holds
    }

    /// Reads of a key that the client had written.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
