//! Whether the faults of a run go beyond what the system claims to survive.

use std::collections::BTreeSet;

use cluster_sim_types::{Change, Health, NodeId};

use super::checks::Now;
use crate::definition::{Claim, Definition};
use crate::fault::NodeNames;
use crate::report::AssumptionExceeded;

/// The claims of one run, and the nodes that faults have taken down.
#[derive(Debug, Default)]
pub(super) struct LiveClaims {
    all: Vec<LiveClaim>,
    down: BTreeSet<NodeId>,
    /// The nodes that are down by their own panic or return, which no fault caused.
    own: BTreeSet<NodeId>,
}

#[derive(Debug)]
struct LiveClaim {
    claim: Claim,
    /// The members of each shard.
    cohorts: Vec<Vec<NodeId>>,
}

impl LiveClaims {
    /// The claims of a scenario, which was checked.
    pub(super) fn new(definition: &Definition, names: &NodeNames) -> Self {
        let live = |claim: &Claim| LiveClaim { claim: claim.clone(), cohorts: definition.cohorts_of(&claim.set, names) };
        Self { all: definition.claims.iter().map(live).collect(), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Notes that a node goes down by itself.
    pub(super) fn note_own(&mut self, node: NodeId) {
        self.own.insert(node);
    }

    /// Folds in the changes of a step; returns the first claim that they exceed.
    pub(super) fn fold(&mut self, changes: &[Change], now: Now) -> Option<AssumptionExceeded> {
        let mut any = false;
        for change in changes {
            match change {
                Change::Health(node, Health::Up, _) => {
                    self.down.remove(node);
                    self.own.remove(node);
                }
                Change::Health(node, ..) if !self.own.contains(node) => any |= self.down.insert(*node),
                _ => {}
            }
        }
        any.then(|| self.all.iter().find_map(|claim| claim.exceeded_by(&self.down, now))).flatten()
    }
}

impl LiveClaim {
    fn exceeded_by(&self, down: &BTreeSet<NodeId>, now: Now) -> Option<AssumptionExceeded> {
        let claim = &self.claim;
        self.cohorts.iter().find_map(|cohort| {
            let nodes: Vec<NodeId> = cohort.iter().copied().filter(|node| down.contains(node)).collect();
            let (count, of) = (nodes.len(), cohort.len());
            let message = || format!("{count} of {of} {} nodes were down at once (claim: {claim})", claim.set);
            (count > claim.most_of(of)).then(|| AssumptionExceeded { at: now.at, step: now.step, message: message(), nodes })
        })
    }
}
