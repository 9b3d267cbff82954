//! Sends datagrams.

use cluster_sim_runtime::{RecordKind, fold};
use cluster_sim_types::NodeId;

use super::large::LARGE;
use super::{DatagramService, Flight};
use crate::message::{Label, Message};
use crate::network::fabric::{Arrival, Name, OnLink, Routed, Subject};
use crate::network::payload::{MessageRef, PayloadKind, Store, content_of};
use crate::network::ports::{HostPort, PortId};
use crate::network::service::Service;

impl DatagramService<'_> {
    /// Sends one message to a port of each node of `to`, in that order; `kind` must be that of `M`.
    ///
    /// # Panics
    /// A node does not exist. That is a bug of the sender, so the run ends with a finding about the sender.
    pub fn send<M: Message>(&mut self, from: NodeId, to: &[NodeId], (port, kind): (PortId, PayloadKind), label: Label, message: M) {
        let Ok(copies @ 1..) = u32::try_from(to.len()) else { return };
        let (content, length) = self.describe(kind, &message);
        let message = self.payloads.insert(kind, message, copies);
        let (label, slot, sent_to) = (label_key(label, content), message.slot, HostPort::new(port, kind));
        let letter = Letter { from, label, content, length, slot, sent_to };
        let carried: u32 = to.iter().map(|receiver| self.transmit(*receiver, letter)).sum();
        if carried != copies {
            self.payloads.set_references(message, carried);
        }
    }

    /// Sends one message of the sender's store to one node; `sent_to` is a port with the kind of the store.
    ///
    /// # Panics
    /// As [`send`](Self::send).
    #[inline(always)]
    pub fn send_one<M: Message>(
        &mut self,
        from: NodeId,
        to: NodeId,
        sent_to: HostPort,
        store: &Store<M>,
        label: Label,
        message: M,
    ) {
        let (content, length) = self.describe(sent_to.kind(), &message);
        let slot = store.insert(message, 1).slot;
        self.send_stored(to, Letter { from, label: label_key(label, content), content, length, slot, sent_to });
    }

    /// Sends one message to a port of one node; `kind` must be that of `M`.
    ///
    /// # Panics
    /// As [`send`](Self::send).
    #[inline(always)]
    pub fn send_to<M: Message>(&mut self, from: NodeId, to: NodeId, (port, kind): (PortId, PayloadKind), label: Label, message: M) {
        let (content, length) = self.describe(kind, &message);
        let (slot, sent_to) = (self.payloads.insert(kind, message, 1).slot, HostPort::new(port, kind));
        self.send_stored(to, Letter { from, label: label_key(label, content), content, length, slot, sent_to });
    }

    /// Sends a stored message to one receiver, and drops it if no copy of it travels.
    #[inline(always)]
    fn send_stored(&mut self, to: NodeId, letter: Letter) {
        let carried = self.transmit(to, letter);
        if carried != 1 {
            self.payloads.set_references(MessageRef { kind: letter.sent_to.kind(), slot: letter.slot }, carried);
        }
    }

    /// Returns the digest and the length of a message, and captures its text if texts are captured.
    #[inline(always)]
    fn describe<M: Message>(&mut self, kind: PayloadKind, message: &M) -> (u64, u32) {
        let (content, length) = content_of(message);
        self.payloads.capture(kind, content, message);
        // Known when compiled, for a type of one length.
        if length >= LARGE {
            self.again().count_large(length);
        }
        (content, length)
    }

    /// Puts a message on the link to one receiver. Returns how many copies are in flight.
    #[inline(always)]
    fn transmit(&mut self, to: NodeId, letter: Letter) -> u32 {
        let Some(incarnation) = self.kernel.incarnation_of(to) else { no_such_node(to, self.kernel.node_count()) };
        let Letter { from, label, content, length, slot, sent_to } = letter;
        let flight = Flight { from, to, label, content, length, incarnation, slot, sent_to, arrived: false };
        // Written to its slot before its fate is decided, as most arrive: so each field is written once, when it is known.
        let slot = self.datagrams.flights.insert(flight);
        self.fabric.counts.sent += 1;
        self.kernel.record(flight.record(self.kernel.now(), RecordKind::Send, from, to));

        let subject = Subject { service: Service::Datagram, from, to, name: Name::Label(label) };
        let on_link = self.fabric.enter(self.kernel, subject);
        match self.fabric.arrival_if_only_delayed(self.kernel, &on_link) {
            Some(arrival) => {
                self.depart(slot, arrival);
                1
            }
            None => self.again().transmit_by_fate(slot, on_link),
        }
    }

    #[inline(never)]
    fn transmit_by_fate(&mut self, slot: u32, on_link: OnLink) -> u32 {
        let flight = *self.datagrams.flights.get(slot);
        let mut journey = match self.fabric.decide_fate(self.kernel, on_link) {
            Routed::Carried(journey) => journey,
            Routed::Lost(cause) => {
                self.datagrams.flights.free(slot);
                self.lose(&flight, cause);
                return 0;
            }
        };
        let mut carried = 0;
        while let Some(arrival) = self.fabric.next_arrival(self.kernel, &mut journey) {
            let slot = if arrival.copy == 0 { slot } else { self.copy(flight) };
            self.depart(slot, arrival);
            carried += 1;
        }
        carried
    }

    /// Counts and records a further copy of a message. Returns the slot of its flight.
    #[cold]
    fn copy(&mut self, flight: Flight) -> u32 {
        self.fabric.counts.copied += 1;
        self.kernel.record(flight.record(self.kernel.now(), RecordKind::Copy, flight.from, flight.to));
        self.datagrams.flights.insert(flight)
    }

    /// Schedules the arrival of a flight.
    #[inline(always)]
    fn depart(&mut self, slot: u32, arrival: Arrival) {
        self.fabric.depart(self.kernel);
        self.fabric.schedule(self.kernel, (arrival.at, arrival.order), Service::Datagram, slot);
    }
}

/// A stored message and its sender, for each of its receivers.
#[derive(Debug, Clone, Copy)]
struct Letter {
    from: NodeId,
    label: u64,
    content: u64,
    length: u32,
    /// The slot of the message among those of its kind.
    slot: u32,
    /// The port to which it is sent, and its kind.
    sent_to: HostPort,
}

#[cold]
fn no_such_node(to: NodeId, nodes: u32) -> ! {
    panic!("it sends to {to}, but the cluster has n0 to n{}", nodes - 1);
}

/// Returns the key of a label, given the digest of the content.
#[inline]
fn label_key(label: Label, content: u64) -> u64 {
    match label {
        Label::Content => content,
        Label::Key { kind, id } => fold(u64::from(kind), id),
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::rc::Rc;
    use std::time::Duration;

    use cluster_sim_runtime::{Budget, Core, Engine, Hosts, NewLife, Seed, SeedSchedule, Step, Stepped, Wake};
    use cluster_sim_types::{Ratio, VirtualInstant};

    use super::*;
    use crate::network::{LinkModel, Network, NodeSelector};

    /// How often each message was received.
    type Received = Rc<RefCell<BTreeMap<u32, u32>>>;

    /// Nodes that count what they receive.
    struct Counting {
        store: Store<u32>,
        received: Received,
    }

    impl Hosts for Counting {
        fn boot(&mut self, _: usize, _: NewLife, _: &Core) {}
        fn step(&mut self, _: usize, wake: Wake, step: Step<'_>) {
            let Wake::Device(_, number) = wake else { return };
            let (network, kernel) = step.core.device::<Network>();
            let received = network.datagrams(kernel).recv(number, &self.store).expect("a message of its own kind");
            *self.received.borrow_mut().entry(received.message).or_default() += 1;
        }
        fn call(&mut self, _: usize, _: &mut dyn Any, _: Step<'_>) -> Result<(), Option<&'static str>> {
            Ok(())
        }
        fn crash(&mut self, _: usize) {}
        fn view<'a>(&'a self, _: usize, _: &'a Core) -> Option<&'a dyn Any> {
            None
        }
    }

    /// Two nodes, up, with links of this model, and what they have received.
    fn two_nodes(model: LinkModel) -> (Engine, [NodeId; 2], Received) {
        let mut engine = Engine::new(SeedSchedule::new(Seed(1)), Budget::default());
        let mut network = Network::new();
        network.fabric.add_class("tested", NodeSelector::Any, NodeSelector::Any, &model).unwrap();
        let (port, store) = (network.ports.port("main"), network.payloads.store::<u32>());
        for node in [NodeId(0), NodeId(1)] {
            network.ports.bind_host(node, port, store.kind());
        }
        engine.register(network);
        let received = Received::default();
        engine.add_group(Box::new(Counting { store, received: Rc::clone(&received) }));
        let nodes = ["one", "other"].map(|name| engine.add_node(name, Some(Duration::from_nanos(1))));
        run_until(&mut engine, VirtualInstant::ZERO + Duration::from_nanos(1));
        (engine, nodes, received)
    }

    fn run_until(engine: &mut Engine, until: VirtualInstant) {
        while engine.step(until) != Stepped::Idle {}
    }

    /// Sends the messages 0 to 9. Returns how many are in flight, and the slots that they took.
    fn send_ten(engine: &mut Engine, [from, to]: [NodeId; 2]) -> (u64, usize) {
        let (network, kernel) = engine.core.device::<Network>();
        let address = (network.ports.port("main"), network.payloads.kind::<u32>());
        (0..10_u32).for_each(|number| network.datagrams(kernel).send_to(from, to, address, Label::Content, number));
        (network.traffic().in_flight, network.datagrams.flights.slots())
    }

    #[test]
    fn a_message_lost_at_its_send_leaves_no_flight() {
        let (mut engine, nodes, _) = two_nodes(LinkModel { loss: Ratio::ONE, ..LinkModel::default() });
        assert_eq!(send_ten(&mut engine, nodes), (0, 1), "one slot, used ten times");
    }

    #[test]
    fn every_copy_arrives_from_a_flight_of_its_own() {
        let (mut engine, nodes, received) = two_nodes(LinkModel { duplicate: Ratio::ONE, ..LinkModel::default() });
        assert_eq!(send_ten(&mut engine, nodes), (20, 20));
        run_until(&mut engine, VirtualInstant::ZERO + Duration::from_secs(60));
        assert_eq!(*received.borrow(), (0..10).map(|number| (number, 2)).collect());
        assert_eq!(send_ten(&mut engine, nodes), (20, 20), "every slot was free again");
    }
}
