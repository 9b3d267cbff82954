//! The rule that a client accepts only answers to its own reads.

use std::collections::BTreeSet;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::fact::EdgeFact;
use crate::message::{CacheOperation, Key, Version};

/// A client accepts an answer only if the edge it asked served it for that read (E11).
///
/// Right for every edge cache. Holds one entry for each served read.
#[derive(Debug, Default)]
pub struct Answers {
    /// Client, operation, edge, key, version.
    served: BTreeSet<(NodeId, CacheOperation, NodeId, Key, Version)>,
    times_checked: u64,
}

impl Invariant for Answers {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact() {
            Some(EdgeFact::Served { client, operation, key, version }) => {
                self.served.insert((*client, *operation, change.node(), *key, *version));
                Verdict::Holds
            }
            Some(EdgeFact::Observed { operation, edge, key, version, .. }) => {
                self.times_checked += 1;
                let client = change.node();
                if self.served.contains(&(client, *operation, *edge, *key, *version)) {
                    return Verdict::Holds;
                }
                let [client_name, edge_name] = [client, *edge].map(|node| world.name(node));
                let message = format!(
                    "{client_name} accepted version {version} of key {key} as the answer of {edge_name} to read {operation}, which never \
                     served it"
                );
                Verdict::violated([client, *edge], message)
            }
            _ => Verdict::Holds,
        }
    }

    /// Observed reads.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
