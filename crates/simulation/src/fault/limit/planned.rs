//! How many nodes or domains the faults of a plan let fail, over time.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_types::VirtualInstant;

use super::{FaultLimit, NEVER, end_of, is_rolling, takes_down};
use crate::fault::claim::Failure;
use crate::fault::{DomainFault, Fault, FaultPlan, NodeFault, ScheduledFault};

/// The intervals in which a node has failed, in order.
type Intervals = Vec<(VirtualInstant, VirtualInstant)>;

/// The event that brings a node back before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Return {
    /// A restart: the node crashed, and is down from then on.
    Restart,
    /// Its resumption: the node is paused.
    Resume,
    /// Nothing for certain: it was killed, has not started, or goes down at some time or again and again.
    Never,
}

impl Return {
    /// The event that undoes a fault which takes nodes down.
    fn of(fault: &Fault) -> Self {
        match fault {
            Fault::Node(NodeFault::Crash { .. }) | Fault::Domain(DomainFault::CrashAll { .. }) => Self::Restart,
            Fault::Node(NodeFault::Pause { .. }) | Fault::Domain(DomainFault::PauseAll { .. }) => Self::Resume,
            _ => Self::Never,
        }
    }

    /// The return that a fault is.
    fn by(fault: &Fault) -> Option<Self> {
        match fault {
            Fault::Node(NodeFault::Restart { .. }) => Some(Self::Restart),
            Fault::Node(NodeFault::Resume { .. }) => Some(Self::Resume),
            _ => None,
        }
    }
}

impl FaultLimit<'_> {
    /// Notes when planned faults and late starts let how many nodes or domains fail.
    pub(super) fn plan(&mut self, planned: &FaultPlan) {
        let down = self.down(planned);
        let damaged = self.damaged(planned);
        let mut intervals: BTreeMap<(usize, usize), Intervals> = BTreeMap::new();
        for node in 0..self.nodes.len() {
            let (down, damaged) = (down.get(&node), damaged.get(&node).copied());
            if down.is_none() && damaged.is_none() {
                continue;
            }
            for (bound, counted) in self.bounds_of(node) {
                intervals.entry((bound, counted)).or_default().extend(failed(self.bounds[bound].failure, down, damaged));
            }
        }
        let mut changes: Vec<BTreeMap<VirtualInstant, i64>> = vec![BTreeMap::new(); self.bounds.len()];
        for ((bound, _), intervals) in intervals {
            merged(intervals).into_iter().for_each(|(from, until)| count(&mut changes[bound], from, until));
        }
        self.count_rolling(planned, &mut changes);
        for (bound, changes) in self.bounds.iter_mut().zip(changes) {
            let mut failed = 0;
            let counted = changes.into_iter().map(|(at, change)| {
                failed += change;
                (at, u32::try_from(failed).unwrap_or_default())
            });
            bound.planned = counted.collect();
        }
    }

    /// Counts a node that is down during planned restarts of nodes one after the other.
    fn count_rolling(&self, planned: &FaultPlan, changes: &mut [BTreeMap<VirtualInstant, i64>]) {
        for ScheduledFault { at, fault, .. } in planned.faults().iter().filter(|scheduled| is_rolling(&scheduled.fault)) {
            let bounds: BTreeSet<usize> =
                self.hit_by(fault).into_iter().flat_map(|node| self.bounds_of(node)).map(|(bound, _)| bound).collect();
            for bound in bounds.into_iter().filter(|bound| self.bounds[*bound].failure.counts_down()) {
                count(&mut changes[bound], *at, end_of(*at, fault));
            }
        }
    }

    /// The intervals in which nodes are down, by their numbers; those that end by different returns overlap.
    fn down(&self, planned: &FaultPlan) -> BTreeMap<usize, Intervals> {
        let mut intervals: BTreeMap<(usize, Return), Intervals> = BTreeMap::new();
        for (number, node) in self.nodes.iter().enumerate().filter(|(_, node)| !node.starts.is_zero()) {
            intervals.entry((number, Return::Never)).or_default().push((VirtualInstant::ZERO, VirtualInstant::ZERO + node.starts));
        }
        for ScheduledFault { at, fault, .. } in
            planned.faults().iter().filter(|scheduled| takes_down(&scheduled.fault) && !is_rolling(&scheduled.fault))
        {
            let ends = Return::by(fault);
            let (from, until) = (*at, end_of(*at, fault));
            for node in self.hit_by(fault) {
                let of_node = intervals.entry((node, ends.unwrap_or_else(|| Return::of(fault)))).or_default();
                match of_node.last_mut() {
                    Some((_, known)) if ends.is_some() => *known = (*known).min(from),
                    None if ends.is_some() => {}
                    Some((_, known)) if *known >= from => *known = (*known).max(until),
                    _ => of_node.push((from, until)),
                }
            }
        }
        let mut down: BTreeMap<usize, Intervals> = BTreeMap::new();
        for ((node, _), intervals) in intervals {
            down.entry(node).or_default().extend(intervals);
        }
        down
    }

    /// When the disks of nodes are damaged first, by their numbers.
    fn damaged(&self, planned: &FaultPlan) -> BTreeMap<usize, VirtualInstant> {
        let mut damaged = BTreeMap::new();
        for ScheduledFault { at, fault, .. } in planned.faults().iter().filter(|scheduled| scheduled.fault.damages_disk()) {
            for node in self.hit_by(fault) {
                damaged.entry(node).or_insert(*at);
            }
        }
        damaged
    }
}

/// Merges intervals that overlap, so that the nodes of a domain count once.
fn merged(mut intervals: Intervals) -> Intervals {
    intervals.sort_unstable();
    let mut merged: Intervals = Vec::new();
    for (from, until) in intervals {
        match merged.last_mut() {
            Some((_, known)) if *known >= from => *known = (*known).max(until),
            _ => merged.push((from, until)),
        }
    }
    merged
}

/// Counts one more node or domain as failed from one instant to another, which is part of it.
fn count(changes: &mut BTreeMap<VirtualInstant, i64>, from: VirtualInstant, until: VirtualInstant) {
    *changes.entry(from).or_default() += 1;
    *changes.entry(until.after_nanoseconds(1)).or_default() -= 1;
}

/// The intervals in which a node has failed in that way.
fn failed(failure: Failure, down: Option<&Intervals>, damaged: Option<VirtualInstant>) -> Intervals {
    let damaged = damaged.filter(|_| failure.counts_damage()).map(|from| (from, NEVER));
    // A node that is down and damaged counts once.
    let first_damage = damaged.map_or(NEVER, |(from, _)| from);
    let down = down.into_iter().flatten().filter(|(from, _)| failure.counts_down() && *from < first_damage);
    down.map(|(from, until)| (*from, (*until).min(first_damage))).chain(damaged).collect()
}
