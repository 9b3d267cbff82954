//! Compares two implementations of one system message by message.

use cluster_sim::prelude::*;
use cluster_sim::report::{Record, RecordKind};

/// Runs a seed and returns every send, copy, drop and delivery in order, and the report.
pub fn traffic_of(scenario: &Scenario, seed: Seed) -> (Vec<Record>, Report) {
    let mut sim = scenario.start(seed);
    sim.keep_records();
    sim.run_for(sim.duration());
    let is_of_message =
        |record: &&Record| matches!(record.kind, RecordKind::Send | RecordKind::Copy | RecordKind::Drop | RecordKind::Deliver);
    let records = sim.records().iter().filter(is_of_message).copied().collect();
    (records, sim.finish())
}

/// Asserts that machines and tasks send, lose, deliver and measure alike from one seed.
///
/// Their digests must differ: only one of the two runs polls tasks.
///
/// # Panics
/// At the first message that differs, or if a measurement, the outcome or the traffic differs.
pub fn assert_equal(machines: &Scenario, tasks: &Scenario, seed: Seed) {
    let ((sent, report), (sent_by_tasks, of_tasks)) = (traffic_of(machines, seed), traffic_of(tasks, seed));
    let first = sent.iter().zip(&sent_by_tasks).find(|(one, other)| one != other);
    assert_eq!(first, None, "seed {seed}");
    assert_eq!(sent.len(), sent_by_tasks.len(), "seed {seed}");
    assert_eq!(report.measured, of_tasks.measured, "seed {seed}");
    assert_eq!((report.outcome, report.traffic), (of_tasks.outcome, of_tasks.traffic), "seed {seed}");
    assert_ne!(report.digest, of_tasks.digest, "seed {seed}");
}
