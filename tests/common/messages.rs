//! What the nodes of a run said to each other, for comparing two forms of one system.

use cluster_sim::prelude::*;
use cluster_sim::{Record, RecordKind};

/// Every send, copy, loss and delivery of a run in order, and its report.
pub(crate) fn told(scenario: &Scenario, seed: Seed) -> (Vec<Record>, Report) {
    let mut sim = scenario.start(seed);
    sim.keep_records();
    sim.run_for(sim.duration());
    let of_messages =
        |record: &&Record| matches!(record.kind, RecordKind::Send | RecordKind::Copy | RecordKind::Drop | RecordKind::Deliver);
    let records = sim.records().iter().filter(of_messages).copied().collect();
    (records, sim.finish())
}

/// Asserts that two scenarios send, lose, deliver and measure the same from one seed. They are two runs all the same: tasks are polled in
/// one of them.
pub(crate) fn assert_equal(machines: &Scenario, tasks: &Scenario, seed: Seed) {
    let ((said, report), (said_by_tasks, of_tasks)) = (told(machines, seed), told(tasks, seed));
    let first = said.iter().zip(&said_by_tasks).find(|(one, other)| one != other);
    assert_eq!(first, None, "seed {seed}");
    assert_eq!(said.len(), said_by_tasks.len(), "seed {seed}");
    assert_eq!(report.measured, of_tasks.measured, "seed {seed}");
    assert_eq!((report.outcome, report.traffic), (of_tasks.outcome, of_tasks.traffic), "seed {seed}");
    assert_ne!(report.digest, of_tasks.digest, "seed {seed}");
}
