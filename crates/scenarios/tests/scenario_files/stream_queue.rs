//! The scenarios of the stream queue as files.

use cluster_sim::{Outcome, Seed};
use cluster_sim_scenarios::stream_queue::{numbered, numbered_on};
use rstest::rstest;

#[rstest]
fn a_file_of_the_queue_applies_its_faults_and_keeps_every_rule(
    #[values("s03", "s04", "s06", "s07", "s08", "s09", "s11", "s12")] name: &str,
) {
    for seed in (0..3).map(Seed) {
        let report = numbered(name).run(seed);
        assert_eq!(report.outcome, Outcome::Held, "{report}");
        assert!(report.faults.iter().any(|record| record.applied), "{report}");
    }
}

#[test]
fn a_file_of_the_queue_runs_on_another_number_of_brokers() {
    let brokers = |scenario: cluster_sim::Scenario| scenario.node_names().iter().filter(|name| name.starts_with("broker/")).count();
    assert_eq!((brokers(numbered("s09")), brokers(numbered_on("s09", 1))), (3, 1));
}

#[test]
#[should_panic(expected = "there is no scenario s13; name s01 to s12")]
fn a_number_of_the_queue_that_is_not_there_is_refused() {
    numbered("s13");
}
