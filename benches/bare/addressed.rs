//! The product's chance, written a second time: the floor draws with it what the product draws, and so must do what the product does.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_runtime::{Address, Distribution, Entropy, QuantileTable, Seed, Stream, fold};

use super::chance::Chance;
use crate::measure::cells::{DELAY_MAX, DELAY_MIN};

const DELAY: Stream = Stream::named("delay");
const ORDER: Stream = Stream::named("order");
const ENTROPY: Stream = Stream::named("entropy");

/// Rolls addressed by what they are about: nodes by their names, messages by label, epoch and repeat.
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

    fn rank(&self, about: Address) -> u64 {
        // Messages and timers have the same rank in the product, which leaves the order to these 56 bits.
        self.seed.roll(ORDER, about).0 >> 8
    }
}

impl Chance for Addressed {
    fn begin(&mut self, seed: u64, names: &[String]) {
        self.seed = Seed(seed);
        self.links.clear();
        let node = |name: &String| {
            let name = Address::new().name(name);
            // Life 0: no node draws anything in a later one.
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
        (at, self.rank(address))
    }

    fn timer_rank(&mut self, node: u32, token: u64, at: u64) -> u64 {
        self.rank(self.nodes[node as usize].name.number(token).number(at))
    }

    fn phase(&mut self, node: u32, period: Duration) -> Duration {
        self.nodes[node as usize].entropy.roll("phase", 0).within(period)
    }

    fn election(&mut self, node: u32, sequence: u32, spread: Duration) -> Duration {
        self.nodes[node as usize].entropy.roll("election", u64::from(sequence)).within(spread)
    }
}

/// An epoch is 16 s; a link that was silent for longer has forgotten its repeats.
const EPOCH: u64 = 16_000_000_000;
/// Labels to a set.
const WAYS: usize = 16;
/// Sets to a link, at the most.
const SETS: usize = 16;

/// One direction between two nodes, and how often each label was sent over it: 16 sets of 16 labels at the most, known by 19 bits of
/// a hash, as many sets as the labels of the present epoch ask for.
#[derive(Debug)]
struct Link {
    address: Address,
    last_send: u64,
    epoch: u64,
    entered: usize,
    sets: Vec<[Option<(u32, u32)>; WAYS]>,
}

impl Link {
    fn new(sender: u64, receiver: u64) -> Self {
        let address = Address::new().number(sender).number(receiver);
        Self { address, last_send: 0, epoch: 0, entered: 0, sets: Vec::new() }
    }

    fn address_of(&mut self, label: u64, now: u64) -> Address {
        if now - self.last_send > EPOCH {
            *self = Self { address: self.address, ..Self::new(0, 0) };
        }
        self.last_send = now;
        let labelled = self.address.number(label);
        let epoch = now / EPOCH;
        if epoch != self.epoch {
            (self.epoch, self.entered) = (epoch, 0);
        }
        labelled.number(epoch << 32 | u64::from(self.repeats_of(labelled.key())))
    }

    /// How often a label with this hash was sent before, as far as the link remembers.
    fn repeats_of(&mut self, hash: u64) -> u32 {
        if self.entered >= self.sets.len() * WAYS / 2 && self.sets.len() < SETS {
            self.grow();
        }
        let label = (hash as u32 | 1) & 0xf_ffff;
        let set = set_of(&mut self.sets, label);
        if let Some((_, count)) = set.iter_mut().flatten().find(|(known, _)| *known == label) {
            *count = (*count + 1) & 0xfff;
            return *count;
        }
        let way = set.iter().position(Option::is_none).unwrap_or(self.entered % WAYS);
        set[way] = Some((label, 0));
        self.entered += 1;
        0
    }

    fn grow(&mut self) {
        let mut grown = vec![[None; WAYS]; (self.sets.len() * 2).max(1)];
        for (label, count) in self.sets.drain(..).flatten().flatten() {
            let set = set_of(&mut grown, label);
            let way = set.iter().position(Option::is_none).expect("half of a set has room in a whole one");
            set[way] = Some((label, count));
        }
        self.sets = grown;
    }
}

fn set_of(sets: &mut [[Option<(u32, u32)>; WAYS]], label: u32) -> &mut [Option<(u32, u32)>; WAYS] {
    let index = (label >> 1) as usize & (sets.len() - 1);
    &mut sets[index]
}
