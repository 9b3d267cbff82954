//! The verdict on snapshot isolation is that of trying every order of starts and commits.

use std::collections::BTreeSet;

use super::notation::lists;
use super::random::{notation, random_transactions};
use super::serial::{Apply, Operations, Store, apply_all, forbids_any, precedes};
use super::*;
use crate::history::Completion;

/// A transaction that started and did not commit yet.
#[derive(Clone)]
struct Running {
    index: usize,
    /// The content once it commits.
    store: Store,
    /// The keys that others wrote since its start.
    taken: BTreeSet<char>,
}

/// A store between two events.
#[derive(Clone, Default)]
struct Snapshots {
    store: Store,
    started: u32,
    committed: u32,
    running: Vec<Running>,
}

fn keys_written<S: Step<Key = char>>(steps: &[S]) -> BTreeSet<char> {
    steps.iter().filter(|step| step.written().is_some()).map(|step| *step.key()).collect()
}

fn has_snapshots<S: Apply<Key = char>>(operations: Operations<'_, S>, order: TimeOrder, now: &Snapshots) -> bool {
    let is_committed = |index: usize| now.committed >> index & 1 == 1;
    if (0..operations.len()).all(|index| is_committed(index) || !matches!(operations[index].outcome, Completion::Ok { .. })) {
        return true;
    }
    let commits = (0..now.running.len()).any(|place| {
        let mut next = now.clone();
        let Running { index, store, taken } = next.running.remove(place);
        let keys = keys_written(&operations[index].op);
        if !keys.is_disjoint(&taken) {
            return false;
        }
        for key in &keys {
            next.store.insert(*key, store[key].clone());
            next.running.iter_mut().for_each(|other| other.taken.extend([*key]));
        }
        next.committed |= 1 << index;
        has_snapshots(operations, order, &next)
    });
    commits
        || (0..operations.len()).filter(|index| now.started >> index & 1 == 0).any(|index| {
            let operation = &operations[index];
            let is_early = |other: usize| precedes(&operations[other], operation, order) && !is_committed(other);
            let mut store = now.store.clone();
            if !operation.may_have_happened() || (0..operations.len()).any(is_early) || !apply_all(operation, &mut store) {
                return false;
            }
            let mut next = now.clone();
            next.started |= 1 << index;
            next.running.push(Running { index, store, taken: BTreeSet::new() });
            has_snapshots(operations, order, &next)
        })
}

#[test]
fn the_verdict_on_snapshots_is_that_of_all_starts_and_commits() {
    let levels = [
        (Level::SnapshotIsolation, TimeOrder::None),
        (Level::StrongSessionSnapshotIsolation, TimeOrder::Process),
        (Level::StrongSnapshotIsolation, TimeOrder::RealTime),
    ];
    let (mut refused, mut skewed) = ([0; 3], 0);
    for seed in 0..60_000 {
        let lines = notation(&random_transactions(seed), true);
        let history = lists(&lines);
        let anomalies = Transactions::list_append().analyze(&history).unwrap();
        skewed += usize::from(!forbids_any(Level::SnapshotIsolation, &anomalies) && forbids_any(Level::Serializable, &anomalies));
        for ((level, order), refused) in levels.into_iter().zip(&mut refused) {
            let is_possible = has_snapshots(history.operations(), order, &Snapshots::default());
            *refused += usize::from(!is_possible);
            let found = forbids_any(level, &anomalies);
            assert_eq!(found, !is_possible, "seed {seed} at {level:?}:\n{lines}{:#?}", anomalies.examples);
        }
    }
    assert!(refused[0] > 6_000 && refused[0] + 600 < refused[1] && refused[1] + 600 < refused[2], "{refused:?}");
    assert!(skewed > 40, "{skewed}");
}
