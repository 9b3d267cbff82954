//! Removes operations of clients.

use std::collections::{BTreeMap, BTreeSet};

use super::ddmin::ddmin;
use super::search::Search;
use crate::replay::Case;

/// Candidates that are tried before operations are removed one by one.
const WINDOWS: usize = 400;

/// An operation: the name of its client, and its number.
pub(super) type Operation = (String, u64);

/// Removes operations of the clients that ask for theirs by number.
pub(super) fn remove(search: &mut Search<'_>) {
    let left = left(search);
    ddmin(left, |remaining| {
        let case = with(search, remaining);
        search.try_operations(case)
    });
}

/// Looks for a few operations in a row that suffice, of one client or of all.
///
/// Each operation shifts those after it in time, so a contradiction of two can depend on all before it while these are there, and
/// removing them one by one would end early.
pub(super) fn find_window(search: &mut Search<'_>) {
    let left = left(search);
    let numbers: Vec<u64> = left.iter().map(|(_, number)| *number).collect::<BTreeSet<u64>>().into_iter().collect();
    let clients: BTreeSet<&String> = left.iter().map(|(client, _)| client).collect();
    let sizes = std::iter::successors(Some(2), |size| Some(size * 2)).take_while(|size| size * 2 <= left.len());
    let windows = sizes.flat_map(|size| (0..numbers.len()).step_by(size.div_ceil(2)).map(move |from| (from, from + size)));
    let of_one = clients.iter().map(|client| Some(*client));
    let whose: Vec<Option<&String>> = if clients.len() > 1 { of_one.chain([None]).collect() } else { vec![None] };
    let candidates = windows.flat_map(|window| whose.iter().map(move |client| (window, *client)));
    for ((from, to), client) in candidates.take(WINDOWS) {
        let window = &numbers[from..to.min(numbers.len())];
        let is_in =
            |(name, number): &&Operation| window.binary_search(number).is_ok() && client.is_none_or(|client| client == name);
        let few: Vec<Operation> = left.iter().filter(is_in).cloned().collect();
        if few.len() < left.len() && !few.is_empty() && search.try_operations(with(search, &few)) {
            return;
        }
    }
}

/// How many operations clients began at first, and how many a case has.
pub(super) fn count(begun: &BTreeMap<String, u64>, case: &Case) -> (u64, u64) {
    let left = begun.iter().filter(|(client, _)| !case.absent.contains(*client));
    let left = left.map(|(client, count)| case.operations.get(client).map_or(*count, |only| only.len() as u64));
    (begun.values().sum(), left.sum())
}

/// The operations that clients begin in the smallest case, each once, those of one client after those of another.
fn left(search: &mut Search<'_>) -> Vec<Operation> {
    let begun: BTreeSet<Operation> = search.begun().into_iter().map(|begun| (begun.client, begun.number)).collect();
    begun.into_iter().collect()
}

/// The smallest case with only these operations.
pub(super) fn with(search: &Search<'_>, operations: &[Operation]) -> Case {
    let case = search.case();
    let clients = search.clients().cloned().chain(case.operations.keys().cloned());
    let present = clients.filter(|client| !case.absent.contains(client));
    let mut only: BTreeMap<String, BTreeSet<u64>> = present.map(|client| (client, BTreeSet::new())).collect();
    for (client, number) in operations {
        only.entry(client.clone()).or_default().insert(*number);
    }
    Case { operations: only, ..case }
}
