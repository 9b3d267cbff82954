//! Hand-written histories, brute force, and stores that are broken in known ways.

mod bad_input;
mod joints;
mod level_cases;
mod list_cases;
mod notation;
mod random;
mod register_cases;
mod serial;
mod snapshots;
mod stores;

use std::collections::BTreeSet;

use super::*;

/// A name, the history, and the anomalies that it shows.
type Row = (&'static str, &'static str, &'static [&'static str]);

fn assert_rows(rows: &[Row], analyze: impl Fn(&str) -> Result<Anomalies, TransactionError>) {
    let mut wrong = String::new();
    for (name, lines, expected) in rows {
        let anomalies = analyze(lines).unwrap();
        let found: BTreeSet<String> = anomalies.counts.keys().map(ToString::to_string).collect();
        let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(anomalies.undecided, [], "{name}");
        if found != expected {
            wrong += &format!("{name}: {:#?}\n", anomalies.examples);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
