use std::time::Duration;

use cluster_sim::{Report, Sim};
use rstest::rstest;

use crate::{named, ready};

/// Runs to the end in slices; `slice` gives the length of each by its number.
fn run_in_slices(sim: &mut Sim, slice: impl Fn(u64) -> Duration) {
    for number in 0.. {
        let left = sim.duration().saturating_sub(Duration::from_nanos(sim.now().as_nanoseconds()));
        if left.is_zero() || sim.is_over() {
            return;
        }
        sim.run_for(slice(number).min(left));
    }
}

/// From zero to a few milliseconds, with odd nanoseconds.
fn uneven(number: u64) -> Duration {
    Duration::from_nanos(number * 7_919 % 5_000_011)
}

#[rstest]
#[case::of_a_millisecond(|_| Duration::from_millis(1))]
#[case::of_uneven_lengths(uneven)]
fn edge_d09_a_run_in_slices_equals_the_uninterrupted_run(#[case] slice: fn(u64) -> Duration) {
    for (name, prepared) in ready() {
        let mut sim = prepared.scenario().start(prepared.seed());
        run_in_slices(&mut sim, slice);
        // The report marks it as a manual run; nothing else may differ.
        let sliced = Report { by_hand: false, ..sim.finish() };
        let whole = prepared.scenario().run(prepared.seed());
        assert_eq!(sliced.digest, whole.digest, "{name}");
        assert_eq!(sliced, whole, "{name}");
    }
}

#[test]
fn edge_d09_inspecting_a_run_between_slices_changes_nothing() {
    let prepared = named("edge-cache");
    let mut sim = prepared.scenario().start(prepared.seed());
    let mut asked = 0_u64;
    let never = sim.run_until(sim.duration(), |_| {
        asked += 1;
        false
    });
    assert!(!never && asked > 10_000, "asked {asked} times");
    assert_eq!(sim.finish().digest, prepared.run().digest);
}
