//! The rule that a write is acknowledged with its own version.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Health, Incarnation, Invariant, NodeId, Verdict, VirtualInstant, World};

use crate::fact::EdgeFact;
use crate::message::{Key, Version};

/// An acknowledged version was committed, and not before the client's life began (H18).
///
/// An older commit belongs to a write of an earlier life. Right if the links from the source to clients drop messages sent to an
/// earlier life; on other links an acknowledgement may reach a later one.
#[derive(Debug, Default)]
pub struct Acknowledgements {
    committed: BTreeMap<(Key, Version), VirtualInstant>,
    /// The current life of each client that restarted, and the instant it began.
    lives: BTreeMap<NodeId, (Incarnation, VirtualInstant)>,
    times_checked: u64,
}

impl Acknowledgements {
    fn check(&mut self, client: NodeId, key: Key, version: Version, world: &World<'_>) -> Verdict {
        self.times_checked += 1;
        let born = self.lives.get(&client).map_or(VirtualInstant::ZERO, |(_, born)| *born);
        let name = world.name(client);
        let message = match self.committed.get(&(key, version)) {
            None => format!("{name} got its write acknowledged as version {version} of key {key}, which was never committed"),
            Some(at) if *at < born => format!(
                "{name} got its write acknowledged as version {version} of key {key}, which was committed at {at}, before its life \
                 began at {born}"
            ),
            Some(_) => return Verdict::Holds,
        };
        Verdict::violated([client], message)
    }
}

impl Invariant for Acknowledgements {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Change::Health(node, Health::Up, life) = change
            && self.lives.get(node).is_none_or(|(known, _)| known != life)
        {
            // The end of a pause begins no new life.
            let born = if *life == Incarnation(0) { VirtualInstant::ZERO } else { world.now() };
            self.lives.insert(*node, (*life, born));
        }
        match change.fact() {
            Some(EdgeFact::Committed { key, version }) => {
                self.committed.insert((*key, *version), world.now());
                Verdict::Holds
            }
            Some(EdgeFact::WriteAcked { key, version, .. }) => self.check(change.node(), *key, *version, world),
            _ => Verdict::Holds,
        }
    }

    /// Acknowledged writes.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
