//! Sending: everything that chance decides about a message is decided here.

use std::time::Duration;

use cluster_sim_runtime::{Address, Dice, Exhausted, Kernel, Order, Rank, RecordKind, Seed, Stream};
use cluster_sim_vocabulary::{Incarnation, NodeId, Ratio, VirtualInstant};

use super::classes::{Class, Classes};
use super::content::content_of;
use super::fate::{Cause, Decided, Fate};
use super::model::LinkOrder;
use super::payload::{PayloadKind, label_key};
use super::peers::{Link, Peers};
use super::ports::PortId;
use super::repeats::epoch_of;
use super::{Flight, Network};
use crate::message::{Label, Message};

const LOSS: Stream = Stream::named("loss");
pub(super) const DELAY: Stream = Stream::named("delay");
const DUPLICATE: Stream = Stream::named("duplicate");
const REORDER: Stream = Stream::named("reorder");
const REORDER_BY: Stream = Stream::named("reorder by");

/// The streams that every message is rolled in, under the seed in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fates {
    seed: Seed,
    loss: Dice,
    delay: Dice,
}

impl Fates {
    pub(super) const fn new(seed: Seed) -> Self {
        Self { seed, loss: seed.dice(LOSS), delay: seed.dice(DELAY) }
    }
}

impl Network {
    /// Sends one message to that port of each of `to`, in that order; `kind` must be that of `M`.
    ///
    /// # Panics
    /// If there is no such node: the sender's mistake, and so a finding about the sender.
    pub fn send<M: Message>(
        &mut self,
        kernel: &mut Kernel,
        from: NodeId,
        to: &[NodeId],
        (port, kind): (PortId, PayloadKind),
        label: Label,
        message: M,
    ) {
        if to.is_empty() {
            return;
        }
        let (content, length) = content_of(&message);
        let label = label_key(label, content);
        self.look_up_fates(kernel);
        let copies = to.len() as u32;
        let message = self.slab::<M>(kind).insert(message, copies);
        let mut flight = Flight {
            from,
            to: from,
            label,
            content,
            length,
            incarnation: Incarnation(0),
            message,
            kind,
            port,
            class: 0,
            arrived: false,
        };
        let mut carried = 0;
        for receiver in to {
            carried += self.transmit(kernel, *receiver, &mut flight);
        }
        if carried != copies {
            self.slabs[usize::from(kind.0)].set_references(message, carried);
        }
    }

    /// Rolls under the seed in force from here on.
    #[inline]
    pub(super) fn look_up_fates(&mut self, kernel: &Kernel) {
        if kernel.seed() != self.fates.seed {
            self.fates = Fates::new(kernel.seed());
        }
    }

    /// Decides what becomes of a message on its way to one receiver; answers with how many copies of it are under way.
    #[inline(always)]
    fn transmit(&mut self, kernel: &mut Kernel, to: NodeId, flight: &mut Flight) -> u32 {
        let nodes = kernel.node_count();
        assert!(to.0 < nodes, "it sends to {to}, but the cluster has n0 to n{}", nodes - 1);
        let (now, from) = (kernel.now(), flight.from);
        let link = link_between(&mut self.peers, &self.classes, kernel, from, to);
        let address = link.address_of(flight.label, epoch_of(now));
        let class = self.classes.get(link.class);
        (flight.to, flight.incarnation, flight.class) = (to, kernel.incarnation(to), link.class);

        self.counts.sent += 1;
        kernel.record(flight.record(now, RecordKind::Send, from, to));

        let cut = if self.cuts.is_whole() { None } else { self.cuts.between(from, to) };
        let (fate, held_back) = match cut {
            Some(cut) => (Fate::Lost { cause: self.cuts.eat(cut) }, false),
            None if class.is_plain => {
                let after = class.link.delay.sample(self.fates.delay.roll(address));
                (Fate::Carried { after, copies: 0 }, false)
            }
            None => decide(kernel, &self.fates, class, address),
        };
        if let Some(decided) = &mut self.decided {
            decided.push(Decided { address: address.key(), fate });
        }
        let (after, copies) = match fate {
            Fate::Lost { cause } => {
                self.lose(kernel, flight, cause);
                return 0;
            }
            Fate::Carried { after, copies } => (after, copies),
        };
        let mut arrival = now.after_nanoseconds(after);
        let rank = Rank(class.link.model.precedence);
        let mut in_order = None;
        if class.link.model.order == LinkOrder::Fifo && !held_back {
            arrival = arrival.max(link.last_arrival);
            link.last_arrival = arrival;
            // Messages of one link that arrive at one instant share an order, so that they keep the sequence of their sending.
            in_order = Some((arrival, link.address));
        }
        let about = in_order.map_or(address, |(_, link)| link);
        self.carry(kernel, flight, arrival, Order::new(rank, about));
        for copy in 1..=u64::from(copies) {
            self.copy(kernel, flight, address.number(copy), rank, in_order);
        }
        1 + u32::from(copies)
    }

    /// Sends a further copy, with a delay of its own; a copy is never lost at the send and never copied again.
    ///
    /// On a link in order it comes no earlier than the message itself, whose arrival and link are `in_order`: otherwise its content would
    /// overtake the messages that the message waits for.
    #[cold]
    fn copy(
        &mut self,
        kernel: &mut Kernel,
        flight: &Flight,
        address: Address,
        rank: Rank,
        in_order: Option<(VirtualInstant, Address)>,
    ) {
        self.counts.copied += 1;
        let now = kernel.now();
        kernel.record(flight.record(now, RecordKind::Copy, flight.from, flight.to));
        let after = self.classes.get(flight.class).link.delay.sample(self.fates.delay.roll(address));
        let drawn = now.after_nanoseconds(after);
        let (arrival, about) = match in_order {
            None => (drawn, address),
            Some((earliest, link)) => (drawn.max(earliest), link),
        };
        self.carry(kernel, flight, arrival, Order::new(rank, about));
    }

    #[inline(always)]
    fn carry(&mut self, kernel: &mut Kernel, flight: &Flight, arrival: VirtualInstant, order: Order) {
        let slot = self.flights.insert(*flight);
        let bound = kernel.budget().messages_in_flight;
        if self.in_flight() > bound {
            kernel.exhaust(Exhausted::MessagesInFlight(bound));
        }
        kernel.schedule(arrival, order, self.device(), slot);
    }
}

/// The link from one node to another, from the first message on.
#[inline(always)]
pub(super) fn link_between<'a>(
    peers: &'a mut Vec<Peers>,
    classes: &Classes,
    kernel: &Kernel,
    from: NodeId,
    to: NodeId,
) -> &'a mut Link {
    if peers.len() <= from.index() {
        peers.resize_with(from.index() + 1, Default::default);
    }
    peers[from.index()].link(to, kernel.now(), || (address_between(kernel, from, to), classes.of(from, to)))
}

/// What names the link between two nodes in every run: their declared names.
fn address_between(kernel: &Kernel, from: NodeId, to: NodeId) -> Address {
    Address::new().number(kernel.address(from).key()).number(kernel.address(to).key())
}

/// Decides what the link does with one message, and whether it was held back so that others overtake it.
pub(super) fn decide(kernel: &Kernel, fates: &Fates, class: &Class, address: Address) -> (Fate, bool) {
    let model = &class.link.model;
    if model.loss > Ratio::ZERO && fates.loss.roll(address).holds(model.loss) {
        return (Fate::Lost { cause: Cause::Loss as u32 }, false);
    }
    if let Some(rule) = class.rules.iter().find(|rule| kernel.roll(rule.stream, address).holds(rule.ratio)) {
        rule.eaten.set(rule.eaten.get() + 1);
        return (Fate::Lost { cause: rule.cause }, false);
    }
    let mut after = class.link.delay.sample(fates.delay.roll(address));
    let held_back = model.reorder > Ratio::ZERO && kernel.roll(REORDER, address).holds(model.reorder);
    if held_back {
        // Above zero and up to the whole window.
        let by = kernel.roll(REORDER_BY, address).within(model.reorder_window) + Duration::from_nanos(1);
        after += u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
    }
    let copies = u8::from(model.duplicate > Ratio::ZERO && kernel.roll(DUPLICATE, address).holds(model.duplicate));
    (Fate::Carried { after, copies }, held_back)
}
