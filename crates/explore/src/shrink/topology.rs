//! Shortens the run and removes nodes.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ddmin::ddmin;
use super::search::Search;
use crate::replay::Case;

/// Ends the fault phase when the rule was broken, then halves it while the case still fails.
pub(super) fn shorten(search: &mut Search<'_>) {
    let outline = search.outline();
    if outline.is_scripted {
        // The script decides how long a run takes.
        return;
    }
    let current = |search: &Search<'_>| search.case().duration.unwrap_or(outline.duration);
    let broken_at = search.found().at.since_zero();
    // The next whole millisecond, so that the step that breaks the rule is included.
    let until = Duration::from_millis(u64::try_from(broken_at.as_millis()).unwrap_or(u64::MAX).saturating_add(1));
    if until < current(search) {
        search.try_topology(truncate(&search.case(), until));
    }
    while current(search) >= Duration::from_millis(2) {
        let half = Duration::from_millis((current(search) / 2).as_millis() as u64);
        if !search.try_topology(truncate(&search.case(), half)) {
            return;
        }
    }
}

/// The case with a shorter fault phase, without the faults after it.
fn truncate(case: &Case, duration: Duration) -> Case {
    let in_time: Vec<_> = case.faults.faults().iter().filter(|scheduled| scheduled.at.since_zero() <= duration).cloned().collect();
    Case { duration: Some(duration), ..case.with_faults(&in_time) }
}

/// Removes clients, then other nodes; never one that a fault of the case names.
pub(super) fn remove_nodes(search: &mut Search<'_>) {
    let outline = search.outline();
    for nodes in [&outline.clients, &outline.servers] {
        let protected: BTreeSet<String> = named_by_faults(&search.case());
        let is_removable = |name: &String| !protected.contains(name) && !outline.absent.contains(name);
        let current = |case: &Case| {
            let nodes = nodes.iter().filter(|name| is_removable(name) && !case.absent.contains(*name));
            nodes.cloned().collect::<Vec<String>>()
        };
        let nodes = current(&search.case());
        ddmin(nodes, |remaining| {
            let remaining: BTreeSet<&String> = remaining.iter().collect();
            let mut case = search.case();
            case.absent.extend(current(&case).into_iter().filter(|name| !remaining.contains(name)));
            search.try_topology(case)
        });
    }
}

fn named_by_faults(case: &Case) -> BTreeSet<String> {
    let faults = case.faults.faults().iter();
    faults.flat_map(|scheduled| scheduled.fault.nodes().into_iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}
