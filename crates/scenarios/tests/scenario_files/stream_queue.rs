//! The scenarios of the stream queue as files.

use cluster_sim::{Outcome, Scenario, Seed};
use cluster_sim_registry::{Prepared, Variables};
use cluster_sim_scenarios::{builtin, stream_queue};
use rstest::rstest;

/// The scenario of a file such as `s01`.
fn file(name: &str) -> Prepared {
    let path = format!("{}/../../scenarios/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    builtin().read(&text, &path, &Variables::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[rstest]
#[case("s01", stream_queue::s01_baseline())]
#[case("s02", stream_queue::s02_concurrent_producers())]
#[case("s05", stream_queue::s05_replication())]
#[case("s10", stream_queue::s10_burst(3))]
fn a_file_of_the_queue_without_choices_is_its_scenario(#[case] name: &str, #[case] scenario: Scenario) {
    let seed = Seed(7);
    assert_eq!(file(name).scenario().run(seed).digest, scenario.run(seed).digest, "{name}");
}

#[rstest]
fn a_file_of_the_queue_with_choices_keeps_every_rule(#[values("s03", "s04", "s06", "s07", "s08", "s09", "s11", "s12")] name: &str) {
    for seed in (0..3).map(Seed) {
        let report = file(name).scenario().run(seed);
        assert_eq!(report.outcome, Outcome::Held, "{report}");
        assert!(report.faults.iter().any(|record| record.applied), "{report}");
    }
}
