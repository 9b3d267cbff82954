//! Removes faults, shortens them, and narrows their targets.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ddmin::ddmin;
use super::search::Search;
use crate::fault::{Fault, ScheduledFault};
use crate::replay::Case;

/// Shortest duration tried; a case with shorter faults is no easier to understand.
const SHORTEST: Duration = Duration::from_millis(1);

/// Removes faults: whole kinds, then pieces of the plan, then single ones.
pub(super) fn remove(search: &mut Search<'_>) {
    let all = search.case().faults.faults().to_vec();
    let kinds: BTreeSet<&str> = all.iter().map(|scheduled| scheduled.fault.kind()).collect();
    for kind in kinds {
        let others: Vec<ScheduledFault> =
            search.case().faults.faults().iter().filter(|scheduled| scheduled.fault.kind() != kind).cloned().collect();
        search.try_case(search.case().with_faults(&others));
    }
    let remaining = search.case().faults.faults().to_vec();
    ddmin(remaining, |faults| search.try_case(search.case().with_faults(faults)));
}

/// Halves the duration of each fault while the case still fails.
pub(super) fn shorten(search: &mut Search<'_>) {
    for index in 0..search.case().faults.faults().len() {
        while let Some(shorter) = changed(&search.case(), index, halve) {
            if !search.try_case(shorter) {
                break;
            }
        }
    }
}

/// Removes nodes from both sides of each cut, and makes cuts one-way.
pub(super) fn narrow(search: &mut Search<'_>) {
    for index in 0..search.case().faults.faults().len() {
        if let Some(one_way) = changed(&search.case(), index, cut_one_way) {
            search.try_case(one_way);
        }
        for side in [Side::From, Side::To] {
            let nodes = side.of(&search.case().faults.faults()[index].fault).to_vec();
            ddmin(nodes, |nodes| {
                !nodes.is_empty()
                    && changed(&search.case(), index, |fault| side.set(fault, nodes)).is_some_and(|case| search.try_case(case))
            });
        }
    }
}

/// The case with one fault changed; absent if `change` changes nothing.
fn changed(case: &Case, index: usize, change: impl FnOnce(&mut Fault) -> bool) -> Option<Case> {
    let mut faults = case.faults.faults().to_vec();
    change(&mut faults[index].fault).then(|| case.with_faults(&faults))
}

fn halve(fault: &mut Fault) -> bool {
    let duration = match fault {
        Fault::Cut { duration, .. } | Fault::Pause { duration, .. } | Fault::Loss { duration, .. } => duration,
        Fault::Crash { down_for, .. } => down_for,
        Fault::HealAll | Fault::Restart { .. } | Fault::Kill { .. } | Fault::Resume { .. } | Fault::Links { .. } => return false,
    };
    match duration {
        Some(duration) if *duration >= SHORTEST * 2 => {
            // Whole milliseconds are easier to read.
            *duration = Duration::from_millis((*duration / 2).as_millis() as u64);
            true
        }
        _ => false,
    }
}

fn cut_one_way(fault: &mut Fault) -> bool {
    match fault {
        Fault::Cut { both_ways, .. } => std::mem::replace(both_ways, false),
        _ => false,
    }
}

/// A side of a cut.
#[derive(Debug, Clone, Copy)]
enum Side {
    From,
    To,
}

impl Side {
    fn of(self, fault: &Fault) -> &[String] {
        match (self, fault) {
            (Self::From, Fault::Cut { from, .. }) => from,
            (Self::To, Fault::Cut { to, .. }) => to,
            _ => &[],
        }
    }

    fn set(self, fault: &mut Fault, nodes: &[String]) -> bool {
        let side = match (self, fault) {
            (Self::From, Fault::Cut { from, .. }) => from,
            (Self::To, Fault::Cut { to, .. }) => to,
            _ => return false,
        };
        side.clear();
        side.extend_from_slice(nodes);
        true
    }
}
