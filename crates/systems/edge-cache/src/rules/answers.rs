//! The rule that a client reads what an edge served to it.

use std::collections::BTreeSet;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::fact::EdgeFact;
use crate::message::{Key, Operation, Version};

/// What a client takes for the answer to a read was served to it, by the edge that it asked, for that read (E11: nobody gets what is
/// another's).
///
/// Right for every edge cache. Holds one entry for each read that was served.
#[derive(Debug, Default)]
pub struct Answers {
    /// Client, operation, edge, key, version.
    served: BTreeSet<(NodeId, Operation, NodeId, Key, Version)>,
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
                    "{client_name} took version {version} of key {key} for the answer of {edge_name} to read {operation}, which never \
                     served it that"
                );
                Verdict::violated([client, *edge], message)
            }
            _ => Verdict::Holds,
        }
    }

    /// Reads that came back.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
