//! Whether the faults of a run go beyond what the system claims to survive.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_runtime::Kernel;
use cluster_sim_types::{Change, Health, NodeId};

use super::Sim;
use super::checks::Now;
use super::world::WorldView;
use crate::definition::Definition;
use crate::fault::{Claim, Failure, NodeNames};
use crate::report::AssumptionExceeded;

/// The claims of one run, and the nodes that faults have let fail.
#[derive(Debug, Default)]
pub(super) struct LiveClaims {
    all: Vec<LiveClaim>,
    down: BTreeSet<NodeId>,
    /// The nodes that are down by their own panic or return, which no fault caused.
    own: BTreeSet<NodeId>,
    /// The nodes whose disk is damaged or absent.
    damaged: BTreeSet<NodeId>,
    /// How many nodes faults have named as damaged so far, once that was asked.
    named_as_damaged: Option<usize>,
    /// The nodes that the scenario runs without, whose copies are not there either.
    absent: BTreeSet<NodeId>,
    /// Whether a claim is about damaged disks.
    counts_damage: bool,
    /// Whether a claim is about clocks.
    is_of_clocks: bool,
}

#[derive(Debug)]
struct LiveClaim {
    claim: Claim,
    /// The members of each shard, or all where domains are counted.
    cohorts: Vec<Vec<NodeId>>,
    /// The number of the domain of each node; absent where nodes are counted.
    domains: Option<BTreeMap<NodeId, usize>>,
}

impl LiveClaims {
    /// The claims of a scenario, which was checked.
    pub(super) fn new(definition: &Definition, names: &NodeNames) -> Self {
        let live = |claim: &Claim| LiveClaim {
            claim: claim.clone(),
            cohorts: definition.cohorts_of(claim, names),
            domains: claim.domain.map(|kind| names.domains(kind)),
        };
        let any = |of: fn(Failure) -> bool| definition.claims.iter().any(|claim| of(claim.failure));
        let (counts_damage, is_of_clocks) = (any(Failure::counts_damage), any(Failure::is_of_clocks));
        let absent = definition.absent.iter().filter_map(|name| names.node(name)).collect();
        Self { all: definition.claims.iter().map(live).collect(), absent, counts_damage, is_of_clocks, ..Self::default() }
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
    fn exceeded(&self, kernel: &Kernel, now: Now) -> Option<AssumptionExceeded> {
        self.all.iter().find_map(|live| live.exceeded_by(|failure, node| self.has_failed(failure, node, kernel), now))
    }

    /// Whether a node has failed in that way now.
    fn has_failed(&self, failure: Failure, node: NodeId, kernel: &Kernel) -> bool {
        // Before its first boot a node has no change of health.
        let is_down = || self.down.contains(&node) || kernel.is_held_by_crash(node) || kernel.is_held_by_pause(node);
        match failure {
            Failure::Down => is_down(),
            Failure::DamagedDisk => self.damaged.contains(&node),
            Failure::DownOrDamaged => is_down() || self.damaged.contains(&node),
            Failure::ClockOffset(most) => u128::from(kernel.clock_error(node).wall) > most.as_nanos(),
            Failure::ClockDrift(most) => kernel.clock_error(node).drift > u64::from(most),
        }
    }
}

impl LiveClaim {
    /// How many nodes these are, or how many domains they stand in.
    fn count(&self, nodes: &[NodeId]) -> usize {
        let domains = |domains: &BTreeMap<NodeId, usize>| nodes.iter().map(|node| domains.get(node)).collect::<BTreeSet<_>>().len();
        self.domains.as_ref().map_or(nodes.len(), domains)
    }

    fn exceeded_by(&self, has_failed: impl Fn(Failure, NodeId) -> bool, now: Now) -> Option<AssumptionExceeded> {
        let claim = &self.claim;
        self.cohorts.iter().find_map(|cohort| {
            let nodes: Vec<NodeId> = cohort.iter().copied().filter(|node| has_failed(claim.failure, *node)).collect();
            let [count, of] = [&nodes, cohort].map(|nodes| self.count(nodes));
            let message = || claim.exceeded_text(count, of);
            (count > claim.most_of(of)).then(|| AssumptionExceeded {
                at: now.at,
                step: now.step,
                message: message(),
                nodes,
                cause: String::new(),
            })
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
        let mut any = self.claims.is_of_clocks;
        any |= !self.faults.is_over() && self.claims.fold(self.engine.core.kernel.changes());
        if self.claims.counts_damage {
            let named = self.faults.damaged(&self.engine);
            // Their number only grows, and seldom.
            if self.claims.named_as_damaged != Some(named.len()) {
                self.claims.named_as_damaged = Some(named.len());
                let damaged = named.iter().filter_map(|name| self.nodes.node(name));
                self.claims.damaged = damaged.chain(self.claims.absent.iter().copied()).collect();
                any = true;
            }
        }
        if any {
            self.note_exceeded();
        }
    }

    /// Notes the first claim that the faults exceed now, with its nodes and the last fault of one of them.
    fn note_exceeded(&mut self) {
        let exceeded = self.claims.exceeded(&self.engine.core.kernel, Now::of(&WorldView { engine: &self.engine }));
        self.report.exceeded = exceeded.map(|exceeded| {
            let names: Vec<&str> = exceeded.nodes.iter().map(|node| self.node_name(*node)).collect();
            let fault = self.faults.last_of(&names).map(|fault| format!(", last by {fault}")).unwrap_or_default();
            let cause = format!("{}{fault}", names.join(" "));
            AssumptionExceeded { cause, ..exceeded }
        });
    }

    /// Notes that faults exceed a claim before or after one of them changes something, which may be no change that rules see.
    ///
    /// The clocks of a node lie most where that begins or ends: in between their error changes steadily.
    pub(super) fn judge_claims_now(&mut self) {
        if !self.claims.is_empty() && self.report.exceeded.is_none() && !self.faults.is_over() {
            self.note_exceeded();
        }
    }
}
