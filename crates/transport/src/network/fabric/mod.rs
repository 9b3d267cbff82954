//! The fabric: links between nodes, cuts, losses, and the one route from a sender to the instants of arrival.
//!
//! Services put **subjects** on it: a datagram to one receiver, a segment of a session. The fabric knows nothing about their
//! content. [`Fabric::route`] decides everything random about a subject (`route.rs`); the service then schedules its arrivals.
//!
//! A **class of links** is a name, two selectors (all nodes, a group, a region) and a [`LinkModel`]. The last class that covers
//! both ends of a link applies (`classes.rs`). A link exists from its first subject on, in its sender's table, and resolves its
//! class then; there is no table of all pairs (`link_table.rs`). A **cut** (`cut.rs`) is in force while its guard
//! [`NetworkPartition`] lives (`partition.rs`); a hold and an [`Impairment`] are further disturbances of links (`disturb.rs`).
//! Every loss has a named cause (`losses.rs`).

mod classes;
mod cut;
mod disturb;
mod fate;
mod impairment;
mod link_table;
mod losses;
mod model;
mod partition;
mod route;
mod send_counts;

use std::sync::Arc;

use cluster_sim_runtime::{DeviceId, Exhausted, Kernel, Order, Record, RecordKind, Seed};
use cluster_sim_types::{LossCause, NodeId, Ratio, VirtualInstant};

pub use classes::{ClassId, NodeSelector};
pub use cut::{CutId, DropCount};
pub use fate::{Fate, FateRecord};
pub use impairment::Impairment;
pub use model::{InvalidLink, LinkModel, LinkOrder, StaleDelivery};
pub use partition::{Control, NetworkPartition};

pub(super) use losses::{Cause, Losses};
pub(super) use route::{Arrival, Name, OnLink, Routed, Subject};

use super::service::Service;
use classes::Classes;
use cut::{Action, Cuts};
use link_table::LinkTable;
use route::DelayRolls;

/// Counts the messages of all services. Every loss is counted under its cause instead.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) copied: u64,
    pub(super) delivered: u64,
    in_flight: u64,
}

/// The links of a network, what disturbs them, and the counts of what they carry.
pub struct Fabric {
    device: Option<DeviceId>,
    /// Indexed by sender.
    link_tables: Vec<LinkTable>,
    classes: Classes,
    delay_rolls: DelayRolls,
    cuts: Cuts,
    /// Arrivals that pass the hold which kept them.
    passing: Vec<(Service, u32)>,
    control: Arc<Control>,
    pub(super) losses: Losses,
    pub(super) counts: Counts,
    /// The kept fates, by service.
    fates: Option<Box<[Vec<FateRecord>; Service::COUNT]>>,
}

impl Default for Fabric {
    /// Creates a fabric whose links all have the default model.
    fn default() -> Self {
        Self {
            device: None,
            link_tables: Vec::new(),
            classes: Classes::new(),
            delay_rolls: DelayRolls::new(Seed(0)),
            cuts: Cuts::default(),
            passing: Vec::new(),
            control: Arc::default(),
            losses: Losses::default(),
            counts: Counts::default(),
            fates: None,
        }
    }
}

impl Fabric {
    pub(super) fn registered_as(&mut self, device: DeviceId) {
        self.device = Some(device);
    }

    #[inline]
    pub(super) fn device(&self) -> DeviceId {
        self.device.expect("a network is registered before its first message")
    }

    /// Schedules an event of a service.
    #[inline(always)]
    pub(super) fn schedule(&self, kernel: &mut Kernel, (at, order): (VirtualInstant, Order), service: Service, slot: u32) {
        kernel.schedule(at, order, self.device(), service.event(slot));
    }

    /// Counts one more message in flight. The run ends if they are more than its budget.
    #[inline(always)]
    pub(super) fn depart(&mut self, kernel: &mut Kernel) {
        self.counts.in_flight += 1;
        let bound = kernel.limits().messages_in_flight;
        if self.counts.in_flight > bound {
            exhaust(kernel, self.counts.in_flight, (bound, "messages"), Exhausted::MessagesInFlight(bound));
        }
    }

    /// Counts one message less in flight.
    #[inline(always)]
    pub(super) fn land(&mut self) {
        self.counts.in_flight -= 1;
    }

    /// Counts the messages in flight.
    pub(super) fn in_flight(&self) -> u64 {
        self.counts.in_flight
    }

    /// Keeps every fate from now on, for comparing two runs. Memory grows with every message.
    pub fn keep_fates(&mut self) {
        self.fates.get_or_insert_default();
    }

    /// Returns the kept fates of what a service sent, oldest first.
    pub fn fates(&self, service: Service) -> &[FateRecord] {
        self.fates.as_ref().map_or(&[], |fates| &fates[service as usize])
    }

    /// The cause with that number, as in the record of the drop of a message to `to`.
    pub fn cause(&self, number: u32, to: NodeId) -> LossCause {
        self.losses.cause(number, to)
    }

    /// Marks a node as absent: the scenario runs without it.
    ///
    /// Losses to it are counted under [`LossKind::AbsentNode`](cluster_sim_types::LossKind::AbsentNode).
    pub fn mark_absent(&mut self, node: NodeId) {
        self.losses.mark_absent(node);
    }
}

/// Ends the run after this step: more is in flight than a budget.
///
/// # Panics
/// At twice the budget: the step may never end, and the panic names the sender.
#[cold]
#[inline(never)]
pub(super) fn exhaust(kernel: &mut Kernel, in_flight: u64, (bound, unit): (u64, &str), exhausted: Exhausted) {
    kernel.exhaust(exhausted);
    let twice = bound.saturating_mul(2);
    assert!(in_flight <= twice, "it sends without end in one step: more than {twice} {unit} are in flight");
}

/// Cuts.
impl Fabric {
    /// Cuts the links from `from` to `to`, and back if `both_ways`, until the returned guard is dropped.
    pub fn cut(&mut self, kernel: &mut Kernel, name: &str, from: &[NodeId], to: &[NodeId], both_ways: bool) -> NetworkPartition {
        let cause = self.losses.number(LossCause::cut(name));
        let (id, dropped) = self.cuts.cut(name, cause, from, to, both_ways);
        let node = from.first().copied().unwrap_or(NodeId::CLUSTER);
        let peer = to.first().copied().unwrap_or(node);
        kernel.record(Record {
            peer,
            label: id.0,
            detail: u32::from(both_ways),
            ..Record::of(kernel.now(), RecordKind::Cut, node)
        });
        NetworkPartition::new(id, Arc::clone(&self.control), dropped)
    }

    /// Returns the guard of a cut that does not exist, for a run that has ended.
    pub fn no_cut(&self) -> NetworkPartition {
        NetworkPartition::new(CutId(u64::MAX), Arc::clone(&self.control), DropCount::default())
    }

    /// Ends one cut, hold or impairment. Returns `false` if it was not in force.
    pub fn heal(&mut self, kernel: &mut Kernel, id: CutId) -> bool {
        let ended = self.cuts.heal(id);
        let was_in_force = ended.is_some();
        match ended {
            Some(Action::Drop(_)) => {
                kernel.record(Record { label: id.0, ..Record::of(kernel.now(), RecordKind::Heal, NodeId::CLUSTER) });
            }
            Some(Action::Hold(held)) => self.release(kernel, held),
            Some(Action::Impair(_)) | None => {}
        }
        was_in_force
    }

    /// Heals every cut. Guards that still exist do nothing when dropped.
    pub fn heal_all(&mut self, kernel: &mut Kernel) {
        let living: Vec<CutId> = self.cuts.living().map(|(id, _)| id).collect();
        for id in living {
            self.heal(kernel, id);
        }
    }

    /// Heals the cuts whose guards were dropped since the last step.
    pub fn apply_heals(&mut self, kernel: &mut Kernel) {
        for id in self.control.take() {
            self.heal(kernel, id);
        }
    }

    /// Returns the inbox in which dropped guards request their heal.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Whether a cut, hold or impairment is in force.
    pub fn is_cut(&self, id: CutId) -> bool {
        self.cuts.is_active(id)
    }

    /// Lists the cuts in force with their names, oldest first.
    pub fn living_cuts(&self) -> impl Iterator<Item = (CutId, &str)> {
        self.cuts.living()
    }

    /// Returns whether no cut, hold or impairment is in force.
    #[inline(always)]
    pub(super) fn is_whole(&self) -> bool {
        self.cuts.is_whole()
    }

    /// Returns whether a cut covers a link on which something would arrive now: the cut counts it, and its cause is returned.
    #[inline]
    pub(super) fn drop_by_cut(&mut self, from: NodeId, to: NodeId) -> Option<u32> {
        if self.cuts.is_whole() {
            return None;
        }
        self.cuts.between(from, to).map(|cut| self.cuts.count_drop(cut))
    }
}

/// Classes of links.
impl Fabric {
    /// Adds a class of links. If several classes cover a link, the one added last applies.
    ///
    /// # Errors
    /// The model is invalid. No class was added.
    pub fn add_class(&mut self, name: &str, from: NodeSelector, to: NodeSelector, model: &LinkModel) -> Result<(), InvalidLink> {
        self.classes.add(name, from, to, model)
    }

    /// Sets the group and the region by which classes select a node.
    pub fn place(&mut self, node: NodeId, group: u16, region: u16) {
        self.classes.place(node, group, region);
    }

    /// The name of the class of links with that number, as in the records of changed links.
    pub fn class_name(&self, number: u32) -> &str {
        self.classes.name(number)
    }

    /// Returns the number of the class of a link.
    pub(super) fn class_between(&self, from: NodeId, to: NodeId) -> u16 {
        self.classes.of(from, to)
    }

    /// Returns the model that the links of a class have now.
    #[inline]
    pub(super) fn model(&self, class: u16) -> &LinkModel {
        &self.classes.get(class).link.model
    }

    /// Returns the names of the classes of links, in the order of their declaration.
    pub fn class_names(&self) -> impl Iterator<Item = &str> {
        self.classes.names()
    }

    /// Finds a class of links by its name, as in `default`.
    pub fn class_named(&self, name: &str) -> Option<ClassId> {
        self.classes.named(name)
    }

    /// Replaces the model of a class; messages in flight keep their fate.
    ///
    /// # Errors
    /// The model is invalid. The class is unchanged.
    pub fn set_model(&mut self, kernel: &mut Kernel, class: ClassId, model: &LinkModel) -> Result<(), InvalidLink> {
        self.classes.set_model(class, model)?;
        record_class(kernel, class);
        Ok(())
    }

    /// Drops messages of a class with probability `ratio`, independently of its model and other rules.
    ///
    /// A rule of the same name is replaced; a ratio of zero removes it.
    pub fn set_loss_rule(&mut self, kernel: &mut Kernel, class: ClassId, rule: &str, ratio: Ratio) {
        let cause = self.losses.number(LossCause::rule(rule));
        self.classes.set_rule(class, rule, cause, ratio);
        record_class(kernel, class);
    }

    /// Removes every loss rule and restores the model with which each class was added.
    pub(super) fn restore_links(&mut self, kernel: &mut Kernel) {
        for class in self.classes.restore() {
            record_class(kernel, class);
        }
    }

    /// Counts the messages that a rule in force has dropped since it was set; 0 for an unknown rule.
    pub fn dropped_by(&self, class: ClassId, rule: &str) -> u64 {
        self.classes.dropped_by(class, rule)
    }
}

fn record_class(kernel: &mut Kernel, class: ClassId) {
    kernel.record(Record { detail: u32::from(class.0), ..Record::of(kernel.now(), RecordKind::Links, NodeId::CLUSTER) });
}
