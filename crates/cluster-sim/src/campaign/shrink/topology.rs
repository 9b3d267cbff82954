//! Less time, and fewer nodes.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ddmin::ddmin;
use super::search::Search;
use crate::replay::Case;

/// Ends the time in which things go wrong when the rule was broken, or halves it for as long as that does.
pub(super) fn shorten(attempts: &mut Search<'_>) {
    let definition = &attempts.scenario().0;
    if definition.drive.is_some() {
        // The hand of a test says how long.
        return;
    }
    let present = |attempts: &Search<'_>| attempts.case().duration.unwrap_or(attempts.scenario().0.duration);
    let broken_at = attempts.found().map_or(Duration::MAX, |finding| finding.at.since_zero());
    // To the next whole millisecond, so that the step that breaks it is still in it.
    let until = Duration::from_millis(u64::try_from(broken_at.as_millis()).unwrap_or(u64::MAX).saturating_add(1));
    if until < present(attempts) {
        attempts.try_structure(lasting(&attempts.case(), until));
    }
    while present(attempts) >= Duration::from_millis(2) {
        let half = Duration::from_millis((present(attempts) / 2).as_millis() as u64);
        if !attempts.try_structure(lasting(&attempts.case(), half)) {
            return;
        }
    }
}

/// The case in less time, without the faults that would come after it.
fn lasting(case: &Case, lasting: Duration) -> Case {
    let in_time: Vec<_> = case.faults.faults().iter().filter(|scheduled| scheduled.at.since_zero() <= lasting).cloned().collect();
    Case { duration: Some(lasting), ..case.with_faults(&in_time) }
}

/// Leaves seats empty: clients first, then all others; never one that a fault of the case names.
pub(super) fn remove_nodes(attempts: &mut Search<'_>) {
    let definition = attempts.scenario().0.clone();
    let names = |clients: bool| {
        let groups = definition.groups.iter().filter(move |group| group.must_end == clients);
        groups.flat_map(|group| group.members.iter().map(|member| member.name.clone()))
    };
    for clients in [true, false] {
        let named: BTreeSet<String> = named_by_faults(&attempts.case());
        let is_free = |name: &String| !named.contains(name) && !definition.absent.contains(name);
        let present = |case: &Case| {
            let there = names(clients).filter(is_free).filter(|name| !case.absent.contains(name));
            there.collect::<Vec<String>>()
        };
        let there = present(&attempts.case());
        ddmin(there, |kept| {
            let kept: BTreeSet<&String> = kept.iter().collect();
            let mut case = attempts.case();
            case.absent.extend(present(&case).into_iter().filter(|name| !kept.contains(name)));
            attempts.try_structure(case)
        });
    }
}

fn named_by_faults(case: &Case) -> BTreeSet<String> {
    let faults = case.faults.faults().iter();
    faults.flat_map(|scheduled| scheduled.fault.nodes().into_iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}
