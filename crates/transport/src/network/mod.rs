//! The simulated network: one fabric, and the services that use it.
//!
//! # The way of a message
//!
//! 1. A sender calls a service: [`DatagramService::send`], [`SessionService::send`].
//! 2. The service stores the message in [`Payloads`], by its type, and counts and records the send.
//! 3. It puts a subject on the link: `Fabric::route` decides cut, loss, rules, delay, reordering and copies at once, and says
//!    when the subject arrives and in which order among the events of that instant.
//! 4. The service keeps what arrives in a slot (a flight, a segment) and schedules it with the kernel.
//! 5. The kernel fires the event; [`Network`] passes it to its service. A cut or the state of the receiver can still lose it.
//! 6. The service wakes the host of the node, or the tasks that wait at a port or an endpoint.
//! 7. The receiver takes the message out of [`Payloads`] through the service, which counts and records the delivery.
//!
//! # Parts
//!
//! | part | content |
//! |---|---|
//! | [`fabric`] | links and their classes, cuts, loss rules, the route of a subject, the causes of loss |
//! | [`datagram`] | single messages: flights, inboxes, bound ports |
//! | [`session`] | ordered messages with retransmission: connections, segments, notices, timers |
//! | [`payload`] | the messages in flight by type; digests and texts of messages |
//! | `ports.rs`, `waiters.rs`, `wait_reason.rs` | what the services share: names of ports, waiting tasks |
//! | `flows.rs` | messages in flight by sender, receiver and port, for a run that ends because they are too many |
//!
//! A service is a folder, a variant of [`Service`], a field of [`Network`], and a line in each function of its `Device`. It uses
//! the fabric and the payloads; the fabric knows no service's content, and services do not know each other.
//!
//! # Accounting
//!
//! `sent + copied = delivered + in_flight + lost`, and every loss has a named cause. This also holds for the messages and the
//! bytes of sessions alone. Tests: `every_message_is_delivered_dropped_by_cause_or_in_flight`,
//! `machine_sessions_stay_ordered_and_complete_under_any_faults` and `node_sessions_stay_ordered_and_complete_under_any_faults`,
//! over random links and plans.

mod datagram;
mod fabric;
mod flows;
mod payload;
mod ports;
mod service;
mod session;
mod wait_reason;
mod waiters;

use cluster_sim_runtime::{Device, DeviceId, HostWake, Kernel, LifeEnd, TaskId, Waiting};
use cluster_sim_types::{Incarnation, NodeId, Traffic};

pub use datagram::{DatagramService, INBOX_CAPACITY, PortBinding, PortWait, Readiness};
pub use fabric::{
    ClassId, Control, CutId, DropCount, Fabric, Fate, FateRecord, Impairment, InvalidLink, LinkModel, LinkOrder, NetworkPartition,
    NodeSelector, StaleDelivery,
};
pub use flows::Flow;
pub use payload::{CapturedMessage, PayloadKind, Payloads, Store, content_of, describe};
pub use ports::{HostPort, PortId, Ports};
pub use service::Service;
pub use session::{
    BACKLOG_CAPACITY, EndpointWait, MachineNotice, Notice, SESSION_NOTICE, SendRefused, SessionId, SessionRecv, SessionService,
    SessionStage, SessionState,
};
pub use wait_reason::NetworkWait;
pub use waiters::WaitKey;

use datagram::Datagrams;
use session::Sessions;

/// The simulated network, a device of the kernel.
///
/// Every message sent is delivered, dropped by a named cause, or in flight: [`Network::traffic`] always balances.
#[derive(Default)]
pub struct Network {
    /// Links, cuts and losses.
    pub fabric: Fabric,
    /// The messages in flight.
    pub payloads: Payloads,
    /// The ports of all nodes.
    pub ports: Ports,
    datagrams: Datagrams,
    sessions: Sessions,
}

impl Network {
    /// Creates a network whose links all have the default model.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares that a node runs tasks, which wait at its endpoints and ports.
    ///
    /// Such a node is never woken with [`SESSION_NOTICE`].
    pub fn run_tasks(&mut self, node: NodeId) {
        self.sessions.run_tasks(node);
    }

    /// Whether a node runs tasks.
    pub fn runs_tasks(&self, node: NodeId) -> bool {
        self.sessions.runs_tasks(node)
    }

    /// Returns the datagram service.
    #[inline(always)]
    pub fn datagrams<'a>(&'a mut self, kernel: &'a mut Kernel) -> DatagramService<'a> {
        let Self { fabric, payloads, ports, datagrams, .. } = self;
        DatagramService { kernel, fabric, payloads, ports, datagrams }
    }

    /// Returns the session service.
    #[inline(always)]
    pub fn sessions<'a>(&'a mut self, kernel: &'a mut Kernel) -> SessionService<'a> {
        let Self { fabric, payloads, ports, sessions, .. } = self;
        SessionService { kernel, fabric, payloads, ports, sessions }
    }

    /// Counts all messages so far by their fate.
    pub fn traffic(&self) -> Traffic {
        let (fabric, sessions) = (&self.fabric, self.sessions.traffic().clone());
        let fabric::Counts { sent, copied, delivered, .. } = fabric.counts;
        Traffic { sent, copied, delivered, in_flight: fabric.in_flight(), dropped: fabric.losses.by_cause(), sessions }
    }

    /// Returns the reason in the form in which a task reports it to the kernel.
    #[inline]
    pub fn waits_for(&self, what: NetworkWait) -> Waiting {
        Waiting::Device(self.fabric.device(), what.pack())
    }
}

impl Device for Network {
    fn registered(&mut self, id: DeviceId) {
        self.fabric.registered_as(id);
    }

    #[inline]
    fn fire(&mut self, kernel: &mut Kernel, number: u32) -> Option<HostWake> {
        let woken = match Service::of_event(number) {
            (Service::Datagram, slot) => self.datagrams(kernel).fire(slot),
            (Service::Session, slot) => self.sessions(kernel).fire(slot),
        };
        woken.map(|(node, number)| HostWake::new(node, number))
    }

    fn life_ended(&mut self, kernel: &mut Kernel, node: NodeId, _: Incarnation, _: LifeEnd) {
        for number in kernel.take_waiting(node, self.fabric.device()) {
            match Service::of_event(number) {
                (Service::Datagram, slot) => self.datagrams(kernel).lose_waiting(slot),
                (Service::Session, slot) => self.sessions(kernel).forget_wake(slot),
            }
        }
        self.datagrams(kernel).life_ended(node);
        self.sessions(kernel).life_ended(node);
    }

    fn node_resumed(&mut self, kernel: &mut Kernel, node: NodeId) {
        self.datagrams(kernel).node_resumed(node);
        self.sessions(kernel).node_resumed(node);
    }

    fn fault_phase_ended(&mut self, kernel: &mut Kernel) {
        self.fabric.restore_links(kernel);
    }

    fn waits(&self) -> Vec<(TaskId, u64)> {
        self.datagrams.waits().map(|(task, port)| (task, NetworkWait::Datagram(port).pack())).collect()
    }

    fn describe(&self, kernel: &Kernel, what: u64) -> String {
        NetworkWait::unpack(what).describe(&self.ports, kernel)
    }
}
