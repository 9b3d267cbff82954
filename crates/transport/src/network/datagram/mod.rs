//! Datagrams: single messages, each with a fate of its own.
//!
//! [`DatagramService::send`] puts a message on the link to each receiver (`send.rs`). A copy in flight to one receiver is a
//! **flight** (`in_flight.rs`). Its arrival is handed to the host of the node, or waits at a port that a task bound
//! (`deliver.rs`, `bound_ports.rs`) until the receiver takes it (`recv.rs`, `readiness.rs`). `large.rs` bounds the bytes in flight.

mod bound_ports;
mod deliver;
mod in_flight;
mod large;
mod readiness;
mod recv;
mod send;

use std::collections::VecDeque;

use cluster_sim_runtime::{Kernel, Order, TaskId};
use cluster_sim_types::NodeId;

use super::fabric::{Cause, Fabric};
use super::payload::Payloads;
use super::ports::{PortId, Ports};
use super::service::Service;
use bound_ports::BoundPorts;
pub(super) use in_flight::Flight;
use in_flight::Flights;
pub use readiness::{PortWait, Readiness};
pub use recv::PortBinding;

/// How many messages wait for a paused node or at a port; further ones are dropped.
pub const INBOX_CAPACITY: usize = 256;

/// The datagrams of a network.
#[derive(Debug, Default)]
pub(super) struct Datagrams {
    flights: Flights,
    /// Indexed by receiver; used while the receiver is paused.
    inboxes: Vec<VecDeque<u32>>,
    bound: BoundPorts,
    handed: Handed,
    /// Bytes of large messages that were sent since those in flight were summed.
    large_sent: u64,
}

/// The message that is handed to the host woken with [`HANDED`], which takes it in the same step.
#[derive(Debug, Clone, Copy)]
struct Handed {
    from: NodeId,
    /// The slot in the store of the host's own messages.
    slot: u32,
}

/// The number with which a host is woken for a message that was delivered already.
const HANDED: u32 = u32::MAX - 1;

impl Default for Handed {
    fn default() -> Self {
        Self { from: NodeId::CLUSTER, slot: u32::MAX }
    }
}

impl Datagrams {
    /// Lists the tasks that wait at a port without having told the kernel, with the port.
    pub(super) fn waits(&self) -> impl Iterator<Item = (TaskId, PortId)> {
        self.bound.waits()
    }

    /// Lists the flights in use.
    pub(super) fn in_flight(&self) -> impl Iterator<Item = &Flight> {
        self.flights.used()
    }

    fn inbox(&mut self, node: NodeId) -> &mut VecDeque<u32> {
        if self.inboxes.len() <= node.index() {
            self.inboxes.resize_with(node.index() + 1, Default::default);
        }
        &mut self.inboxes[node.index()]
    }
}

/// The datagrams of a network, for one call, with what they use of the simulation.
pub struct DatagramService<'a> {
    pub(super) kernel: &'a mut Kernel,
    pub(super) fabric: &'a mut Fabric,
    pub(super) payloads: &'a mut Payloads,
    pub(super) ports: &'a mut Ports,
    pub(super) datagrams: &'a mut Datagrams,
}

impl DatagramService<'_> {
    /// Borrows the service anew, for a call that is not inlined: its caller can then keep the parts in registers.
    #[inline(always)]
    fn again(&mut self) -> DatagramService<'_> {
        let Self { kernel, fabric, payloads, ports, datagrams } = self;
        DatagramService { kernel, fabric, payloads, ports, datagrams }
    }

    /// Loses what waits for a node whose life ended.
    pub(super) fn life_ended(&mut self, node: NodeId) {
        for slot in std::mem::take(self.datagrams.inbox(node)) {
            self.lose_flight(slot, Cause::InboxLost as u32);
        }
        for slot in self.datagrams.bound.unbind_all(node) {
            self.lose_flight(slot, Cause::InboxLost as u32);
        }
    }

    /// Loses a message that waited for a busy node whose life ended.
    pub(super) fn lose_waiting(&mut self, slot: u32) {
        self.lose_flight(slot, Cause::InboxLost as u32);
    }

    /// Delivers what waits for a node that was resumed, in the order of arrival and before all other events of this instant.
    pub(super) fn node_resumed(&mut self, node: NodeId) {
        // All get the first order of this instant, and keep the order of their arrival by their sequence numbers.
        let now = self.kernel.now();
        for slot in std::mem::take(self.datagrams.inbox(node)) {
            self.fabric.schedule(self.kernel, (now, Order::FIRST), Service::Datagram, slot);
        }
    }

    /// Loses a message in flight and frees its flight.
    fn lose_flight(&mut self, slot: u32, cause: u32) {
        let flight = self.datagrams.flights.remove(slot);
        self.fabric.land();
        self.payloads.release(flight.message());
        self.lose(&flight, cause);
    }

    /// Counts and records the loss of one copy of a message.
    #[cold]
    fn lose(&mut self, flight: &Flight, cause: u32) {
        self.fabric.losses.count(cause, flight.to);
        self.kernel.record(flight.lost(self.kernel.now(), cause));
    }
}
