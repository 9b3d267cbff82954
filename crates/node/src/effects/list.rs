//! [`EffectList`]: keeps the effects of a step in order, the common ones where they cost little.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

#[cfg(feature = "test-utils")]
use cluster_sim_storage::DiskOp;
use cluster_sim_types::NodeId;

use super::Effect;
use crate::timer::Timer;

/// The first effect, apart from the list if it is one of the two that most steps begin with.
///
/// It owns nothing but a message, so that to take it costs no look at what other effects own.
#[derive(Debug)]
enum First<M> {
    Nothing,
    Send(NodeId, M),
    Timer(Timer, Duration),
    /// The first effect is in the list.
    Listed,
}

/// The part of the list after the first effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// One timer is set, as after the answer to a message. Apart from the list, which costs more than the timer.
    Timer(Timer, Duration),
    /// The list of later effects.
    Listed,
}

/// The effects of one step, in order.
#[derive(Debug)]
pub(crate) struct EffectList<M> {
    first: First<M>,
    rest: Rest,
    /// The effects that are kept neither in `first` nor in `rest`.
    listed: VecDeque<Effect<M>>,
}

impl<M> EffectList<M> {
    pub(super) fn new() -> Self {
        Self { first: First::Nothing, rest: Rest::Nothing, listed: VecDeque::new() }
    }

    pub(super) fn push(&mut self, effect: Effect<M>) {
        if self.is_empty() {
            self.first = First::Listed;
        }
        self.list_rest();
        self.listed.push_back(effect);
    }

    #[inline]
    pub(super) fn push_send(&mut self, to: NodeId, message: M) {
        if self.is_empty() {
            self.first = First::Send(to, message);
        } else {
            self.push(Effect::Send(to, message));
        }
    }

    #[inline]
    pub(super) fn push_timer(&mut self, timer: Timer, after: Duration) {
        if self.is_empty() {
            self.first = First::Timer(timer, after);
        } else if self.rest == Rest::Nothing {
            self.rest = Rest::Timer(timer, after);
        } else {
            self.push(Effect::SetTimer(timer, after));
        }
    }

    /// Moves what follows the first effect to the list.
    fn list_rest(&mut self) {
        if let Rest::Timer(timer, after) = self.rest {
            self.listed.push_back(Effect::SetTimer(timer, after));
        }
        self.rest = Rest::Listed;
    }

    #[inline(always)]
    pub(super) fn clear(&mut self) {
        if !self.is_empty() {
            self.first = First::Nothing;
        }
        if !matches!(self.rest, Rest::Nothing) {
            self.forget_rest();
        }
    }

    #[cold]
    fn forget_rest(&mut self) {
        self.listed.clear();
        self.rest = Rest::Nothing;
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Effect<M>> + '_ {
        let first = self.take_first();
        self.list_rest();
        self.rest = Rest::Nothing;
        first.into_iter().chain(self.listed.drain(..))
    }

    /// Removes the first effect, if it is not in the list.
    fn take_first(&mut self) -> Option<Effect<M>> {
        match mem::replace(&mut self.first, First::Nothing) {
            First::Send(to, message) => Some(Effect::Send(to, message)),
            First::Timer(timer, after) => Some(Effect::SetTimer(timer, after)),
            First::Nothing | First::Listed => None,
        }
    }

    /// Whether the step asked for nothing.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.first, First::Nothing)
    }
}

/// Access for the simulated driver, so that a step does not allocate.
#[cfg(feature = "test-utils")]
impl<M> EffectList<M> {
    /// Removes the first effect, if it sends one message to one node and is [alone or followed by a timer](Self::take_timer).
    #[inline(always)]
    pub(crate) fn take_send(&mut self) -> Option<(NodeId, M)> {
        if !matches!(self.first, First::Send(..)) || matches!(self.rest, Rest::Listed) {
            return None;
        }
        match mem::replace(&mut self.first, First::Nothing) {
            First::Send(to, message) => Some((to, message)),
            _ => None,
        }
    }

    /// Removes the timer that follows the first effect, if that is all that follows.
    #[inline(always)]
    pub(crate) fn take_timer(&mut self) -> Option<(Timer, Duration)> {
        let Rest::Timer(timer, after) = self.rest else { return None };
        self.rest = Rest::Nothing;
        Some((timer, after))
    }

    /// Removes the one effect, if it sets a timer.
    #[inline(always)]
    pub(crate) fn take_lone_timer(&mut self) -> Option<(Timer, Duration)> {
        let (First::Timer(timer, after), Rest::Nothing) = (&self.first, self.rest) else { return None };
        let lone = (*timer, *after);
        self.first = First::Nothing;
        Some(lone)
    }

    /// Whether the one effect is an operation for the disk.
    #[inline]
    pub(crate) fn is_lone_disk(&self) -> bool {
        let is_lone = matches!(self.first, First::Listed) && self.listed.len() == 1;
        is_lone && matches!(self.listed.front(), Some(Effect::Disk(..)))
    }

    /// Removes the [one effect](Self::is_lone_disk), if it is an operation for the disk.
    #[inline]
    pub(super) fn take_lone_disk(&mut self) -> Option<(u64, Box<DiskOp>)> {
        match self.listed.pop_front() {
            Some(Effect::Disk(tag, operation)) => {
                (self.first, self.rest) = (First::Nothing, Rest::Nothing);
                Some((tag, operation))
            }
            _ => None,
        }
    }

    /// Removes the first effect.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<Effect<M>> {
        if let Some(first) = self.take_first() {
            self.list_rest();
            return Some(first);
        }
        let next = self.listed.pop_front();
        if next.is_none() {
            self.rest = Rest::Nothing;
        }
        next
    }
}

#[cfg(all(test, feature = "test-utils"))]
mod tests {
    use super::*;

    /// Makes effects: an even number is sent, an odd one is a timer.
    fn made(numbers: &[u64]) -> EffectList<u64> {
        let mut effects = EffectList::new();
        for number in numbers {
            match number % 2 {
                0 => effects.push_send(NodeId(0), *number),
                _ => effects.push_timer(Timer(*number), Duration::ZERO),
            }
        }
        effects
    }

    fn number_of(effect: Effect<u64>) -> u64 {
        match effect {
            Effect::Send(_, number) | Effect::SetTimer(Timer(number), _) => number,
            other => unreachable!("{other:?} was not made"),
        }
    }

    /// Every sequence of up to four effects: bit `n` of `kinds` says whether the `n`th is a timer.
    fn sequences() -> impl Iterator<Item = Vec<u64>> {
        let of_length =
            |length: u64| (0..1_u64 << length).map(move |kinds| (0..length).map(|n| n * 2 + (kinds >> n & 1)).collect());
        (0..5).flat_map(of_length)
    }

    #[test]
    fn effects_keep_the_order_in_which_they_were_made() {
        for numbers in sequences() {
            assert_eq!(made(&numbers).drain().map(number_of).collect::<Vec<_>>(), numbers);
            let mut effects = made(&numbers);
            let one_by_one: Vec<u64> = std::iter::from_fn(|| effects.next()).map(number_of).collect();
            assert_eq!(one_by_one, numbers);
            assert_eq!((effects.is_empty(), effects.rest), (true, Rest::Nothing), "after {numbers:?}");
        }
    }

    #[test]
    fn the_short_ways_take_the_same_effects_in_the_same_order() {
        for numbers in sequences() {
            let mut effects = made(&numbers);
            let mut taken = Vec::new();
            if let Some((_, message)) = effects.take_send() {
                taken.push(message);
                taken.extend(effects.take_timer().map(|(timer, _)| timer.0));
            } else if let Some((timer, _)) = effects.take_lone_timer() {
                taken.push(timer.0);
            } else {
                assert!(numbers.len() != 1, "one effect has a short way");
                taken.extend(effects.drain().map(number_of));
            }
            assert_eq!(taken, numbers);
            assert_eq!((effects.is_empty(), effects.rest), (true, Rest::Nothing), "after {numbers:?}");
        }
    }

    #[test]
    fn a_cleared_list_is_empty() {
        for numbers in sequences() {
            let mut effects = made(&numbers);
            effects.clear();
            assert!(effects.drain().next().is_none(), "after {numbers:?}");
        }
    }
}
