//! The one route over a link: everything random about a subject is decided here, when it is sent.
//!
//! The route decides in this order: a cut in force drops the subject; the link's loss; each loss rule, by a roll of its own; the
//! delay; a further delay that lets later subjects overtake it; a copy. A copy has a delay of its own and is never lost or copied.
//! On a FIFO link a subject that is not reordered waits for those before it, and its copies do not arrive before it.
//!
//! Every roll is addressed by the subject, so a decision about one depends on no other.

use std::time::Duration;

use cluster_sim_runtime::{Address, Choice, Kernel, Order, Rank, Roll, Seed, SeededStream, Site, Stream};
use cluster_sim_types::{NodeId, Ratio, VirtualInstant};

use super::classes::Class;
use super::cut::{Cuts, DropCount};
use super::fate::{Fate, FateRecord};
use super::impairment::ImpairedLinks;
use super::link_table::LinkTable;
use super::losses::Cause;
use super::model::LinkOrder;
use super::send_counts::epoch_of;
use super::{Fabric, Service};

const LOSS: Stream = Stream::named("loss");
const DELAY: Stream = Stream::named("delay");
const DUPLICATE: Stream = Stream::named("duplicate");
const REORDER: Stream = Stream::named("reorder");
const REORDER_BY: Stream = Stream::named("reorder by");

/// The stream of delays under the seed in force, so that a plain link needs no lookup.
#[derive(Debug, Clone, Copy)]
pub(super) struct DelayRolls {
    seed: Seed,
    delay: SeededStream,
}

impl DelayRolls {
    pub(super) const fn new(seed: Seed) -> Self {
        Self { seed, delay: seed.stream(DELAY) }
    }

    /// Returns the stream under the seed in force.
    #[inline(always)]
    fn at(&mut self, seed: Seed) -> SeededStream {
        if seed != self.seed {
            *self = Self::new(seed);
        }
        self.delay
    }
}

/// How the random choices about a subject are addressed.
#[derive(Debug, Clone, Copy)]
pub(in crate::network) enum Name {
    /// By its label, the epoch, and the repeat of the label on the link.
    Label(u64),
    /// By an address that the service gives to no other subject.
    Address(Address),
}

/// Something that a service puts on a link: a datagram to one receiver, or a segment.
#[derive(Debug, Clone, Copy)]
pub(in crate::network) struct Subject {
    pub(in crate::network) service: Service,
    pub(in crate::network) from: NodeId,
    pub(in crate::network) to: NodeId,
    pub(in crate::network) name: Name,
}

/// The result of a route.
#[derive(Debug)]
pub(in crate::network) enum Routed {
    /// The link carries the subject; [`Fabric::next_arrival`] returns its arrivals.
    Carried(Journey),
    /// The subject is lost, by the cause with this number.
    Lost(u32),
}

/// A subject that a link carries: how often it arrives, and when.
#[derive(Debug)]
pub(in crate::network) struct Journey {
    rolls: Rolls,
    /// The class of the link.
    class: u16,
    rank: Rank,
    /// The number of the next arrival: 0 for the subject itself, then its copies.
    next: u8,
    copies: u8,
    at: VirtualInstant,
    /// The delay that impairments add, in nanoseconds.
    added: u64,
    /// The address of a FIFO link whose order the subject keeps.
    in_order: Option<Address>,
}

/// One arrival of a subject.
#[derive(Debug, Clone, Copy)]
pub(in crate::network) struct Arrival {
    pub(in crate::network) at: VirtualInstant,
    pub(in crate::network) order: Order,
    /// The number of the copy; 0 is the subject itself.
    pub(in crate::network) copy: u8,
}

/// The random choices about a subject.
#[derive(Debug, Clone, Copy)]
struct Rolls {
    address: Address,
    from: NodeId,
    to: NodeId,
}

impl Rolls {
    const fn site(self, choice: Choice, stream: Stream) -> Site {
        Site { choice, stream, address: self.address, node: self.from, peer: self.to }
    }

    /// Rolls the delay over a link of this class, in nanoseconds.
    fn delay(self, kernel: &mut Kernel, class: &Class) -> u64 {
        kernel.choose(self.site(Choice::Delay, DELAY), |roll| class.link.delay.sample(roll))
    }

    /// Rolls the further delay of a reordered subject: above zero and up to the whole window.
    fn reorder_by(self, kernel: &mut Kernel, stream: Stream, window: Duration) -> u64 {
        let by = |roll: Roll| nanoseconds(roll.within(window));
        kernel.choose(self.site(Choice::ReorderBy, stream), by).saturating_add(1)
    }

    /// Rolls whether something of probability `ratio` happens.
    fn happens(self, kernel: &mut Kernel, choice: Choice, stream: Stream, ratio: Ratio) -> bool {
        ratio > Ratio::ZERO && kernel.choose(self.site(choice, stream), |roll| u64::from(roll.holds(ratio))) == 1
    }
}

/// A subject that is on its link, with the address of its random choices.
#[derive(Debug, Clone, Copy)]
pub(in crate::network) struct OnLink {
    subject: Subject,
    address: Address,
    /// The place of the link in its sender's table.
    place: usize,
    /// The class of the link.
    class: u16,
}

impl Fabric {
    /// Puts a subject on the link between its nodes, which begins with its first subject, and decides its fate.
    pub(in crate::network) fn route(&mut self, kernel: &mut Kernel, subject: Subject) -> Routed {
        let on_link = self.enter(kernel, subject);
        self.decide_fate(kernel, on_link)
    }

    /// Puts a subject on the link between its nodes.
    #[inline(always)]
    pub(in crate::network) fn enter(&mut self, kernel: &Kernel, subject: Subject) -> OnLink {
        let Subject { from, to, name, .. } = subject;
        let (classes, tables) = (&self.classes, &mut self.link_tables);
        let table = match tables.get_mut(from.index()) {
            Some(table) => table,
            None => add_table(tables, from),
        };
        let place = table.place_of(to, kernel.now(), || (address_between(kernel, from, to), classes.of(from, to)));
        let link = table.at(place);
        let address = match name {
            Name::Label(label) => link.address_of(label, epoch_of(kernel.now())),
            Name::Address(address) => address,
        };
        OnLink { subject, address, place, class: link.class }
    }

    /// Returns the one arrival of a subject whose link is not cut and does nothing except delay it.
    ///
    /// Does what [`decide_fate`](Self::decide_fate) does, without a branch for anything else. `None` means that nothing is decided
    /// yet.
    #[inline(always)]
    pub(in crate::network) fn arrival_if_only_delayed(&mut self, kernel: &Kernel, on_link: &OnLink) -> Option<Arrival> {
        let class = self.classes.get(on_link.class);
        if !(class.only_delays && self.cuts.is_whole() && kernel.is_free() && self.fates.is_none()) {
            return None;
        }
        let after = class.link.delay.sample(self.delay_rolls.at(kernel.seed()).roll(on_link.address));
        let order = Order::new(Rank(class.link.model.priority), on_link.address);
        Some(Arrival { at: kernel.now().after_nanoseconds(after), order, copy: 0 })
    }

    /// Decides the fate of a subject on its link, and keeps it if fates are kept.
    pub(in crate::network) fn decide_fate(&mut self, kernel: &mut Kernel, on_link: OnLink) -> Routed {
        let OnLink { subject: Subject { service, from, to, .. }, address, place, class: number } = on_link;
        let class = self.classes.get(number);
        let rolls = Rolls { address, from, to };
        let cut = if self.cuts.is_whole() { None } else { self.cuts.between(from, to) };
        let mut added = 0;
        let (fate, held_back) = match cut {
            Some(cut) => (Fate::Lost { cause: self.cuts.count_drop(cut) }, false),
            None if !self.cuts.is_whole() => decide_disturbed(kernel, class, number, rolls, (&self.cuts, &mut added)),
            None if class.is_plain && kernel.is_free() => {
                let after = class.link.delay.sample(self.delay_rolls.at(kernel.seed()).roll(address));
                (Fate::Carried { after, copies: 0 }, false)
            }
            None => decide(kernel, class, rolls),
        };
        if let Some(fates) = &mut self.fates {
            fates[service as usize].push(FateRecord { address: address.key(), fate });
        }
        let (after, copies) = match fate {
            Fate::Lost { cause } => return Routed::Lost(cause),
            Fate::Carried { after, copies } => (after, copies),
        };
        let mut at = kernel.now().after_nanoseconds(after);
        let mut in_order = None;
        if class.link.model.order == LinkOrder::Fifo && !held_back {
            let link = self.link_tables[from.index()].at(place);
            at = at.max(link.last_arrival);
            link.last_arrival = at;
            in_order = Some(link.address);
        }
        let rank = Rank(class.link.model.priority);
        Routed::Carried(Journey { rolls, class: number, rank, next: 0, copies, at, added, in_order })
    }

    /// Returns the next arrival of a subject: itself, then its copies.
    ///
    /// Subjects that arrive at one instant over one FIFO link share an order, so they keep the sequence of their sends.
    #[inline(always)]
    pub(in crate::network) fn next_arrival(&self, kernel: &mut Kernel, journey: &mut Journey) -> Option<Arrival> {
        let copy = journey.next;
        if copy > journey.copies {
            return None;
        }
        journey.next += 1;
        if copy > 0 {
            return Some(self.arrival_of_copy(kernel, journey, copy));
        }
        let about = journey.in_order.unwrap_or(journey.rolls.address);
        Some(Arrival { at: journey.at, order: Order::new(journey.rank, about), copy })
    }

    /// Returns the arrival of a copy, which has a delay of its own.
    ///
    /// On a FIFO link it does not arrive before the subject. Otherwise the content would overtake the subjects that the subject
    /// waits for.
    #[cold]
    fn arrival_of_copy(&self, kernel: &mut Kernel, journey: &Journey, copy: u8) -> Arrival {
        let address = journey.rolls.address.number(u64::from(copy));
        let after = Rolls { address, ..journey.rolls }.delay(kernel, self.classes.get(journey.class)).saturating_add(journey.added);
        let drawn = kernel.now().after_nanoseconds(after);
        let (at, about) = match journey.in_order {
            None => (drawn, address),
            Some(link) => (drawn.max(journey.at), link),
        };
        Arrival { at, order: Order::new(journey.rank, about), copy }
    }
}

/// Adds the table of a sender, and those of the senders before it.
#[cold]
fn add_table(tables: &mut Vec<LinkTable>, from: NodeId) -> &mut LinkTable {
    tables.resize_with(from.index() + 1, Default::default);
    &mut tables[from.index()]
}

/// Returns the address of a link: the declared names of its nodes.
fn address_between(kernel: &Kernel, from: NodeId, to: NodeId) -> Address {
    Address::new().number(kernel.address(from).key()).number(kernel.address(to).key())
}

/// Decides what a link does with a subject. The flag says that the subject is reordered.
fn decide(kernel: &mut Kernel, class: &Class, rolls: Rolls) -> (Fate, bool) {
    let model = &class.link.model;
    if rolls.happens(kernel, Choice::Loss, LOSS, model.loss) {
        return (Fate::Lost { cause: Cause::Loss as u32 }, false);
    }
    if let Some(rule) = class.rules.iter().find(|rule| rolls.happens(kernel, Choice::Rule, rule.stream, rule.ratio)) {
        rule.dropped.set(rule.dropped.get() + 1);
        return (Fate::Lost { cause: rule.cause }, false);
    }
    let mut after = rolls.delay(kernel, class);
    let held_back = rolls.happens(kernel, Choice::Reorder, REORDER, model.reorder);
    if held_back {
        after += rolls.reorder_by(kernel, REORDER_BY, model.reorder_window);
    }
    let copies = u8::from(rolls.happens(kernel, Choice::Duplicate, DUPLICATE, model.duplicate));
    (Fate::Carried { after, copies }, held_back)
}

/// Decides what a link does with a subject while something is disturbed, perhaps this link.
#[cold]
fn decide_disturbed(
    kernel: &mut Kernel,
    class: &Class,
    number: u16,
    rolls: Rolls,
    (cuts, added): (&Cuts, &mut u64),
) -> (Fate, bool) {
    let lost = |kernel: &mut Kernel, (links, affected): (&ImpairedLinks, &DropCount)| {
        let is_lost = rolls.happens(kernel, Choice::Rule, links.loss, links.impairment.loss);
        is_lost.then(|| affected.increment()).map(|()| links.cause)
    };
    let impairments = || cuts.impairments(number, rolls.from, rolls.to);
    if let Some(cause) = impairments().find_map(|impaired| lost(kernel, impaired)) {
        return (Fate::Lost { cause }, false);
    }
    let (fate, mut held_back) = decide(kernel, class, rolls);
    let Fate::Carried { mut after, mut copies } = fate else { return (fate, held_back) };
    for (ImpairedLinks { impairment, duplicate, reorder, reorder_by, .. }, affected) in impairments() {
        let delay = nanoseconds(impairment.delay);
        *added = added.saturating_add(delay);
        let is_copied = rolls.happens(kernel, Choice::Duplicate, *duplicate, impairment.duplicate);
        let is_reordered = rolls.happens(kernel, Choice::Reorder, *reorder, impairment.reorder);
        let by = if is_reordered { rolls.reorder_by(kernel, *reorder_by, impairment.reorder_window) } else { 0 };
        after = after.saturating_add(delay).saturating_add(by);
        copies = copies.saturating_add(u8::from(is_copied));
        held_back |= is_reordered;
        if delay > 0 || is_copied || is_reordered {
            affected.increment();
        }
    }
    (Fate::Carried { after, copies }, held_back)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
