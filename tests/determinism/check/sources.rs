//! Sources of nondeterminism, as numbers.

use std::cell::Cell;
use std::time::Instant;

/// Sixteen numbers in the iteration order of a std `HashMap`.
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::iter_over_hash_type,
    reason = "the leak that must be found: hash order"
)]
pub(crate) fn hash_order() -> Vec<u64> {
    let map: std::collections::HashMap<u64, ()> = (1_000..1_016).map(|number| (number, ())).collect();
    let mut order = Vec::new();
    for number in map.keys() {
        order.push(*number);
    }
    order
}

/// The time of the machine, reduced to a number below 1,000,003.
#[expect(clippy::disallowed_methods, reason = "the leak that must be found: the machine's clock")]
pub(crate) fn machine_time() -> u64 {
    let now = format!("{:?}", Instant::now());
    now.bytes().fold(0, |hash, byte| (hash * 31 + u64::from(byte)) % 1_000_003)
}

/// Entropy of the operating system.
pub(crate) fn entropy() -> u64 {
    getrandom::u64().expect("the machine has entropy")
}

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// How often it was called in this thread, which shows what earlier runs left behind.
pub(crate) fn count_of_the_thread() -> u64 {
    COUNT.set(COUNT.get() + 1);
    COUNT.get()
}
