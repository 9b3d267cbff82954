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

    /// The place among the events of one instant; messages and timers have the same rank in the product.
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

/// An epoch is 16 s, at whose end a link forgets what it carried.
const EPOCH: u64 = 16_000_000_000;
/// Places for labels on a link, at first and at the most, and by how much they grow.
const PLACES: std::ops::RangeInclusive<usize> = 8..=256;
const GROWTH: usize = 4;
/// How often one label is told apart in an epoch.
const REPEATS: u32 = 4_095;

/// One direction between two nodes, and how often each label was sent over it in the present epoch, known by 20 bits of a hash.
#[derive(Debug)]
struct Link {
    address: Address,
    epoch: u64,
    places: Vec<Option<(u32, u32)>>,
}

impl Link {
    fn new(sender: u64, receiver: u64) -> Self {
        Self { address: Address::new().number(sender).number(receiver), epoch: 0, places: Vec::new() }
    }

    fn address_of(&mut self, label: u64, now: u64) -> Address {
        let epoch = now / EPOCH;
        if epoch != self.epoch {
            self.epoch = epoch;
            if self.used() < self.places.len() / 8 {
                self.places.clear();
            }
            self.places.fill(None);
        }
        let labelled = self.address.number(label);
        let repeat = self.repeats_of((labelled.key() >> 44) as u32);
        labelled.number(epoch << 32 | u64::from(repeat))
    }

    fn used(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// How often a label with these bits was sent before, as far as the link remembers.
    fn repeats_of(&mut self, label: u32) -> u32 {
        if self.places.is_empty() {
            self.places = vec![None; *PLACES.start()];
        }
        let place = self.place_of(label);
        if let Some((_, count)) = &mut self.places[place] {
            *count = *count % REPEATS + 1;
            return *count - 1;
        }
        if (self.used() + 1) * 4 > self.places.len() * 3 {
            self.make_room(label);
        }
        let place = self.place_of(label);
        self.places[place] = Some((label, 1));
        0
    }

    /// Where a label is, or where there is room for it: the first such place from its own on.
    fn place_of(&self, label: u32) -> usize {
        let circle = self.places.len();
        let from = label as usize % circle;
        let fits = |place: &usize| self.places[*place].is_none_or(|(known, _)| known == label);
        (from..from + circle).map(|place| place % circle).find(fits).expect("a quarter of the places is empty")
    }

    /// Grows, or lets the first label from this one's place on go; all others are entered anew, in the order of their places.
    fn make_room(&mut self, label: u32) {
        let length = (self.places.len() * GROWTH).min(*PLACES.end());
        if length == self.places.len() {
            let circle = self.places.len();
            let from = label as usize % circle;
            let taken = (from..from + circle).map(|place| place % circle).find(|place| self.places[*place].is_some());
            self.places[taken.expect("three in four places are taken")] = None;
        }
        for entry in std::mem::replace(&mut self.places, vec![None; length]).into_iter().flatten() {
            let place = self.place_of(entry.0);
            self.places[place] = Some(entry);
        }
    }
}
