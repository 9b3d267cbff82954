//! Impairs links, and holds what would arrive over them, until a disturbance ends.
//!
//! A held message waits where it would arrive. The end of its hold lets it arrive at that instant, before everything else of the
//! instant and in the order in which it was held; cuts and the state of the receiver count then. Segments of sessions are held
//! too, so a session retransmits and may time out. Tests: `tests/faults/holds.rs`, `tests/faults/impairments.rs`.

use std::sync::Arc;

use cluster_sim_runtime::{Kernel, Order};
use cluster_sim_types::{LossCause, NodeId};

use super::cut::{Action, CutId, DropCount, Held};
use super::impairment::{ImpairedLinks, Impairment};
use super::{ClassId, Fabric, NetworkPartition, Service};

impl Fabric {
    /// Impairs the links from `from` to `to`, and back if `both_ways`, until [`heal`](Self::heal).
    ///
    /// Its rolls are those of its name. All losses to impairments are counted under the rule `impairment`.
    pub fn impair(
        &mut self,
        name: &str,
        impairment: Impairment,
        (from, to, both_ways): (&[NodeId], &[NodeId], bool),
    ) -> (CutId, DropCount) {
        let links = self.impaired(name, impairment);
        self.cuts.disturb(name, Action::Impair(links), from, to, both_ways)
    }

    /// Impairs all links of a class, until [`heal`](Self::heal).
    pub fn impair_class(&mut self, name: &str, impairment: Impairment, class: ClassId) -> (CutId, DropCount) {
        let links = self.impaired(name, impairment);
        self.cuts.impair_class(name, links, class)
    }

    fn impaired(&mut self, name: &str, impairment: Impairment) -> ImpairedLinks {
        let cause = self.losses.number(LossCause::rule("impairment"));
        ImpairedLinks::new(name, impairment, cause)
    }

    /// Holds all arrivals over the links from `from` to `to`, and back if `both_ways`.
    ///
    /// The hold ends when its guard is dropped.
    pub fn hold(&mut self, name: &str, from: &[NodeId], to: &[NodeId], both_ways: bool) -> NetworkPartition {
        let (id, held) = self.cuts.disturb(name, Action::Hold(Held::new()), from, to, both_ways);
        NetworkPartition::new(id, Arc::clone(&self.control), held)
    }

    /// Lists the holds in force with their names, oldest first.
    pub fn living_holds(&self) -> impl Iterator<Item = (CutId, &str)> {
        self.cuts.holds()
    }

    /// Ends every hold.
    pub fn release_all(&mut self, kernel: &mut Kernel) {
        let living: Vec<CutId> = self.cuts.holds().map(|(id, _)| id).collect();
        for id in living {
            self.heal(kernel, id);
        }
    }

    /// Counts the messages and segments that a hold keeps now; 0 if it is not in force.
    pub fn held_by(&mut self, id: CutId) -> usize {
        self.cuts.held_by(id).map_or(0, |held| held.len())
    }

    /// Lets the oldest of what a hold keeps arrive now, though it stays in force. Returns `false` if it keeps nothing.
    pub fn release_one(&mut self, kernel: &mut Kernel, id: CutId) -> bool {
        let Some((service, slot)) = self.cuts.held_by(id).and_then(Held::pop_front) else { return false };
        self.passing.push((service, slot));
        self.arrive_now(kernel, (service, slot));
        true
    }

    /// Lets what a hold kept arrive now.
    #[cold]
    pub(super) fn release(&mut self, kernel: &mut Kernel, held: Held) {
        held.into_iter().for_each(|arrival| self.arrive_now(kernel, arrival));
    }

    fn arrive_now(&self, kernel: &mut Kernel, (service, slot): (Service, u32)) {
        // All get the first order of this instant, and keep their order by their sequence numbers.
        self.schedule(kernel, (kernel.now(), Order::FIRST), service, slot);
    }

    /// Holds back what arrives over a link now, if a hold covers the link. Returns whether it did.
    pub(in crate::network) fn hold_back(&mut self, service: Service, slot: u32, from: NodeId, to: NodeId) -> bool {
        let Some(hold) = self.cuts.hold_between(from, to) else { return false };
        if let Some(index) = self.passing.iter().position(|passing| *passing == (service, slot)) {
            self.passing.remove(index);
            return false;
        }
        self.cuts.keep(hold).push_back((service, slot));
        true
    }
}
