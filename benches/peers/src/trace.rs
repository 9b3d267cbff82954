//! The digest and the number of events of this thread's run.

use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static EVENTS: Cell<u64> = const { Cell::new(0) };
    static HASH: Cell<u64> = const { Cell::new(0) };
}

/// Records an event: a message `word` from `peer` reached `node`, or a timer of `node`, then also the peer, fired.
pub(crate) fn record(at: Duration, node: u32, peer: u32, word: u64) {
    let word = word ^ (u64::from(node) << 32 | u64::from(peer)).rotate_left(17) ^ at.as_nanos() as u64;
    HASH.set((HASH.get().rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    EVENTS.set(EVENTS.get() + 1);
}

/// Takes the digest and the number of events; the next run starts from zero.
pub(crate) fn take() -> (u64, u64) {
    (HASH.take(), EVENTS.take())
}

/// 64 pseudorandom bits for choice number `index` of node `node`.
pub(crate) fn roll(node: u32, index: u64) -> u64 {
    let word = (u64::from(node) << 32 ^ index).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// A duration below `bound` for a roll.
pub(crate) fn below(roll: u64, bound: Duration) -> Duration {
    Duration::from_nanos(((u128::from(roll) * bound.as_nanos()) >> 64) as u64)
}
