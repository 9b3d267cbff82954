//! Cuts a stretch of time out of a run: what clients do in it, and the wait of faults for it to pass.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_simulation::driver::BegunOperation;
use cluster_sim_simulation::{FaultPlan, ScheduledFault};
use cluster_sim_types::VirtualInstant;

use super::operations::{Operation, with};
use super::search::Search;

/// Cuts out stretches of time, from half of a run down to single operations; returns whether it did.
///
/// An operation that is removed alone lets those after it come earlier, and a fault that they must meet would miss them. So the faults
/// come earlier too. They keep their order, and two of which one ended before the other do not overlap.
///
/// Only for rules about what clients saw: no other rule has an answer that is right whenever faults come.
pub(super) fn cut(search: &mut Search<'_>) -> bool {
    if !search.is_about_history() {
        return false;
    }
    let before = search.case();
    let mut begun = search.begun();
    let mut piece = begun.len().div_ceil(2);
    while piece > 0 {
        let mut from = 0;
        while from < begun.len() {
            let to = (from + piece).min(begun.len());
            if try_without(search, &begun, (from, to)) {
                begun = search.begun();
            } else {
                from = to;
            }
        }
        piece /= 2;
    }
    before != search.case()
}

/// Tries the case without a stretch of its operations, and the time of the run without it.
///
/// Clients are not in step with each other, so what is a whole number of operations to one is a part of one to another: the stretch
/// begins and ends with an operation of one client, of each in turn. It has the operations of all clients, or of that one.
fn try_without(search: &mut Search<'_>, begun: &[BegunOperation], (from, to): (usize, usize)) -> bool {
    let clients: BTreeSet<&String> = begun[from..].iter().map(|begun| &begun.client).collect();
    for client in clients.into_iter().map(Some).chain([None]) {
        let next = |index: usize| begun[index..].iter().find(|begun| Some(&begun.client) == client).map(|begun| begun.at);
        let stretch = next(from).zip(next(to));
        for of_all in [true, false] {
            let is_left_out = |begun: &&BegunOperation| of_all || Some(&begun.client) == client;
            let left_out: BTreeSet<Operation> = begun[from..to].iter().filter(is_left_out).map(operation).collect();
            let kept: Vec<Operation> = begun.iter().map(operation).filter(|operation| !left_out.contains(operation)).collect();
            let fewer = with(search, &kept);
            let case = match stretch {
                None => Some(fewer),
                Some(stretch) => without(&fewer.faults, stretch).map(|faults| fewer.with_faults(&faults)),
            };
            if !left_out.is_empty() && case.is_some_and(|case| search.try_operations(case)) {
                return true;
            }
        }
    }
    false
}

fn operation(begun: &BegunOperation) -> Operation {
    (begun.client.clone(), begun.number)
}

/// The faults of a run without the time between two instants; nothing if one is bound to a step of the run.
fn without(plan: &FaultPlan, (from, to): (VirtualInstant, VirtualInstant)) -> Option<Vec<ScheduledFault>> {
    let moved = |at: VirtualInstant| if at < from { at } else { from + at.saturating_since(to) };
    let mut faults = Vec::new();
    for scheduled in plan.faults() {
        let mut fault = scheduled.clone();
        fault.at = moved(scheduled.at);
        if scheduled.after.is_some() && fault.at != scheduled.at {
            return None;
        }
        if let Some(duration) = fault.fault.duration_mut() {
            *duration = moved(scheduled.at + *duration).saturating_since(fault.at);
            if *duration == Duration::ZERO {
                continue;
            }
        }
        faults.push(fault);
    }
    Some(faults)
}
