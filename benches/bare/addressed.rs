//! A second implementation of the product's rolls. With it the floor draws what the product draws, so both must process equal events.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_runtime::{Address, Distribution, Entropy, QuantileTable, Seed, Stream, fold};

use super::chance::Chance;
use crate::measure::cells::{DELAY_MAX, DELAY_MIN};

const DELAY: Stream = Stream::named("delay");
const ORDER: Stream = Stream::named("order");
const ENTROPY: Stream = Stream::named("entropy");

/// Rolls addressed by their subject: nodes by name, messages by label, epoch and repeat.
#[derive(Debug)]
pub(crate) struct Addressed {
    seed: Seed,
    delay: QuantileTable,
    nodes: Vec<Node>,
    links: BTreeMap<(u32, u32), Link>,
}

#[derive(Debug)]
struct Node {
    name: Address,
    entropy: Entropy,
}

impl Addressed {
    pub(crate) fn new() -> Self {
        let delay = Distribution::uniform(DELAY_MIN, DELAY_MAX).compile().expect("the shortest delay is not the longest");
        Self { seed: Seed(0), delay, nodes: Vec::new(), links: BTreeMap::new() }
    }

    /// The order among the events of one instant; messages and timers have one rank in the product.
    fn rank(&self, about: Address, at: u64) -> u64 {
        self.seed.roll(ORDER, about.number(at)).0
    }
}

impl Chance for Addressed {
    fn begin(&mut self, seed: u64, names: &[String]) {
        self.seed = Seed(seed);
        self.links.clear();
        let node = |name: &String| {
            let name = Address::new().name(name);
            // Incarnation 0: no node draws in a later one.
            let entropy = Entropy::from_key(self.seed.roll(ENTROPY, name.number(0)).0);
            Node { name, entropy }
        };
        self.nodes = names.iter().map(node).collect();
    }

    fn word(&self, kind: u32, sequence: u32) -> u64 {
        fold(u64::from(kind), u64::from(sequence))
    }

    fn arrival(&mut self, now: u64, from: u32, to: u32, word: u64) -> (u64, u64) {
        let [sender, receiver] = [from, to].map(|node| self.nodes[node as usize].name.key());
        let link = self.links.entry((from, to)).or_insert_with(|| Link::new(sender, receiver));
        let address = link.address_of(word, now);
        let at = now + self.delay.sample(self.seed.roll(DELAY, address));
        (at, self.rank(address, at))
    }

    fn timer_rank(&mut self, node: u32, token: u64, at: u64) -> u64 {
        self.rank(self.nodes[node as usize].name.number(token), at)
    }

    fn phase(&mut self, node: u32, period: Duration) -> Duration {
        self.nodes[node as usize].entropy.roll("phase", 0).within(period)
    }

    fn election(&mut self, node: u32, sequence: u32, spread: Duration) -> Duration {
        self.nodes[node as usize].entropy.roll("election", u64::from(sequence)).within(spread)
    }
}

/// The length of an epoch, at whose end a link clears its counts of labels.
const EPOCH: u64 = 16_000_000_000;
/// The least and the most slots for labels on a link.
const SLOTS: std::ops::RangeInclusive<usize> = 8..=256;
/// The factor by which the slots grow.
const GROWTH: usize = 4;
/// The number of repeats of one label that an epoch distinguishes.
const REPEATS: u32 = 4_095;

/// One direction between two nodes, with a count of sends per label in the present epoch; labels are 20 bits of a hash.
#[derive(Debug)]
struct Link {
    address: Address,
    epoch: u64,
    slots: Vec<Option<(u32, u32)>>,
    /// The slots before, which were full.
    older: Vec<Option<(u32, u32)>>,
}

impl Link {
    fn new(sender: u64, receiver: u64) -> Self {
        Self { address: Address::new().number(sender).number(receiver), epoch: 0, slots: Vec::new(), older: Vec::new() }
    }

    fn address_of(&mut self, label: u64, now: u64) -> Address {
        let epoch = now / EPOCH;
        if epoch != self.epoch {
            self.epoch = epoch;
            if std::mem::take(&mut self.older).is_empty() && self.used() < self.slots.len() / 8 {
                self.slots.clear();
            }
            self.slots.fill(None);
        }
        let labelled = self.address.number(label);
        let repeat = self.repeats_of((labelled.key() >> 44) as u32);
        labelled.number(epoch << 32 | u64::from(repeat))
    }

    fn used(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// Counts the earlier sends of a label with these bits, as far as the link has them.
    fn repeats_of(&mut self, label: u32) -> u32 {
        if self.slots.is_empty() {
            self.slots = vec![None; *SLOTS.start()];
        }
        let slot = slot_of(&self.slots, label);
        let known = match self.slots[slot] {
            None if self.older.is_empty() => None,
            None => self.older[slot_of(&self.older, label)],
            known => known,
        };
        if self.slots[slot].is_none() && (self.used() + 1) * 4 > self.slots.len() * 3 {
            self.make_room();
        }
        let before = known.map_or(0, |(_, count)| count % REPEATS);
        let slot = slot_of(&self.slots, label);
        self.slots[slot] = Some((label, before + 1));
        before
    }

    /// Grows, or keeps the full slots as the older ones.
    fn make_room(&mut self) {
        let length = (self.slots.len() * GROWTH).min(*SLOTS.end());
        let before = std::mem::replace(&mut self.slots, vec![None; length]);
        if length == before.len() {
            self.older = before;
            return;
        }
        for (known, count) in before.into_iter().flatten() {
            let slot = slot_of(&self.slots, known);
            self.slots[slot] = Some((known, count));
        }
    }
}

/// The slot of a label, or the first free slot from its own on.
fn slot_of(slots: &[Option<(u32, u32)>], label: u32) -> usize {
    let circle = slots.len();
    let from = label as usize % circle;
    let fits = |slot: &usize| slots[*slot].is_none_or(|(known, _)| known == label);
    (from..from + circle).map(|slot| slot % circle).find(fits).expect("a quarter of the slots is free")
}
