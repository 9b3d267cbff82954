//! The simulated network: carries messages between nodes and accounts for every one of them.

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
pub use classes::NodeSelector;
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

/// How many messages went where, as plain numbers.
#[derive(Debug, Default)]
struct Counts {
    sent: u64,
    copied: u64,
    delivered: u64,
}

/// The network: a device of the kernel.
///
/// Whatever is sent is delivered, dropped by a named cause, or under way: [`Network::traffic`] always balances.
pub struct Network {
    device: Option<DeviceId>,
    slabs: Vec<Box<dyn AnySlab>>,
    types: Vec<TypeId>,
    flights: Flights,
    /// By sender.
    link_tables: Vec<LinkTable>,
    /// By receiver; used while it is paused.
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
    /// What messages say, where somebody wants to read it.
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
    /// A network whose links are all of the default model.
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

    /// Tells the network under which id it was registered; it cannot send before.
    pub fn registered_as(&mut self, device: DeviceId) {
        self.device = Some(device);
    }

    fn device(&self) -> DeviceId {
        self.device.expect("a network is told its device id before its first message")
    }

    /// The kind of messages of type `M`.
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

    /// The port of that name, for datagrams and for sessions.
    pub fn port(&mut self, name: &str) -> PortId {
        self.port_names.port(name)
    }

    /// Has the machine that a node hosts take every message that comes to this port and every session that is asked for there, for all
    /// its lives.
    pub fn bind_host(&mut self, node: NodeId, port: PortId) {
        self.sockets.bind_host(node, port);
    }

    /// Binds a port of a node, until it is unbound or the node's life ends.
    ///
    /// # Errors
    /// If the node bound it already; nothing was done.
    pub fn bind<M: Message>(&mut self, node: NodeId, name: &str) -> Result<(PortId, PayloadKind), PortInUse> {
        let (port, kind) = (self.port(name), self.kind::<M>());
        if self.sockets.bind(node, port, kind) { Ok((port, kind)) } else { Err(self.port_in_use(port)) }
    }

    fn port_in_use(&self, port: PortId) -> PortInUse {
        PortInUse { name: self.port_names.name(port).to_owned() }
    }

    /// Takes a port of a node away; what was not taken from it is lost.
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

    /// The fate of every message so far.
    pub fn traffic(&self) -> Traffic {
        let Counts { sent, copied, delivered } = self.counts;
        let sessions = self.sessions.traffic().clone();
        Traffic { sent, copied, delivered, in_flight: self.in_flight(), dropped: self.losses.by_cause(), sessions }
    }

    /// Messages under way, by themselves and in sessions.
    #[inline]
    fn in_flight(&self) -> u64 {
        self.flights.len() + self.sessions.traffic().in_flight.messages
    }

    /// The cause with that number, as in the record of the drop of a message to `to`.
    pub fn cause(&self, number: u32, to: NodeId) -> LossCause {
        self.losses.cause(number, to)
    }

    /// Counts losses to a node under [`LossKind::AbsentNode`](cluster_sim_types::LossKind::AbsentNode): the scenario is run without it.
    pub fn mark_absent(&mut self, node: NodeId) {
        self.losses.mark_absent(node);
    }

    /// The name of the class of links with that number, as in the records of changed links.
    pub fn class_name(&self, number: u32) -> &str {
        self.classes.name(number)
    }

    /// Keeps every fate decided from here on, for comparing two runs. Memory grows with every message.
    pub fn keep_fates(&mut self) {
        self.fate_records.get_or_insert_default();
        self.sessions.keep_fates();
    }

    /// The fates of datagrams kept so far, in the order in which they were decided.
    pub fn fates(&self) -> &[FateRecord] {
        self.fate_records.as_deref().unwrap_or_default()
    }

    /// Puts a cut in force: nothing from one side reaches the other, nor back if it cuts both ways.
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

    /// The guard of a cut that never was, for whoever asks when nothing can be cut any more.
    pub fn no_cut(&self) -> NetworkPartition {
        NetworkPartition::new(CutId(u64::MAX), Arc::clone(&self.control), DropCount::default())
    }

    /// Heals one cut; false if it was not in force.
    pub fn heal(&mut self, kernel: &mut Kernel, id: CutId) -> bool {
        let healed = self.cuts.heal(id);
        if healed {
            kernel.record(Record { label: id.0, ..Record::of(kernel.now(), RecordKind::Heal, NodeId::CLUSTER) });
        }
        healed
    }

    /// Heals every cut; guards that still live do nothing more.
    pub fn heal_all(&mut self, kernel: &mut Kernel) {
        let living: Vec<CutId> = self.cuts.living().map(|(id, _)| id).collect();
        for id in living {
            self.heal(kernel, id);
        }
    }

    /// Carries out what guards asked for since the last step.
    pub fn apply_heals(&mut self, kernel: &mut Kernel) {
        for id in self.control.take() {
            self.heal(kernel, id);
        }
    }

    /// Where guards leave what they ask for.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// The cuts in force with their names, in the order in which they were made.
    pub fn living_cuts(&self) -> impl Iterator<Item = (CutId, &str)> {
        self.cuts.living()
    }

    /// Adds a class of links of that model; later classes win over earlier ones where both match.
    ///
    /// # Errors
    /// If the model cannot be; no class was added.
    pub fn add_class(&mut self, name: &str, from: NodeSelector, to: NodeSelector, model: &LinkModel) -> Result<(), InvalidLink> {
        self.classes.add(name, from, to, model)
    }

    /// Gives a node the group and region by which classes select it.
    pub fn place(&mut self, node: NodeId, group: u16, region: u16) {
        self.classes.place(node, group, region);
    }

    /// Changes the model of the class of that name from now on; messages under way keep their fate. False if there is none.
    ///
    /// # Errors
    /// If the model cannot be; the class is as it was.
    pub fn set_model(&mut self, kernel: &mut Kernel, class: &str, model: &LinkModel) -> Result<bool, InvalidLink> {
        let changed = self.classes.set_model(class, model)?;
        self.record_class(kernel, changed);
        Ok(changed.is_some())
    }

    /// Loses messages of the class of that name by a further trial of its own; a rule of the same name is replaced, and a ratio of zero
    /// takes the rule away. False if there is no such class.
    pub fn set_loss_rule(&mut self, kernel: &mut Kernel, class: &str, rule: &str, ratio: Ratio) -> bool {
        let cause = self.losses.number(LossCause::rule(rule));
        let changed = self.classes.set_rule(class, rule, cause, ratio);
        self.record_class(kernel, changed);
        changed.is_some()
    }

    /// Takes away every loss rule, and gives every class the model it was added with.
    pub fn restore_links(&mut self, kernel: &mut Kernel) {
        for class in self.classes.restore() {
            self.record_class(kernel, Some(class));
        }
    }

    fn record_class(&self, kernel: &mut Kernel, changed: Option<u16>) {
        if let Some(class) = changed {
            kernel.record(Record { detail: u32::from(class), ..Record::of(kernel.now(), RecordKind::Links, NodeId::CLUSTER) });
        }
    }

    /// The messages that the rule of that name on that class ate since it came into force; 0 if it is not in force.
    pub fn dropped_by(&self, class: &str, rule: &str) -> u64 {
        self.classes.dropped_by(class, rule)
    }

    /// Counts one copy of a message as lost.
    #[cold]
    fn lose(&mut self, kernel: &mut Kernel, flight: &Flight, cause: u32) {
        self.losses.count(cause, flight.to);
        kernel.record(Record { detail: cause, ..flight.record(kernel.now(), RecordKind::Drop, flight.from, flight.to) });
    }

    /// Loses a message that is under way, and takes it off the air.
    fn lose_flight(&mut self, kernel: &mut Kernel, slot: u32, cause: u32) {
        let flight = self.flights.remove(slot);
        self.lose(kernel, &flight, cause);
        self.slabs[usize::from(flight.kind.0)].release(flight.message);
    }
}
