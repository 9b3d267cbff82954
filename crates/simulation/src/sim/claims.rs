//! Whether the faults of a run go beyond what the system claims to survive.

use std::collections::BTreeSet;

use cluster_sim_types::{Change, Health, NodeId};

use super::Sim;
use super::checks::Now;
use super::world::WorldView;
use crate::definition::Definition;
use crate::fault::{Claim, NodeNames};
use crate::report::AssumptionExceeded;

/// The claims of one run, and the nodes that faults have let fail.
#[derive(Debug, Default)]
pub(super) struct LiveClaims {
    all: Vec<LiveClaim>,
    down: BTreeSet<NodeId>,
    /// The nodes that are down by their own panic or return, which no fault caused.
    own: BTreeSet<NodeId>,
    /// The nodes with a damaged disk.
    damaged: BTreeSet<NodeId>,
    /// Whether a claim is about damaged disks.
    counts_damage: bool,
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
        let counts_damage = definition.claims.iter().any(|claim| claim.failure.counts_damage());
        Self { all: definition.claims.iter().map(live).collect(), counts_damage, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Notes that a node goes down by itself.
    pub(super) fn note_own(&mut self, node: NodeId) {
        self.own.insert(node);
    }

    /// Folds in the changes of a step. Returns whether a further node is down.
    fn fold(&mut self, changes: &[Change]) -> bool {
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
        any
    }

    /// The first claim that the faults exceed now.
    fn exceeded(&self, now: Now) -> Option<AssumptionExceeded> {
        self.all.iter().find_map(|live| live.exceeded_by([&self.down, &self.damaged], now))
    }
}

impl LiveClaim {
    fn exceeded_by(&self, [down, damaged]: [&BTreeSet<NodeId>; 2], now: Now) -> Option<AssumptionExceeded> {
        let (claim, failure) = (&self.claim, self.claim.failure);
        let has_failed =
            |node: &NodeId| failure.counts_down() && down.contains(node) || failure.counts_damage() && damaged.contains(node);
        self.cohorts.iter().find_map(|cohort| {
            let nodes: Vec<NodeId> = cohort.iter().copied().filter(has_failed).collect();
            let (count, of) = (nodes.len(), cohort.len());
            let message = || claim.exceeded_text(count, of);
            (count > claim.most_of(of)).then(|| AssumptionExceeded { at: now.at, step: now.step, message: message(), nodes })
        })
    }
}

impl Sim {
    /// Notes the first moment at which faults exceed a claim, before the rules are asked.
    ///
    /// Nodes that are down count in the fault phase, damaged disks to the end of the run.
    pub(super) fn judge_claims(&mut self) {
        if self.claims.is_empty() || self.report.exceeded.is_some() {
            return;
        }
        let mut any = !self.faults.is_over() && self.claims.fold(self.engine.core.kernel.changes());
        if self.claims.counts_damage {
            let damaged = self.faults.damaged(&self.engine).iter().filter_map(|name| self.nodes.node(name)).collect();
            any |= self.claims.damaged != damaged;
            self.claims.damaged = damaged;
        }
        if any {
            self.report.exceeded = self.claims.exceeded(Now::of(&WorldView { engine: &self.engine }));
        }
    }
}
