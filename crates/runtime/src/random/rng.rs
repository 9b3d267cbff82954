//! A node's entropy as a generator of `rand_core`, for distributions and shuffles of `rand`.

use std::convert::Infallible;

use rand_core::TryRng;

use super::address::{Address, Entropy, SeededStream, Stream};
use super::seed::Seed;

/// A sequence of random numbers about one subject, made by [`Entropy::rng`].
///
/// It implements `Rng` of `rand_core` 0.10, so everything in `rand` that takes a generator takes it:
///
/// ```
/// use cluster_sim_runtime::Entropy;
/// use rand::RngExt;
/// use rand::seq::SliceRandom;
///
/// let entropy = Entropy::from_key(7);
/// let mut attempt = entropy.rng("backoff", 3);
/// let (jitter_ms, weight) = (attempt.random_range(0..50_u32), attempt.random::<f64>());
/// let mut order = [0, 1, 2, 3];
/// order.shuffle(&mut entropy.rng("order of replicas", 3));
///
/// let mut again = entropy.rng("backoff", 3);
/// assert_eq!((jitter_ms, weight), (again.random_range(0..50), again.random()));
/// ```
///
/// # What a draw costs
///
/// The n-th draw is a roll about the name, the index and n. If an unrelated part of a run changes how often a subject draws, its
/// later draws change, and no other subject's do. Distributions that reject draw a varying number of times. So make a sequence for
/// each subject, as in the example, where a roll alone would not do: with one sequence for a whole life, a draw more or less
/// changes every later choice of the node, which a search for a smaller failing case then finds changed too.
///
/// Not for cryptography.
#[derive(Debug, Clone)]
pub struct EntropyRng {
    stream: SeededStream,
    subject: Address,
    drawn: u64,
}

impl Entropy {
    /// Returns the sequence about choice number `index` of the kind `name`, from its first draw.
    ///
    /// Equal arguments give equal sequences, as with [`roll`](Self::roll); a sequence and a roll of equal arguments differ.
    pub const fn rng(self, name: &str, index: u64) -> EntropyRng {
        let stream = Seed(self.key()).stream(Stream::named(name));
        EntropyRng { stream, subject: Address::new().number(index), drawn: 0 }
    }
}

impl TryRng for EntropyRng {
    type Error = Infallible;

    /// Takes the upper half of a draw.
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|drawn| (drawn >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let roll = self.stream.roll(self.subject.number(self.drawn));
        self.drawn += 1;
        Ok(roll.0)
    }

    /// Takes one draw for each eight bytes begun.
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        rand_core::utils::fill_bytes_via_next_word(bytes, || self.try_next_u64())
    }
}

#[cfg(test)]
mod tests {
    use rand::seq::SliceRandom;
    use rand::{Rng, RngExt};

    use super::*;

    const ENTROPY: Entropy = Entropy::from_key(1);

    #[test]
    fn the_published_draws_hold_for_ever() {
        let mut rng = ENTROPY.rng("key", 2);
        assert_eq!([rng.next_u64(), rng.next_u64()], [11233602641044530999, 13182920065722830380]);
        let draw = |number| Seed(1).roll(Stream::named("key"), Address::new().number(2).number(number)).0;
        let mut bytes = [0; 11];
        rng.fill_bytes(&mut bytes);
        assert_eq!((&bytes[..8], &bytes[8..]), (&draw(2).to_le_bytes()[..], &draw(3).to_le_bytes()[..3]));
        assert_eq!(u64::from(rng.next_u32()), draw(4) >> 32);
    }

    #[test]
    fn sequences_of_different_subjects_and_rolls_differ() {
        let first = |entropy: Entropy, name, index| entropy.rng(name, index).next_u64();
        let draws = [
            first(ENTROPY, "key", 2),
            first(ENTROPY, "key", 3),
            first(ENTROPY, "order", 2),
            first(Entropy::from_key(2), "key", 2),
            ENTROPY.roll("key", 2).0,
            ENTROPY.roll("key", 0).0,
        ];
        for (index, draw) in draws.iter().enumerate() {
            assert!(draws[index + 1..].iter().all(|other| draw != other), "draw {index}");
        }
    }

    #[test]
    fn a_draw_more_about_one_subject_changes_no_other_subject() {
        /// Draws once for each of 1,000 subjects, of which one draws once more at first.
        fn draws(busy: Option<usize>, mut about: impl FnMut(usize, bool) -> u64) -> Vec<u64> {
            (0..1_000).map(|subject| about(subject, busy == Some(subject))).collect()
        }
        let own = |subject: usize, draws_more: bool| {
            let mut rng = ENTROPY.rng("subject", subject as u64);
            if draws_more {
                rng.next_u64();
            }
            rng.next_u64()
        };
        let changed = |left: Vec<u64>, right: Vec<u64>| left.iter().zip(&right).filter(|(left, right)| left != right).count();
        assert_eq!(changed(draws(None, own), draws(Some(100), own)), 1);

        let shared = || {
            let mut rng = ENTROPY.rng("life", 0);
            move |_: usize, draws_more: bool| {
                if draws_more {
                    rng.next_u64();
                }
                rng.next_u64()
            }
        };
        assert_eq!(changed(draws(None, shared()), draws(Some(100), shared())), 900, "one sequence for all shifts what follows");
    }

    #[test]
    fn draws_are_uniform_in_rands_own_distributions() {
        let mut rng = ENTROPY.rng("die", 0);
        let mut faces = [0_u32; 6];
        (0..60_000).for_each(|_| faces[rng.random_range(0..6)] += 1);
        // Five degrees of freedom: 99.9 % of uniform samples stay below 20.5.
        let chi_square: f64 = faces.iter().map(|count| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi_square < 20.5, "chi square {chi_square}: {faces:?}");
        let mut order: Vec<u32> = (0..100).collect();
        order.shuffle(&mut ENTROPY.rng("order", 0));
        assert_ne!(order, (0..100).collect::<Vec<u32>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<u32>>());
    }
}
