use std::time::{Duration, Instant};

use cluster_sim_scenarios::edge_cache::{EdgeCacheFile, Seconds};

use crate::measured::{changed, run};

/// The bound for "well under a second", in a debug build.
const MOST: Duration = Duration::from_millis(500);
/// The best of this many attempts counts, so that other load on the machine is not measured.
const TRIES: u32 = 5;

#[expect(clippy::disallowed_methods, reason = "how long the machine takes is what is measured")]
fn measured(work: impl Fn()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

#[test]
fn edge_d10_thirty_virtual_seconds_take_well_under_a_real_one() {
    let file = EdgeCacheFile::example();
    assert_eq!(file.duration_secs, Seconds(30.0));
    let best = (0..TRIES).map(|_| measured(|| drop(run(&file)))).min().expect("it was tried");
    assert!(best < MOST, "{best:?}");
}

#[test]
fn edge_d10_idle_time_costs_no_steps() {
    let steps = |seconds: f64| {
        run(&changed(|file| {
            (file.duration_secs, file.mutation_rate_per_sec) = (Seconds(seconds), 1.0 / 86_400.0);
            (file.reads_per_client_per_sec, file.writes_per_client_per_sec) = (1.0 / 86_400.0, 0.0);
        }))
        .steps
    };
    // One read of each client and one write a day; ten times as many in ten days, each of a few steps.
    assert!((50..100).contains(&steps(86_400.0)), "{}", steps(86_400.0));
    assert!((500..1_000).contains(&steps(864_000.0)), "{}", steps(864_000.0));
}
