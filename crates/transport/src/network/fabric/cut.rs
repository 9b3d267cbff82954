//! Disturbances: sets of links that deliver nothing, hold messages back, or impair them.
//!
//! A direction of a disturbance is one bit: it is set in the outward masks of the nodes on the sending side and in the inward
//! masks of the nodes on the receiving side. A disturbance covers a link if the outward mask of its sender and the inward mask of
//! its receiver share its bit, so disturbances overlap freely. The lowest shared bit of a cut identifies the cut that counts the
//! drop. A plane has 64 bits; further disturbances add planes. Test: `a_message_arrives_iff_no_cut_covers_its_send_or_arrival`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_types::NodeId;
use serde::{Deserialize, Serialize};

use super::Service;
use super::classes::ClassId;
use super::impairment::ImpairedLinks;

/// The number of a cut, or of another disturbance of links, within its run; counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CutId(pub u64);

/// Counts the messages that one cut dropped, or another disturbance affected.
///
/// Usable after the disturbance and its guard are gone.
#[derive(Debug, Clone, Default)]
pub struct DropCount(Arc<AtomicU64>);

impl DropCount {
    /// Returns the number of these messages so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The action of a disturbance on the messages of its links.
#[derive(Debug)]
pub(super) enum Action {
    /// Drops them; the number of the cause.
    Drop(u32),
    /// Holds them where they would arrive.
    Hold(Held),
    /// Loses, delays, duplicates or reorders some of them.
    Impair(ImpairedLinks),
}

/// Arrivals that are held back, oldest first.
pub(super) type Held = VecDeque<(Service, u32)>;

#[derive(Debug)]
struct Active {
    name: String,
    action: Action,
    /// The messages that it affected; shared with the guard.
    affected: DropCount,
    /// The bits it occupies, one per direction.
    slots: Vec<usize>,
    /// The class that it covers, in place of directions.
    class: Option<ClassId>,
}

/// All disturbances in force.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    planes: Vec<Plane>,
    active: BTreeMap<CutId, Active>,
    next: u64,
}

/// The masks of 64 directions, by node, and the disturbance that occupies each bit.
#[derive(Debug)]
struct Plane {
    outward: Vec<u64>,
    inward: Vec<u64>,
    holders: [Option<CutId>; 64],
    /// The bits of cuts.
    dropping: u64,
    /// The bits of holds.
    holding: u64,
}

impl Plane {
    fn new() -> Self {
        Self { outward: Vec::new(), inward: Vec::new(), holders: [None; 64], dropping: 0, holding: 0 }
    }

    /// The bits whose directions cover a link.
    fn shared(&self, from: NodeId, to: NodeId) -> u64 {
        self.outward.get(from.index()).unwrap_or(&0) & self.inward.get(to.index()).unwrap_or(&0)
    }

    /// The disturbance with the lowest of these bits.
    fn first_of(&self, bits: u64) -> Option<CutId> {
        if bits == 0 { None } else { self.holders[bits.trailing_zeros() as usize] }
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
        self.disturb(name, Action::Drop(cause), from, to, both_ways)
    }

    /// Begins to disturb the links from one side to the other, and back if `both_ways`.
    pub(super) fn disturb(
        &mut self,
        name: &str,
        action: Action,
        from: &[NodeId],
        to: &[NodeId],
        both_ways: bool,
    ) -> (CutId, DropCount) {
        let (id, affected) = self.add(name, action, None);
        let mut slots = vec![self.claim_bit(id, from, to)];
        if both_ways {
            slots.push(self.claim_bit(id, to, from));
        }
        self.active.get_mut(&id).expect("it was added just before").slots = slots;
        (id, affected)
    }

    /// Begins to impair all links of a class.
    pub(super) fn impair_class(&mut self, name: &str, links: ImpairedLinks, class: ClassId) -> (CutId, DropCount) {
        self.add(name, Action::Impair(links), Some(class))
    }

    fn add(&mut self, name: &str, action: Action, class: Option<ClassId>) -> (CutId, DropCount) {
        let (id, affected) = (CutId(self.next), DropCount::default());
        self.next += 1;
        self.active.insert(id, Active { name: name.to_owned(), action, affected: affected.clone(), slots: Vec::new(), class });
        (id, affected)
    }

    fn claim_bit(&mut self, id: CutId, from: &[NodeId], to: &[NodeId]) -> usize {
        let found = self.planes.iter().enumerate().find_map(|(index, plane)| Some((index, plane.free_bit()?)));
        let (index, bit) = found.unwrap_or_else(|| {
            self.planes.push(Plane::new());
            (self.planes.len() - 1, 0)
        });
        let plane = &mut self.planes[index];
        plane.holders[bit] = Some(id);
        match self.active[&id].action {
            Action::Drop(_) => plane.dropping |= 1 << bit,
            Action::Hold(_) => plane.holding |= 1 << bit,
            Action::Impair(_) => {}
        }
        from.iter().for_each(|node| *mask(&mut plane.outward, *node) |= 1 << bit);
        to.iter().for_each(|node| *mask(&mut plane.inward, *node) |= 1 << bit);
        index * 64 + bit
    }

    /// Ends a disturbance, and returns what it did. `None` if it was not in force.
    pub(super) fn heal(&mut self, id: CutId) -> Option<Action> {
        let ended = self.active.remove(&id)?;
        for slot in ended.slots {
            let plane = &mut self.planes[slot / 64];
            let keep = !(1 << (slot % 64));
            plane.holders[slot % 64] = None;
            plane.dropping &= keep;
            plane.holding &= keep;
            plane.outward.iter_mut().for_each(|mask| *mask &= keep);
            plane.inward.iter_mut().for_each(|mask| *mask &= keep);
        }
        Some(ended.action)
    }

    /// Returns whether a disturbance is in force.
    pub(super) fn is_active(&self, id: CutId) -> bool {
        self.active.contains_key(&id)
    }

    /// Returns whether no disturbance is in force.
    #[inline]
    pub(super) fn is_whole(&self) -> bool {
        self.active.is_empty()
    }

    /// Returns the cut that covers a link, if any: the one with the lowest bit.
    pub(super) fn between(&self, from: NodeId, to: NodeId) -> Option<CutId> {
        self.planes.iter().find_map(|plane| plane.first_of(plane.shared(from, to) & plane.dropping))
    }

    /// Returns the hold that covers a link, if any: the one with the lowest bit.
    pub(super) fn hold_between(&self, from: NodeId, to: NodeId) -> Option<CutId> {
        self.planes.iter().find_map(|plane| plane.first_of(plane.shared(from, to) & plane.holding))
    }

    /// Counts a message that a cut dropped. Returns the number of the cause.
    pub(super) fn count_drop(&mut self, id: CutId) -> u32 {
        let Active { action: Action::Drop(cause), affected, .. } = &self.active[&id] else { unreachable!("only cuts drop") };
        affected.increment();
        *cause
    }

    /// Counts a message that a hold keeps, and returns where it is kept.
    pub(super) fn keep(&mut self, id: CutId) -> &mut Held {
        let active = self.active.get_mut(&id).expect("a hold that covers a link is in force");
        active.affected.increment();
        self.held_by(id).expect("only holds keep messages")
    }

    /// Returns what a hold in force has kept.
    pub(super) fn held_by(&mut self, id: CutId) -> Option<&mut Held> {
        match &mut self.active.get_mut(&id)?.action {
            Action::Hold(held) => Some(held),
            Action::Drop(_) | Action::Impair(_) => None,
        }
    }

    /// Lists the impairments of a link of a class, oldest first, each with its count.
    pub(super) fn impairments(&self, class: u16, from: NodeId, to: NodeId) -> impl Iterator<Item = (&ImpairedLinks, &DropCount)> {
        self.active.values().filter_map(move |active| match &active.action {
            Action::Impair(links) if self.covers(active, class, from, to) => Some((links, &active.affected)),
            _ => None,
        })
    }

    fn covers(&self, active: &Active, class: u16, from: NodeId, to: NodeId) -> bool {
        let covers_class = active.class.is_some_and(|covered| covered.0 == class);
        covers_class || active.slots.iter().any(|slot| self.planes[slot / 64].shared(from, to) & (1 << (slot % 64)) != 0)
    }

    /// Lists the cuts in force with their names, oldest first.
    pub(super) fn living(&self) -> impl Iterator<Item = (CutId, &str)> {
        self.active_where(|action| matches!(action, Action::Drop(_)))
    }

    /// Lists the holds in force with their names, oldest first.
    pub(super) fn holds(&self) -> impl Iterator<Item = (CutId, &str)> {
        self.active_where(|action| matches!(action, Action::Hold(_)))
    }

    fn active_where(&self, which: impl Fn(&Action) -> bool) -> impl Iterator<Item = (CutId, &str)> {
        self.active.iter().filter(move |(_, active)| which(&active.action)).map(|(id, active)| (*id, active.name.as_str()))
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
        assert!(cuts.heal(one).is_some());
        assert_eq!(cuts.between(A, B), Some(other));
        assert_eq!(cuts.between(A, C), None);
        assert!(cuts.heal(other).is_some() && cuts.heal(other).is_none());
        assert_eq!(cuts.between(A, B), None);
    }

    #[test]
    fn more_than_64_cuts_all_take_effect() {
        let mut cuts = Cuts::default();
        let ids: Vec<CutId> = (0..100).map(|_| cuts.cut("", 0, &[A], &[B], true).0).collect();
        for id in &ids[..99] {
            assert!(cuts.heal(*id).is_some() && cuts.between(A, B).is_some());
        }
        assert!(cuts.heal(ids[99]).is_some() && cuts.between(A, B).is_none());
        cuts.cut("", 0, &[B], &[C], false);
        assert!(cuts.between(B, C).is_some() && cuts.between(A, B).is_none(), "a freed bit starts clean");
    }
}
