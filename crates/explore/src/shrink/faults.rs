//! Removes faults, shortens them, and narrows their targets.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_simulation::{Fault, ScheduledFault};
use cluster_sim_types::VirtualInstant;

use super::ddmin::ddmin;
use super::search::Search;
use crate::replay::Case;

/// Shortest duration tried; a case with shorter faults is no easier to understand.
const SHORTEST: Duration = Duration::from_millis(1);

const MILLISECOND: u64 = 1_000_000;

/// Removes faults: whole kinds, then pieces of the plan, then single ones.
pub(super) fn remove(search: &mut Search<'_>) {
    let all = search.case().faults.faults().to_vec();
    let kinds: BTreeSet<&str> = all.iter().map(|scheduled| scheduled.fault.kind()).collect();
    for kind in kinds {
        let others: Vec<ScheduledFault> =
            search.case().faults.faults().iter().filter(|scheduled| scheduled.fault.kind() != kind).cloned().collect();
        try_fewer(search, &others);
    }
    let remaining = search.case().faults.faults().to_vec();
    ddmin(remaining, |faults| try_fewer(search, faults));
}

/// Tries the case with fewer faults, unless an earlier one would then have no end.
///
/// Of a crash and the restart that ends it, the restart does not go alone: the node would be down for longer than in any run of
/// the scenario, and perhaps together with others.
fn try_fewer(search: &mut Search<'_>, fewer: &[ScheduledFault]) -> bool {
    let case = search.case();
    let is_endless = |ending: &ScheduledFault| {
        let begun = fewer.iter().filter(|scheduled| scheduled.at <= ending.at);
        !fewer.contains(ending) && begun.into_iter().any(|earlier| ending.fault.ends(&earlier.fault))
    };
    !case.faults.faults().iter().any(is_endless) && search.try_case(case.with_faults(fewer))
}

/// Halves the duration of each fault while the case still fails.
pub(super) fn shorten(search: &mut Search<'_>) {
    for index in 0..search.case().faults.faults().len() {
        while let Some(half) = search.case().faults.faults()[index].fault.duration().and_then(half) {
            let halve = |fault: &mut Fault| *fault.duration_mut().expect("it has a duration") = half;
            if !search.try_case(changed(&search.case(), index, halve)) {
                break;
            }
        }
    }
}

/// Half of a duration; absent if it is too short for that.
fn half(duration: Duration) -> Option<Duration> {
    // Whole milliseconds are easier to read.
    (duration >= SHORTEST * 2).then(|| Duration::from_millis((duration / 2).as_millis() as u64))
}

/// Removes nodes from what each fault hits, and tries faults that do less.
pub(super) fn narrow(search: &mut Search<'_>) {
    for index in 0..search.case().faults.faults().len() {
        for simpler in search.case().faults.faults()[index].fault.simpler() {
            search.try_case(changed(&search.case(), index, |fault| *fault = simpler));
        }
        let lists = search.case().faults.faults()[index].fault.clone().targets_mut().len();
        for list in 0..lists {
            let named = |search: &Search<'_>| search.case().faults.faults()[index].fault.clone().targets_mut()[list].clone();
            let keep = |search: &mut Search<'_>, nodes: &[String]| {
                let fewer = |fault: &mut Fault| *fault.targets_mut()[list] = nodes.to_vec();
                !nodes.is_empty() && search.try_case(changed(&search.case(), index, fewer))
            };
            ddmin(named(search), |nodes| keep(search, nodes));
            // Then the nodes of a set, in place of its name.
            let names = named(search);
            let nodes: Vec<String> =
                names.iter().flat_map(|name| search.outline().members(name).unwrap_or(vec![name.clone()])).collect();
            if nodes != names {
                ddmin(nodes, |nodes| keep(search, nodes));
            }
        }
    }
}

/// Moves faults that a trigger timed to follow a step to the next millisecond or the next instant.
///
/// A plain instant is easier to understand, and code that takes other steps keeps it.
pub(super) fn move_to_instants(search: &mut Search<'_>) {
    for index in 0..search.case().faults.faults().len() {
        let scheduled = search.case().faults.faults()[index].clone();
        let nanoseconds = scheduled.at.as_nanoseconds();
        let later = [(nanoseconds / MILLISECOND + 1) * MILLISECOND, nanoseconds + 1].map(VirtualInstant::from_nanoseconds);
        later.into_iter().filter(|_| scheduled.after.is_some()).any(|at| {
            let case = search.case();
            let others =
                case.faults.faults().iter().enumerate().filter(|(other, _)| *other != index).map(|(_, fault)| fault.clone());
            let moved = ScheduledFault { at, after: None, fault: scheduled.fault.clone() };
            let faults: Vec<ScheduledFault> = others.chain([moved]).collect();
            search.try_case(case.with_faults(&faults))
        });
    }
}

/// The case with one fault changed.
fn changed(case: &Case, index: usize, change: impl FnOnce(&mut Fault)) -> Case {
    let mut faults = case.faults.faults().to_vec();
    change(&mut faults[index].fault);
    case.with_faults(&faults)
}
