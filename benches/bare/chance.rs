//! The sources of randomness of the floor.

use std::time::Duration;

use crate::measure::cells::{DELAY_MAX, DELAY_MIN};

/// The random choices of a run.
pub(crate) trait Chance {
    /// Starts a run from a seed, for nodes with these names.
    fn begin(&mut self, seed: u64, names: &[String]);

    /// The word of a message in the trace.
    fn word(&self, kind: u32, sequence: u32) -> u64;

    /// The arrival of a message sent now, and its order among the events of that instant.
    fn arrival(&mut self, now: u64, from: u32, to: u32, word: u64) -> (u64, u64);

    /// The order of a timer among the events of its instant.
    fn timer_rank(&mut self, node: u32, token: u64, at: u64) -> u64;

    /// The phase of a node in its first period.
    fn phase(&mut self, node: u32, period: Duration) -> Duration;

    /// The random part of the election timeout after an entry.
    fn election(&mut self, node: u32, sequence: u32, spread: Duration) -> Duration;
}

/// A generator of negligible cost: xoshiro256++ by Blackman and Vigna, seeded by splitmix64.
#[derive(Debug, Default)]
pub(crate) struct Cheap {
    state: [u64; 4],
    sequence: u64,
}

impl Cheap {
    #[inline]
    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let drawn = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ b << 17, d.rotate_left(45)];
        drawn
    }

    #[inline]
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Events of one instant keep the order in which they were queued.
    #[inline]
    fn rank(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

impl Chance for Cheap {
    fn begin(&mut self, seed: u64, _: &[String]) {
        let mut word = seed;
        self.sequence = 0;
        self.state = [(); 4].map(|()| {
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ mixed >> 31
        });
    }

    #[inline]
    fn word(&self, kind: u32, sequence: u32) -> u64 {
        u64::from(kind) << 32 | u64::from(sequence)
    }

    #[inline]
    fn arrival(&mut self, now: u64, _: u32, _: u32, _: u64) -> (u64, u64) {
        const MIN: u64 = DELAY_MIN.as_nanos() as u64;
        const SPREAD: u64 = DELAY_MAX.as_nanos() as u64 - MIN;
        (now + MIN + self.below(SPREAD), self.rank())
    }

    #[inline]
    fn timer_rank(&mut self, _: u32, _: u64, _: u64) -> u64 {
        self.rank()
    }

    fn phase(&mut self, _: u32, period: Duration) -> Duration {
        Duration::from_nanos(self.below(period.as_nanos() as u64))
    }

    #[inline]
    fn election(&mut self, _: u32, _: u32, spread: Duration) -> Duration {
        Duration::from_nanos(self.below(spread.as_nanos() as u64))
    }
}
