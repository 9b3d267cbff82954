//! Removes operations of clients.

use std::collections::{BTreeMap, BTreeSet};

use super::ddmin::ddmin;
use super::search::Search;
use crate::replay::Case;

/// Candidates that are tried before operations are removed one by one.
const WINDOWS: usize = 400;

/// Removes operations of the clients that ask for theirs by number.
pub(super) fn remove(search: &mut Search<'_>) {
    find_window(search);
    let left = left(search.reached(), &search.case());
    ddmin(left, |remaining| {
        let case = with(&search.case(), search.reached(), remaining);
        search.try_operations(case)
    });
}

/// Looks for a few operations in a row that suffice, of one client or of all.
///
/// Each operation shifts those after it in time, so a contradiction of two can depend on all before it while these are there, and
/// removing them one by one would end early.
fn find_window(search: &mut Search<'_>) {
    let left = left(search.reached(), &search.case());
    let most = left.iter().map(|(_, number)| number + 1).max().unwrap_or(0);
    let clients: BTreeSet<&String> = left.iter().map(|(client, _)| client).collect();
    let sizes = std::iter::successors(Some(2), |size| Some(size * 2)).take_while(|size| size * 2 <= left.len());
    let windows = sizes.flat_map(|size| (0..most).step_by(size.div_ceil(2)).map(move |from| from..from + size as u64));
    let of_one = clients.iter().map(|client| Some(*client));
    let whose: Vec<Option<&String>> = if clients.len() > 1 { of_one.chain([None]).collect() } else { vec![None] };
    let candidates = windows.flat_map(|window| whose.iter().map(move |client| (window.clone(), *client)));
    for (window, client) in candidates.take(WINDOWS) {
        let is_in = |(name, number): &&(String, u64)| window.contains(number) && client.is_none_or(|client| client == name);
        let few: Vec<(String, u64)> = left.iter().filter(is_in).cloned().collect();
        if few.len() < left.len() && !few.is_empty() && search.try_operations(with(&search.case(), search.reached(), &few)) {
            return;
        }
    }
}

/// How many operations clients came to at first, and how many a case has.
pub(super) fn count(reached: &BTreeMap<String, u64>, case: &Case) -> (u64, u64) {
    (reached.values().sum(), left(reached, case).len() as u64)
}

/// The operations of a case.
fn left(reached: &BTreeMap<String, u64>, case: &Case) -> Vec<(String, u64)> {
    let clients = reached.iter().filter(|(client, _)| !case.absent.contains(*client));
    let done = |client: &str, number: &u64| case.operations.get(client).is_none_or(|only| only.contains(number));
    clients
        .flat_map(|(client, reached)| (0..*reached).filter(|number| done(client, number)).map(|number| (client.clone(), number)))
        .collect()
}

/// The case with only these operations.
fn with(case: &Case, reached: &BTreeMap<String, u64>, operations: &[(String, u64)]) -> Case {
    let clients = reached.keys().filter(|client| !case.absent.contains(*client));
    let mut only: BTreeMap<String, BTreeSet<u64>> = clients.map(|client| (client.clone(), BTreeSet::new())).collect();
    for (client, number) in operations {
        only.entry(client.clone()).or_default().insert(*number);
    }
    Case { operations: only, ..case.clone() }
}
