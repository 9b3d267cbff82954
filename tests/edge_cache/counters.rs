use std::collections::BTreeSet;

use cluster_sim_edge_cache::MetricsSnapshot;

use crate::measured::{changed, metric, run};
use crate::table::ROWS;

#[test]
fn edge_09_to_21_each_counter_rises_only_with_its_cause() {
    for row in ROWS {
        let without = run(&changed(row.scenario));
        let with = run(&changed(|file| {
            (row.scenario)(file);
            (row.cause)(file);
        }));
        for counter in row.counters {
            assert_eq!(metric(&without, counter), 0.0, "{counter} without {}", row.name);
            assert!(metric(&with, counter) > 0.0, "{counter} is zero in spite of {}", row.name);
        }
    }
}

#[test]
fn every_counter_has_a_row_and_every_row_a_counter() {
    let covered: BTreeSet<String> = ROWS.iter().flat_map(|row| row.counters).map(|counter| (*counter).to_owned()).collect();
    let known: BTreeSet<String> = MetricsSnapshot::counter_names().into_iter().collect();
    let uncovered: Vec<_> = known.difference(&covered).collect();
    assert!(uncovered.is_empty(), "give them a row in tests/edge_cache/table.rs: {uncovered:?}");
    let unknown: Vec<_> = covered.difference(&known).collect();
    assert!(unknown.is_empty(), "no counters of a snapshot: {unknown:?}");
}
