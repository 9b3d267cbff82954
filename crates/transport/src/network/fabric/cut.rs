//! Cuts: sets of links that deliver nothing.
//!
//! A direction of a cut is one bit: it is set in the outward masks of the nodes on the sending side and in the inward masks of
//! the nodes on the receiving side. A link is cut if the outward mask of its sender and the inward mask of its receiver share a
//! bit, so cuts overlap freely. The lowest shared bit identifies the cut that counts the drop. A plane has 64 bits; further cuts
//! add planes. Test: `a_message_arrives_iff_no_cut_covers_its_send_or_arrival`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_types::NodeId;
use serde::{Deserialize, Serialize};

/// The number of a cut within its run, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CutId(pub u64);

/// Counts the messages dropped by one cut; usable after the cut and its guard are gone.
#[derive(Debug, Clone, Default)]
pub struct DropCount(Arc<AtomicU64>);

impl DropCount {
    /// Returns the number of messages dropped so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct ActiveCut {
    name: String,
    cause: u32,
    /// Shared with the guard.
    dropped: DropCount,
    /// The bits it occupies, one per direction.
    slots: Vec<usize>,
}

/// All cuts in force.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    planes: Vec<Plane>,
    active: BTreeMap<CutId, ActiveCut>,
    next: u64,
}

/// The masks of 64 directions, by node, and the cut that occupies each bit.
#[derive(Debug)]
struct Plane {
    outward: Vec<u64>,
    inward: Vec<u64>,
    holders: [Option<CutId>; 64],
}

impl Plane {
    fn new() -> Self {
        Self { outward: Vec::new(), inward: Vec::new(), holders: [None; 64] }
    }

    fn free_bit(&self) -> Option<usize> {
        self.holders.iter().position(Option::is_none)
    }
}

/// Returns the mask of `node`, extending `masks` if needed.
fn mask(masks: &mut Vec<u64>, node: NodeId) -> &mut u64 {
    if masks.len() <= node.index() {
        masks.resize(node.index() + 1, 0);
    }
    &mut masks[node.index()]
}

impl Cuts {
    pub(super) fn cut(&mut self, name: &str, cause: u32, from: &[NodeId], to: &[NodeId], both_ways: bool) -> (CutId, DropCount) {
        let id = CutId(self.next);
        self.next += 1;
        let mut slots = vec![self.claim_bit(id, from, to)];
        if both_ways {
            slots.push(self.claim_bit(id, to, from));
        }
        let dropped = DropCount::default();
        self.active.insert(id, ActiveCut { name: name.to_owned(), cause, dropped: dropped.clone(), slots });
        (id, dropped)
    }

    fn claim_bit(&mut self, id: CutId, from: &[NodeId], to: &[NodeId]) -> usize {
        let found = self.planes.iter().enumerate().find_map(|(index, plane)| Some((index, plane.free_bit()?)));
        let (index, bit) = found.unwrap_or_else(|| {
            self.planes.push(Plane::new());
            (self.planes.len() - 1, 0)
        });
        let plane = &mut self.planes[index];
        plane.holders[bit] = Some(id);
        from.iter().for_each(|node| *mask(&mut plane.outward, *node) |= 1 << bit);
        to.iter().for_each(|node| *mask(&mut plane.inward, *node) |= 1 << bit);
        index * 64 + bit
    }

    /// Heals a cut. Returns `false` if it was not in force.
    pub(super) fn heal(&mut self, id: CutId) -> bool {
        let Some(cut) = self.active.remove(&id) else { return false };
        for slot in cut.slots {
            let plane = &mut self.planes[slot / 64];
            let keep = !(1 << (slot % 64));
            plane.holders[slot % 64] = None;
            plane.outward.iter_mut().for_each(|mask| *mask &= keep);
            plane.inward.iter_mut().for_each(|mask| *mask &= keep);
        }
        true
    }

    /// Returns whether a cut is in force.
    pub(super) fn is_active(&self, id: CutId) -> bool {
        self.active.contains_key(&id)
    }

    /// Returns whether no cut is in force.
    #[inline]
    pub(super) fn is_whole(&self) -> bool {
        self.active.is_empty()
    }

    /// Returns the cut that covers a link, if any: the one with the lowest bit.
    pub(super) fn between(&self, from: NodeId, to: NodeId) -> Option<CutId> {
        self.planes.iter().find_map(|plane| {
            let shared = plane.outward.get(from.index()).unwrap_or(&0) & plane.inward.get(to.index()).unwrap_or(&0);
            if shared == 0 { None } else { plane.holders[shared.trailing_zeros() as usize] }
        })
    }

    /// Counts a message that a cut dropped. Returns the number of the cause.
    pub(super) fn count_drop(&mut self, id: CutId) -> u32 {
        let cut = &self.active[&id];
        cut.dropped.increment();
        cut.cause
    }

    /// Lists the cuts in force with their names, oldest first.
    pub(super) fn living(&self) -> impl Iterator<Item = (CutId, &str)> {
        self.active.iter().map(|(id, cut)| (*id, cut.name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);
    const C: NodeId = NodeId(2);

    #[test]
    fn a_one_way_cut_leaves_the_reverse_direction_open() {
        let mut cuts = Cuts::default();
        cuts.cut("", 0, &[A, B], &[C], false);
        assert!(cuts.between(A, C).is_some() && cuts.between(B, C).is_some());
        assert!([(C, A), (C, B), (A, B), (B, A)].iter().all(|(from, to)| cuts.between(*from, *to).is_none()));
    }

    #[test]
    fn a_link_carries_again_when_no_cut_covers_it() {
        let mut cuts = Cuts::default();
        let (one, _) = cuts.cut("", 0, &[A], &[B, C], true);
        let (other, _) = cuts.cut("", 0, &[B], &[A], true);
        assert!(cuts.heal(one));
        assert_eq!(cuts.between(A, B), Some(other));
        assert_eq!(cuts.between(A, C), None);
        assert!(cuts.heal(other) && !cuts.heal(other));
        assert_eq!(cuts.between(A, B), None);
    }

    #[test]
    fn more_than_64_cuts_all_take_effect() {
        let mut cuts = Cuts::default();
        let ids: Vec<CutId> = (0..100).map(|_| cuts.cut("", 0, &[A], &[B], true).0).collect();
        for id in &ids[..99] {
            assert!(cuts.heal(*id) && cuts.between(A, B).is_some());
        }
        assert!(cuts.heal(ids[99]) && cuts.between(A, B).is_none());
        cuts.cut("", 0, &[B], &[C], false);
        assert!(cuts.between(B, C).is_some() && cuts.between(A, B).is_none(), "a freed bit starts clean");
    }
}
