//! Sends datagrams: everything random about a message is decided here.
//!
//! For each receiver the send decides in this order: a cut in force drops the message; the link's loss; each loss rule, by a roll
//! of its own; the delay; a further delay that lets later messages overtake it; a copy. A copy has a delay of its own and is
//! never lost or copied at the send. On a FIFO link a message that is not reordered waits for those before it, and its copy does
//! not arrive before it.
//!
//! Every roll is addressed by sender, receiver, label, epoch and repeat, so a decision about one message depends on no other.

use cluster_sim_runtime::{Address, Choice, Exhausted, Kernel, Order, Rank, RecordKind, Roll, Seed, SeededStream, Site, Stream};
use cluster_sim_types::{Incarnation, NodeId, Ratio, VirtualInstant};

use super::classes::{Class, Classes};
use super::digest::content_of;
use super::fate::{Cause, Fate, FateRecord};
use super::link_table::{Link, LinkTable};
use super::model::LinkOrder;
use super::payload::{PayloadKind, label_key};
use super::port_names::PortId;
use super::send_counts::epoch_of;
use super::{Flight, Network};
use crate::message::{Label, Message};

const LOSS: Stream = Stream::named("loss");
const DELAY: Stream = Stream::named("delay");
const DUPLICATE: Stream = Stream::named("duplicate");
const REORDER: Stream = Stream::named("reorder");
const REORDER_BY: Stream = Stream::named("reorder by");

/// The stream of delays under the seed in force, so that a plain send needs no lookup.
#[derive(Debug, Clone, Copy)]
pub(super) struct DelayRolls {
    seed: Seed,
    delay: SeededStream,
}

impl DelayRolls {
    pub(super) const fn new(seed: Seed) -> Self {
        Self { seed, delay: seed.stream(DELAY) }
    }
}

/// The subject of random choices: a datagram, or a segment of a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    pub(super) address: Address,
    pub(super) from: NodeId,
    pub(super) to: NodeId,
}

impl Subject {
    const fn site(self, choice: Choice, stream: Stream) -> Site {
        Site { choice, stream, address: self.address, node: self.from, peer: self.to }
    }

    /// Rolls the delay over a link of this class, in nanoseconds.
    pub(super) fn delay(self, kernel: &mut Kernel, class: &Class) -> u64 {
        kernel.choose(self.site(Choice::Delay, DELAY), |roll| class.link.delay.sample(roll))
    }

    /// Rolls whether something of probability `ratio` happens to it.
    fn happens(self, kernel: &mut Kernel, choice: Choice, stream: Stream, ratio: Ratio) -> bool {
        ratio > Ratio::ZERO && kernel.choose(self.site(choice, stream), |roll| u64::from(roll.holds(ratio))) == 1
    }
}

impl Network {
    /// Sends one message to a port of each node of `to`, in that order; `kind` must be that of `M`.
    ///
    /// # Panics
    /// A node does not exist. That is a bug of the sender, so the run ends with a finding about the sender.
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
        self.capture(kind, content, &message);
        let label = label_key(label, content);
        self.refresh_rolls(kernel);
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

    /// Switches to the seed in force.
    #[inline]
    fn refresh_rolls(&mut self, kernel: &Kernel) {
        if kernel.seed() != self.delay_rolls.seed {
            self.delay_rolls = DelayRolls::new(kernel.seed());
        }
    }

    /// Decides the fate of a message to one receiver. Returns how many copies are in flight.
    #[inline(always)]
    fn transmit(&mut self, kernel: &mut Kernel, to: NodeId, flight: &mut Flight) -> u32 {
        let nodes = kernel.node_count();
        assert!(to.0 < nodes, "it sends to {to}, but the cluster has n0 to n{}", nodes - 1);
        let (now, from) = (kernel.now(), flight.from);
        let link = link_between(&mut self.link_tables, &self.classes, kernel, from, to);
        let address = link.address_of(flight.label, epoch_of(now));
        let class = self.classes.get(link.class);
        (flight.to, flight.incarnation, flight.class) = (to, kernel.incarnation(to), link.class);

        self.counts.sent += 1;
        kernel.record(flight.record(now, RecordKind::Send, from, to));

        let cut = if self.cuts.is_whole() { None } else { self.cuts.between(from, to) };
        let (fate, held_back) = match cut {
            Some(cut) => (Fate::Lost { cause: self.cuts.count_drop(cut) }, false),
            None if class.is_plain && kernel.is_free() => {
                let after = class.link.delay.sample(self.delay_rolls.delay.roll(address));
                (Fate::Carried { after, copies: 0 }, false)
            }
            None => decide(kernel, class, Subject { address, from, to }),
        };
        if let Some(fate_records) = &mut self.fate_records {
            fate_records.push(FateRecord { address: address.key(), fate });
        }
        let (after, copies) = match fate {
            Fate::Lost { cause } => {
                self.lose(kernel, flight, cause);
                return 0;
            }
            Fate::Carried { after, copies } => (after, copies),
        };
        let mut arrival = now.after_nanoseconds(after);
        let rank = Rank(class.link.model.priority);
        let mut in_order = None;
        if class.link.model.order == LinkOrder::Fifo && !held_back {
            arrival = arrival.max(link.last_arrival);
            link.last_arrival = arrival;
            // Messages of one link that arrive at one instant share an order, so they keep the sequence of their sends.
            in_order = Some((arrival, link.address));
        }
        let about = in_order.map_or(address, |(_, link)| link);
        self.schedule_delivery(kernel, flight, arrival, Order::new(rank, about));
        for copy in 1..=u64::from(copies) {
            self.copy(kernel, flight, address.number(copy), rank, in_order);
        }
        1 + u32::from(copies)
    }

    /// Sends an additional copy with a delay of its own, never lost or copied at the send.
    ///
    /// On a FIFO link, whose arrival and address are in `in_order`, the copy does not arrive before the message. Otherwise the
    /// content would overtake the messages that the message waits for.
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
        let after = Subject { address, from: flight.from, to: flight.to }.delay(kernel, self.classes.get(flight.class));
        let drawn = now.after_nanoseconds(after);
        let (arrival, about) = match in_order {
            None => (drawn, address),
            Some((earliest, link)) => (drawn.max(earliest), link),
        };
        self.schedule_delivery(kernel, flight, arrival, Order::new(rank, about));
    }

    #[inline(always)]
    fn schedule_delivery(&mut self, kernel: &mut Kernel, flight: &Flight, arrival: VirtualInstant, order: Order) {
        let slot = self.flights.insert(*flight);
        let bound = kernel.budget().messages_in_flight;
        if self.in_flight() > bound {
            kernel.exhaust(Exhausted::MessagesInFlight(bound));
        }
        kernel.schedule(arrival, order, self.device(), slot);
    }
}

/// Returns the link between two nodes, creating it with its first message.
#[inline(always)]
pub(super) fn link_between<'a>(
    link_tables: &'a mut Vec<LinkTable>,
    classes: &Classes,
    kernel: &Kernel,
    from: NodeId,
    to: NodeId,
) -> &'a mut Link {
    if link_tables.len() <= from.index() {
        link_tables.resize_with(from.index() + 1, Default::default);
    }
    link_tables[from.index()].link(to, kernel.now(), || (address_between(kernel, from, to), classes.of(from, to)))
}

/// Returns the address of a link: the declared names of its nodes.
fn address_between(kernel: &Kernel, from: NodeId, to: NodeId) -> Address {
    Address::new().number(kernel.address(from).key()).number(kernel.address(to).key())
}

/// Decides what a link does with one message. The flag says that the message is reordered.
pub(super) fn decide(kernel: &mut Kernel, class: &Class, subject: Subject) -> (Fate, bool) {
    let model = &class.link.model;
    if subject.happens(kernel, Choice::Loss, LOSS, model.loss) {
        return (Fate::Lost { cause: Cause::Loss as u32 }, false);
    }
    if let Some(rule) = class.rules.iter().find(|rule| subject.happens(kernel, Choice::Rule, rule.stream, rule.ratio)) {
        rule.dropped.set(rule.dropped.get() + 1);
        return (Fate::Lost { cause: rule.cause }, false);
    }
    let mut after = subject.delay(kernel, class);
    let held_back = subject.happens(kernel, Choice::Reorder, REORDER, model.reorder);
    if held_back {
        // Above zero and up to the whole window.
        let by = |roll: Roll| u64::try_from(roll.within(model.reorder_window).as_nanos()).unwrap_or(u64::MAX);
        after += kernel.choose(subject.site(Choice::ReorderBy, REORDER_BY), by).saturating_add(1);
    }
    let copies = u8::from(subject.happens(kernel, Choice::Duplicate, DUPLICATE, model.duplicate));
    (Fate::Carried { after, copies }, held_back)
}
