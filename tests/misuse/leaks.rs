//! Node code that is not deterministic, and the likely cause that a determinism check names.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::iter_over_hash_type,
    reason = "these are the leaks that the check must name"
)]

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::one;

/// Returns the lines of the determinism check about the likely cause.
fn leak(scenario: &Scenario) -> String {
    let check = scenario.check_determinism(Seed(7));
    assert_eq!(check.outcome(), Outcome::Nondeterministic, "{check}");
    let text = check.to_string();
    let lines = text.lines().filter(|line| line.contains("likely") || line.contains("suspect") || line.contains("cause"));
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_clock_of_the_machine_in_a_message() {
    let node = one(|node| async move {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
        node.bind::<u128>("clock").send(0, now.as_nanos());
    });
    assert_snapshot!(leak(&node), @"most likely: the same message with another content: it depends on more than the run");
}

#[test]
fn the_order_of_a_hash_set() {
    let node = one(|node| async move {
        let port = node.bind::<u64>("numbers");
        for number in (0..50).collect::<HashSet<u64>>() {
            port.send(0, number);
        }
    });
    assert_snapshot!(leak(&node), @"most likely: the same message with another content: it depends on more than the run");
}

#[test]
fn a_random_number_of_the_machine() {
    let node = one(|node| async move {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("the machine has random numbers");
        node.sleep(Duration::from_nanos(u64::from_le_bytes(bytes) % 1_000_000)).await;
    });
    assert_snapshot!(leak(&node), @"most likely: the same event at another instant, as after a duration that depends on the machine's clock or on entropy of the OS");
}

#[test]
fn a_counter_in_a_static() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let node = one(|node| async move { node.bind::<u64>("runs").send(0, RUNS.fetch_add(1, Ordering::Relaxed)) });
    assert_snapshot!(leak(&node), @"most likely: the same message with another content: it depends on more than the run");
}
