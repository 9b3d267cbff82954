//! Streams and addresses of random choices, and the rolls that decide them.

use std::time::Duration;

use cluster_sim_types::Ratio;

use super::mixing::{finalize, fold, fold_bytes};
use super::seed::Seed;

/// A kind of random choice; rolls of different streams are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream(u64);

impl Stream {
    /// Returns the stream called `name`; equal names are one stream.
    pub const fn named(name: &str) -> Self {
        Self(finalize(fold_bytes(0, name.as_bytes())))
    }
}

/// Identifies the subject of a random choice, hashed from numbers and names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address(u64);

impl Address {
    /// Returns the empty address.
    pub const fn new() -> Self {
        Self(0)
    }

    /// Appends a number.
    #[inline]
    #[must_use]
    pub const fn number(self, number: u64) -> Self {
        Self(fold(self.0, number))
    }

    /// Appends a declared name.
    #[inline]
    #[must_use]
    pub const fn name(self, name: &str) -> Self {
        Self(fold_bytes(self.0, name.as_bytes()))
    }

    /// Restores an address from its [`key`](Self::key).
    pub const fn from_key(key: u64) -> Self {
        Self(key)
    }

    /// Returns the address as one word, for tables and logs.
    pub const fn key(self) -> u64 {
        self.0
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::new()
    }
}

impl Seed {
    /// Returns the roll about `address` in `stream`, a pure function of the three.
    #[inline]
    pub const fn roll(self, stream: Stream, address: Address) -> Roll {
        self.stream(stream).roll(address)
    }

    /// Computes the part that all rolls of one stream under this seed share.
    #[inline]
    pub const fn stream(self, stream: Stream) -> SeededStream {
        SeededStream(finalize(self.0 ^ stream.0))
    }
}

/// One stream under one seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeededStream(u64);

impl SeededStream {
    /// Returns the roll about `address`; equals [`Seed::roll`] in this stream.
    #[inline]
    pub const fn roll(self, address: Address) -> Roll {
        Roll(finalize(fold(self.0, address.0)))
    }
}

/// 64 uniformly distributed bits, with conversions to a choice.
///
/// One roll decides one thing: two conversions of one roll are not independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Roll(pub u64);

impl Roll {
    /// Whether an event of this probability happens.
    #[inline]
    pub const fn holds(self, probability: Ratio) -> bool {
        probability.holds(self.0)
    }

    /// Returns a number from 0 to `bound`, exclusive; the bias is below `bound` in 2^64.
    ///
    /// # Panics
    /// If `bound` is 0.
    #[inline]
    pub const fn below(self, bound: u64) -> u64 {
        assert!(bound > 0, "a choice needs at least one number");
        ((self.0 as u128 * bound as u128) >> 64) as u64
    }

    /// Returns a duration from zero to `bound`, exclusive, to the nanosecond; zero if `bound` is zero.
    #[inline]
    pub fn within(self, bound: Duration) -> Duration {
        match u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX) {
            0 => Duration::ZERO,
            nanoseconds => Duration::from_nanos(self.below(nanoseconds)),
        }
    }

    /// Returns one element of a slice; `None` if it is empty.
    pub fn pick<T>(self, choices: &[T]) -> Option<&T> {
        choices.get(self.below(choices.len().max(1) as u64) as usize)
    }

    /// Returns the upper 53 bits as a float from 0 to 1, exclusive.
    pub fn share(self) -> f64 {
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A node's own source of randomness, addressed by what the node decides about.
///
/// In a simulation the key comes from the seed of the run, the node's name and its life. A driver outside of one chooses the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entropy(u64);

impl Entropy {
    /// Creates a source from its key.
    pub const fn from_key(key: u64) -> Self {
        Self(key)
    }

    pub(super) const fn key(self) -> u64 {
        self.0
    }

    /// Returns the roll for choice number `index` of the kind `name`.
    ///
    /// Equal arguments give equal rolls: number the subject of the choice (the operation, the attempt), not the calls.
    #[inline]
    pub const fn roll(self, name: &str, index: u64) -> Roll {
        Seed(self.0).roll(Stream::named(name), Address::new().number(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOSS: Stream = Stream::named("loss");
    const DELAY: Stream = Stream::named("delay");

    fn rolls(stream: Stream) -> impl Iterator<Item = Roll> {
        (0..100_000).map(move |index| Seed(42).roll(stream, Address::new().name("a").name("b").number(index)))
    }

    #[test]
    fn the_published_rolls_hold_for_ever() {
        let address = Address::new().name("client/3").name("edge/1").number(7);
        assert_eq!(
            [0, 42, u64::MAX].map(|seed| Seed(seed).roll(LOSS, address).0),
            [0x9dee0afc13287074, 0xbe02c0551fe1c92e, 0xbbc64293ef935a6e]
        );
        assert_eq!(Entropy::from_key(1).roll("key", 2).0, 0x152bf85e9e9cd72a);
    }

    #[test]
    fn a_roll_is_uniform() {
        // 256 cells, 255 degrees of freedom: 99.9 % of uniform samples stay below 330.5.
        for shift in [0, 28, 56] {
            let mut cells = [0_u32; 256];
            rolls(LOSS).for_each(|roll| cells[(roll.0 >> shift) as usize & 255] += 1);
            let expected = 100_000.0 / 256.0;
            let chi_square: f64 = cells.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
            assert!((170.0..330.5).contains(&chi_square), "bits from {shift}: chi square {chi_square}");
        }
    }

    #[test]
    fn two_streams_are_independent() {
        let quarter = Ratio::new(0.25).unwrap();
        let both = rolls(LOSS).zip(rolls(DELAY)).filter(|(loss, delay)| loss.holds(quarter) && delay.holds(quarter)).count();
        assert!((5_900..6_600).contains(&both), "{both} of 100,000 where one in 16 is expected");
    }

    #[test]
    fn addresses_of_different_parts_differ() {
        let addresses = [
            Address::new(),
            Address::new().number(0),
            Address::new().number(0).number(0),
            Address::new().name(""),
            Address::new().name("ab"),
            Address::new().name("a").name("b"),
            Address::new().name("b").name("a"),
        ];
        for (index, one) in addresses.iter().enumerate() {
            assert!(addresses[index + 1..].iter().all(|other| one != other), "address {index}");
        }
    }

    #[test]
    fn every_choice_stays_in_its_bounds() {
        let (lowest, highest) = (Roll(0), Roll(u64::MAX));
        assert_eq!((lowest.below(10), highest.below(10)), (0, 9));
        assert_eq!((lowest.pick(&[1, 2, 3]), highest.pick(&[1, 2, 3])), (Some(&1), Some(&3)));
        assert_eq!(highest.pick::<u8>(&[]), None);
        assert_eq!(highest.within(Duration::ZERO), Duration::ZERO);
        assert_eq!(highest.within(Duration::from_nanos(5)), Duration::from_nanos(4));
        assert!(highest.share() < 1.0);
    }
}
