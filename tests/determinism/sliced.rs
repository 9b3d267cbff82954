use std::time::Duration;

use cluster_sim::{Report, Sim};
use rstest::rstest;

use crate::{named, ready};

/// Runs on until the scenario or the run is over, each time for what `slice` says of the number of the slice.
fn run_in_slices(sim: &mut Sim, slice: impl Fn(u64) -> Duration) {
    for number in 0.. {
        let left = sim.duration().saturating_sub(Duration::from_nanos(sim.now().as_nanoseconds()));
        if left.is_zero() || sim.is_over() {
            return;
        }
        sim.run_for(slice(number).min(left));
    }
}

/// From nothing at all to a few milliseconds, with odd nanoseconds.
fn uneven(number: u64) -> Duration {
    Duration::from_nanos(number * 7_919 % 5_000_011)
}

#[rstest]
#[case::of_a_millisecond(|_| Duration::from_millis(1))]
#[case::of_uneven_lengths(uneven)]
fn edge_d09_a_run_in_slices_is_the_run_in_one_go(#[case] slice: fn(u64) -> Duration) {
    for (name, prepared) in ready() {
        let mut sim = prepared.scenario().start(prepared.seed());
        run_in_slices(&mut sim, slice);
        // Driven by hand it was, and says so; nothing else may differ.
        let sliced = Report { by_hand: false, ..sim.finish() };
        let whole = prepared.scenario().run(prepared.seed());
        assert_eq!(sliced.digest, whole.digest, "{name}");
        assert_eq!(sliced, whole, "{name}");
    }
}

#[test]
fn edge_d09_a_run_that_is_looked_at_between_its_slices_is_the_same() {
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
