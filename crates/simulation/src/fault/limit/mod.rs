//! [`FaultLimit`]: bounds how many nodes of a group the drawn faults of a plan let fail.
//!
//! Takes the faults of a plan and the drawn ones in order of time, each in logarithmic time. Errs on the side of fewer faults: a
//! fault counts for its whole length, even if another one ends it early, and one that damages a disk to the end of the run.
//!
//! A node counts as down also at the instant at which it returns: a run applies the faults of an instant before it ends others, so
//! that a node which goes down just then is down together with it.

mod bound;
mod clock_bound;
mod cohort;
mod planned;
mod victims;

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use bound::Bound;
pub(super) use clock_bound::ClockBounds;
use cluster_sim_types::{Shard, VirtualInstant};
use cohort::Cohort;
pub(super) use victims::victims;

use super::claim::{Claim, Failure};
use super::draw::Target;
use super::{DomainFault, Fault, FaultPlan, NodeFault, ScheduledFault};

const NEVER: VirtualInstant = VirtualInstant::from_nanoseconds(u64::MAX);

/// Decides which drawn faults fit into the bounds of a profile and the claims of a scenario.
#[derive(Debug)]
pub(super) struct FaultLimit<'a> {
    nodes: Vec<Target<'a>>,
    /// The numbers of the nodes by name.
    numbers: BTreeMap<&'a str, usize>,
    /// The bound on the group and shard of each node.
    of_group: Vec<usize>,
    /// The bounds by claims that are about each node, and what it counts as for each; empty without claims.
    of_claims: Vec<Vec<(usize, usize)>>,
    bounds: Vec<Bound>,
}

impl<'a> FaultLimit<'a> {
    /// Bounds each group by `max_down`, else by the claims about it, else by a minority, beside the faults of `planned`.
    pub(super) fn new(nodes: &[Target<'a>], (max_down, claims): (Option<u32>, &[Claim]), planned: &FaultPlan) -> Self {
        let mut counts: BTreeMap<(&str, Shard), (usize, u32)> = BTreeMap::new();
        let mut bounds = Vec::new();
        let of_group = nodes.iter().map(|node| {
            let (bound, count) = counts.entry((node.group, node.shard)).or_insert_with(|| {
                bounds.push(Bound::new(Failure::Down, u32::MAX));
                (bounds.len() - 1, 0)
            });
            *count += 1;
            *bound
        });
        let of_group = of_group.collect();
        for ((group, _), (bound, count)) in counts {
            let minority = || (count.saturating_sub(1) / 2).max(1);
            let is_claimed = claims.iter().any(|claim| claim.failure == Failure::Down && claim.is_about_group(group));
            bounds[bound].most = max_down.unwrap_or_else(|| if is_claimed { u32::MAX } else { minority() });
        }
        let mut of_claims = if claims.is_empty() { Vec::new() } else { vec![Vec::new(); nodes.len()] };
        for claim in claims.iter().filter(|claim| !claim.failure.is_of_clocks()) {
            for cohort in Cohort::of(claim, nodes) {
                bounds.push(Bound::new(claim.failure, u32::try_from(claim.most_of(cohort.count)).unwrap_or(u32::MAX)));
                cohort.members.iter().for_each(|(node, counted)| of_claims[*node].push((bounds.len() - 1, *counted)));
            }
        }
        let numbers = nodes.iter().zip(0..).map(|(node, number)| (node.name, number)).collect();
        let mut limit = Self { nodes: nodes.to_vec(), numbers, of_group, of_claims, bounds };
        limit.plan(planned);
        limit
    }

    /// Whether a drawn fault fits; notes it if so. Asked in order of time.
    pub(super) fn allows(&mut self, scheduled: &ScheduledFault) -> bool {
        let at = scheduled.at;
        let mut hit: BTreeMap<usize, (BTreeSet<usize>, VirtualInstant)> = BTreeMap::new();
        let hits = self.hit_by(&scheduled.fault);
        for (bound, counted) in hits.into_iter().flat_map(|node| self.bounds_of(node)) {
            if let Some(until) = end_of_failure(scheduled, self.bounds[bound].failure) {
                hit.entry(bound).or_insert_with(|| (BTreeSet::new(), until)).0.insert(counted);
            }
        }
        if is_rolling(&scheduled.fault) {
            let fits = hit.iter().all(|(bound, (_, until))| self.bounds[*bound].has_room(at, *until));
            if fits {
                hit.iter().for_each(|(bound, (_, until))| self.bounds[*bound].rolling.push(*until));
            }
            return fits;
        }
        let fits = hit.iter().all(|(bound, (counted, until))| self.bounds[*bound].allows(counted, at, *until));
        if fits {
            hit.iter().for_each(|(bound, (counted, until))| self.bounds[*bound].note(counted, *until));
        }
        fits
    }

    /// The numbers of the nodes that a fault lets fail or brings back.
    fn hit_by(&self, fault: &Fault) -> Vec<usize> {
        named_nodes(fault).iter().flat_map(|name| self.nodes_named(name)).collect()
    }

    /// The node of that name, or the nodes of that set.
    fn nodes_named(&self, name: &str) -> Vec<usize> {
        match self.numbers.get(name) {
            Some(node) => vec![*node],
            None => (0..self.nodes.len()).filter(|node| self.nodes[*node].is_in(name)).collect(),
        }
    }

    /// The bounds that are about a node, and the number as which it counts for each.
    fn bounds_of(&self, node: usize) -> impl Iterator<Item = (usize, usize)> {
        let of_claims = self.of_claims.get(node).into_iter().flatten();
        [(self.of_group[node], node)].into_iter().chain(of_claims.copied())
    }
}

/// Until when a fault lets its nodes fail in that way; absent if it does not.
fn end_of_failure(scheduled: &ScheduledFault, failure: Failure) -> Option<VirtualInstant> {
    let ScheduledFault { at, fault, .. } = scheduled;
    if failure.counts_damage() && fault.damages_disk() {
        return Some(NEVER);
    }
    (failure.counts_down() && takes_down(fault)).then(|| end_of(*at, fault))
}

/// Whether a fault takes nodes down or brings them back.
fn takes_down(fault: &Fault) -> bool {
    match fault {
        Fault::Node(_) | Fault::Domain(_) => true,
        Fault::Process(fault) => fault.crashes(),
        Fault::Disk(fault) => fault.crashes(),
        Fault::Network(_) | Fault::Link(_) | Fault::Clock(_) | Fault::ObjectStore(_) => false,
    }
}

/// The nodes that a fault lets fail or brings back, by node or by set.
fn named_nodes(fault: &Fault) -> &[String] {
    match fault {
        Fault::Node(fault) => slice::from_ref(fault.node()),
        Fault::Domain(fault) => fault.named(),
        Fault::Process(fault) => fault.named(),
        Fault::Disk(fault) => slice::from_ref(fault.node()),
        Fault::Network(_) | Fault::Link(_) | Fault::Clock(_) | Fault::ObjectStore(_) => &[],
    }
}

/// Whether it has its nodes down one after the other.
fn is_rolling(fault: &Fault) -> bool {
    matches!(fault, Fault::Domain(DomainFault::RollingRestart { .. }))
}

/// When the nodes of a fault are up again.
fn end_of(at: VirtualInstant, fault: &Fault) -> VirtualInstant {
    match fault {
        Fault::Node(NodeFault::Restart { .. } | NodeFault::Resume { .. }) => at,
        // It comes at some time while it waits.
        Fault::Node(NodeFault::CrashAt { down_for, duration, .. }) => {
            down_for.zip(*duration).map_or(NEVER, |(down_for, waits)| at + waits.saturating_add(down_for))
        }
        Fault::Process(fault) => fault.down_for().map_or(NEVER, |down_for| at + down_for),
        Fault::Domain(DomainFault::RollingRestart { nodes, down_for, pause }) => {
            // A set may have any number of nodes.
            let is_set = |name: &String| name.contains(':');
            let turns = u32::try_from(nodes.len()).ok().filter(|_| !nodes.iter().any(is_set));
            turns.map_or(NEVER, |turns| at + down_for.saturating_add(*pause).saturating_mul(turns))
        }
        fault => fault.duration().map_or(NEVER, |duration| at + duration),
    }
}

#[cfg(test)]
mod tests;
