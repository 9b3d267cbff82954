//! The rules on what an edge holds and what it serves.

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::config::Layout;
use crate::edge::EdgeView;
use crate::fact::EdgeFact;
use crate::message::{Key, Version};
use crate::source::SourceView;

/// An edge holds no version of a key that was not committed for that key (E11).
///
/// Right for every edge cache whose source does not crash.
#[derive(Debug, Default)]
pub struct OnlyCommitted {
    times_checked: u64,
}

impl OnlyCommitted {
    fn check(&mut self, edge: NodeId, held: &[Version], committed: &[Version], world: &World<'_>) -> Verdict {
        self.times_checked += 1;
        let Some(key) = held.iter().zip(committed).position(|(held, committed)| held > committed) else { return Verdict::Holds };
        let name = world.name(edge);
        let message =
            format!("{name} holds version {} of key {key}, of which version {} is the last committed", held[key], committed[key]);
        Verdict::violated([edge], message)
    }
}

impl Invariant for OnlyCommitted {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Change::View(node) = change else { return Verdict::Holds };
        let edge = world.view::<EdgeView>(*node);
        match edge.zip(world.view::<SourceView>(Layout::SOURCE)) {
            Some((edge, source)) => self.check(*node, &edge.versions, &source.versions, world),
            None => Verdict::Holds,
        }
    }

    /// Changed caches of edges.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}

/// An edge answers a read with the version that it holds.
///
/// Right for every edge cache.
#[derive(Debug, Default)]
pub struct ServesHeld {
    times_checked: u64,
}

impl ServesHeld {
    fn check(&mut self, edge: NodeId, client: NodeId, key: Key, served: Version, world: &World<'_>) -> Verdict {
        let Some(held) = world.view::<EdgeView>(edge).and_then(|view| view.versions.get(key as usize)) else {
            return Verdict::Holds;
        };
        self.times_checked += 1;
        if served == *held {
            return Verdict::Holds;
        }
        let [name, client_name] = [edge, client].map(|node| world.name(node));
        let message = format!("{name} served version {served} of key {key} to {client_name}, and holds version {held}");
        Verdict::violated([edge], message)
    }
}

impl Invariant for ServesHeld {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact() {
            Some(EdgeFact::Served { client, key, version, .. }) => self.check(change.node(), *client, *key, *version, world),
            _ => Verdict::Holds,
        }
    }

    /// Served reads.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
