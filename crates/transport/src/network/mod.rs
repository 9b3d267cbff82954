//! The simulated network: links, cuts, fates of datagrams, and sessions.
//!
//! # Links
//!
//! A **class of links** is a name, two selectors (all nodes, a group, a region) and a [`LinkModel`]. The last class that covers
//! both ends of a link applies (`classes.rs`). A link exists from its first message on, in its sender's table, and resolves its
//! class then; there is no table of all pairs (`link_table.rs`).
//!
//! # One datagram
//!
//! [`Network::send`] decides everything random about a message at once (`send.rs`) and schedules its arrival. On arrival a cut or
//! the state of the receiver can still prevent delivery (`deliver.rs`). A copy in flight to one receiver is a **flight**
//! (`in_flight.rs`); the message itself lies in the slab of its type (`payload.rs`). The content is represented by its digest and
//! encoded length (`digest.rs`). Random choices are addressed by link, label, epoch and repeat (`send_counts.rs`).
//!
//! A **cut** (`cut.rs`) is in force while its guard [`NetworkPartition`] lives (`partition.rs`).
//!
//! [Sessions](session) use the same links, cuts and losses, segment by segment.
//!
//! # Accounting
//!
//! `sent + copied = delivered + in_flight + lost`, and every loss has a named cause (`fate.rs`). This also holds for the messages
//! and the bytes of sessions alone. Tests: `every_message_is_delivered_dropped_by_cause_or_in_flight`,
//! `machine_sessions_stay_ordered_and_complete_under_any_faults` and `node_sessions_stay_ordered_and_complete_under_any_faults`,
//! over random links and plans.
//!
//! The table of sends belongs to the network, so the fates of repeats survive a crash of the sender.

mod capture;
mod classes;
mod cut;
mod deliver;
mod describe;
mod digest;
mod fate;
mod in_flight;
mod link_table;
mod model;
mod partition;
mod payload;
mod port_names;
mod ports;
mod send;
mod send_counts;
mod session;
mod wait_reason;
mod waiters;

use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::sync::Arc;

use cluster_sim_runtime::{DeviceId, Kernel, Record, RecordKind, Seed};
use cluster_sim_types::{LossCause, NodeId, Ratio, Traffic};

pub use capture::CapturedMessage;
use classes::Classes;
pub use classes::{ClassId, NodeSelector};
use cut::Cuts;
pub use cut::{CutId, DropCount};
pub use digest::content_of;
use fate::{Cause, Losses};
pub use fate::{Fate, FateRecord};
use in_flight::{Flight, Flights};
use link_table::LinkTable;
pub use model::{InvalidLink, LinkModel, LinkOrder, StaleDelivery};
pub use partition::{Control, NetworkPartition};
pub use payload::PayloadKind;
use payload::{AnySlab, Slab};
pub use port_names::PortId;
use port_names::PortNames;
use ports::Ports;
use send::DelayRolls;
use session::Sessions;
pub use session::{
    BACKLOG_CAPACITY, EndpointWait, MachineNotice, Notice, SendRefused, SessionId, SessionRecv, SessionStage, SessionState,
};
pub use wait_reason::NetworkWait;
pub use waiters::WaitKey;

pub use deliver::INBOX_CAPACITY;
pub use describe::describe;

use crate::error::PortInUse;
use crate::message::Message;

#[derive(Debug, Default)]
struct Counts {
    sent: u64,
    copied: u64,
    delivered: u64,
}

/// The simulated network, a device of the kernel.
///
/// Every message sent is delivered, dropped by a named cause, or in flight: [`Network::traffic`] always balances.
pub struct Network {
    device: Option<DeviceId>,
    slabs: Vec<Box<dyn AnySlab>>,
    types: Vec<TypeId>,
    flights: Flights,
    /// Indexed by sender.
    link_tables: Vec<LinkTable>,
    /// Indexed by receiver; used while the receiver is paused.
    inboxes: Vec<VecDeque<u32>>,
    port_names: PortNames,
    sockets: Ports,
    classes: Classes,
    delay_rolls: DelayRolls,
    cuts: Cuts,
    losses: Losses,
    counts: Counts,
    control: Arc<Control>,
    fate_records: Option<Vec<FateRecord>>,
    /// The content of messages as text, while a recording captures it.
    captured: Option<Vec<CapturedMessage>>,
    /// By kind of message: the function that describes it, if its type has one of its own.
    describers: Vec<Option<Box<dyn Any>>>,
    sessions: Sessions,
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

impl Network {
    /// Creates a network whose links all have the default model.
    pub fn new() -> Self {
        Self {
            device: None,
            slabs: Vec::new(),
            types: Vec::new(),
            flights: Flights::new(),
            link_tables: Vec::new(),
            inboxes: Vec::new(),
            port_names: PortNames::default(),
            sockets: Ports::default(),
            classes: Classes::new(),
            delay_rolls: DelayRolls::new(Seed(0)),
            cuts: Cuts::default(),
            losses: Losses::default(),
            counts: Counts::default(),
            control: Arc::default(),
            fate_records: None,
            captured: None,
            describers: Vec::new(),
            sessions: Sessions::default(),
        }
    }

    fn device(&self) -> DeviceId {
        self.device.expect("a network is registered before its first message")
    }

    /// Returns the kind that stands for the message type `M`, registering it on first use.
    pub fn kind<M: Message>(&mut self) -> PayloadKind {
        let identity = TypeId::of::<M>();
        let known = self.types.iter().position(|known| *known == identity);
        let index = known.unwrap_or_else(|| {
            self.types.push(identity);
            self.slabs.push(Box::new(Slab::<M>::new()));
            self.types.len() - 1
        });
        PayloadKind(u16::try_from(index).expect("a simulation has fewer than 65,536 message types"))
    }

    /// Returns the number of a port name; datagrams and sessions share port names.
    pub fn port(&mut self, name: &str) -> PortId {
        self.port_names.port(name)
    }

    /// Delivers all messages and sessions for a port of a node to its host, in all its lives.
    pub fn bind_host(&mut self, node: NodeId, port: PortId) {
        self.sockets.bind_host(node, port);
    }

    /// Binds a port of a node until it is unbound or the node's life ends.
    ///
    /// # Errors
    /// The node has bound the port already. Nothing changed.
    pub fn bind<M: Message>(&mut self, node: NodeId, name: &str) -> Result<(PortId, PayloadKind), PortInUse> {
        let (port, kind) = (self.port(name), self.kind::<M>());
        if self.sockets.bind(node, port, kind) { Ok((port, kind)) } else { Err(self.port_in_use(port)) }
    }

    fn port_in_use(&self, port: PortId) -> PortInUse {
        PortInUse { name: self.port_names.name(port).to_owned() }
    }

    /// Unbinds a port of a node. Unread messages are lost as `port_closed`.
    pub fn unbind(&mut self, kernel: &mut Kernel, node: NodeId, port: PortId) {
        for slot in self.sockets.unbind(node, port) {
            self.lose_arrived(kernel, slot, Cause::PortClosed);
        }
    }

    #[inline]
    fn slab<M: Message>(&mut self, kind: PayloadKind) -> &mut Slab<M> {
        let slab: &mut dyn Any = &mut *self.slabs[usize::from(kind.0)];
        slab.downcast_mut().expect("a payload kind is used with the type it was made for")
    }

    /// Counts all messages so far by their fate.
    pub fn traffic(&self) -> Traffic {
        let Counts { sent, copied, delivered } = self.counts;
        let sessions = self.sessions.traffic().clone();
        Traffic { sent, copied, delivered, in_flight: self.in_flight(), dropped: self.losses.by_cause(), sessions }
    }

    /// Counts the messages in flight, datagrams and those of sessions.
    #[inline]
    fn in_flight(&self) -> u64 {
        self.flights.len() + self.sessions.traffic().in_flight.messages
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

    /// The name of the class of links with that number, as in the records of changed links.
    pub fn class_name(&self, number: u32) -> &str {
        self.classes.name(number)
    }

    /// Keeps every fate from now on, for comparing two runs. Memory grows with every message.
    pub fn keep_fates(&mut self) {
        self.fate_records.get_or_insert_default();
        self.sessions.keep_fates();
    }

    /// Returns the kept fates of datagrams, in the order of the sends.
    pub fn fates(&self) -> &[FateRecord] {
        self.fate_records.as_deref().unwrap_or_default()
    }

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

    /// Heals one cut. Returns `false` if it was not in force.
    pub fn heal(&mut self, kernel: &mut Kernel, id: CutId) -> bool {
        let healed = self.cuts.heal(id);
        if healed {
            kernel.record(Record { label: id.0, ..Record::of(kernel.now(), RecordKind::Heal, NodeId::CLUSTER) });
        }
        healed
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

    /// Whether a cut is in force.
    pub fn is_cut(&self, id: CutId) -> bool {
        self.cuts.is_active(id)
    }

    /// Lists the cuts in force with their names, oldest first.
    pub fn living_cuts(&self) -> impl Iterator<Item = (CutId, &str)> {
        self.cuts.living()
    }

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
        self.record_class(kernel, class);
        Ok(())
    }

    /// Drops messages of a class with probability `ratio`, independently of its model and other rules.
    ///
    /// A rule of the same name is replaced; a ratio of zero removes it.
    pub fn set_loss_rule(&mut self, kernel: &mut Kernel, class: ClassId, rule: &str, ratio: Ratio) {
        let cause = self.losses.number(LossCause::rule(rule));
        self.classes.set_rule(class, rule, cause, ratio);
        self.record_class(kernel, class);
    }

    /// Removes every loss rule and restores the model with which each class was added.
    fn restore_links(&mut self, kernel: &mut Kernel) {
        for class in self.classes.restore() {
            self.record_class(kernel, class);
        }
    }

    fn record_class(&self, kernel: &mut Kernel, class: ClassId) {
        kernel.record(Record { detail: u32::from(class.0), ..Record::of(kernel.now(), RecordKind::Links, NodeId::CLUSTER) });
    }

    /// Counts the messages that a rule in force has dropped since it was set; 0 for an unknown rule.
    pub fn dropped_by(&self, class: ClassId, rule: &str) -> u64 {
        self.classes.dropped_by(class, rule)
    }

    /// Counts and records the loss of one copy of a message.
    #[cold]
    fn lose(&mut self, kernel: &mut Kernel, flight: &Flight, cause: u32) {
        self.losses.count(cause, flight.to);
        kernel.record(Record { detail: cause, ..flight.record(kernel.now(), RecordKind::Drop, flight.from, flight.to) });
    }

    /// Loses a message in flight and frees its flight.
    fn lose_flight(&mut self, kernel: &mut Kernel, slot: u32, cause: u32) {
        let flight = self.flights.remove(slot);
        self.lose(kernel, &flight, cause);
        self.slabs[usize::from(flight.kind.0)].release(flight.message);
    }
}
