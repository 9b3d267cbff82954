//! Removes decisions; the choices they made take their canonical values.

use std::collections::BTreeSet;

use cluster_sim_simulation::Decision;

use super::ddmin::ddmin;
use super::search::Search;
use crate::replay::Case;

/// Tries the case without any decision.
pub(super) fn remove_all(search: &mut Search<'_>) {
    if search.case().decisions.as_ref().is_none_or(|decisions| !decisions.is_empty()) {
        search.try_case(with(&search.case(), Vec::new()));
    }
}

/// Replaces the seed by its decisions, then removes them by kind, by link, in pieces, and one by one.
pub(super) fn remove(search: &mut Search<'_>) {
    if search.case().decisions.is_none() {
        let Some(decisions) = search.decisions() else { return };
        // All decisions give the original run; this run shows that they do.
        if !search.try_case(with(&search.case(), decisions)) {
            return;
        }
    }
    remove_by(search, |decision| decision.choice);
    remove_by(search, |decision| (decision.node.clone(), decision.peer.clone()));
    let decisions = remaining(search);
    ddmin(decisions, |decisions| search.try_case(with(&search.case(), decisions.to_vec())));
}

/// Removes all decisions with equal `key`, for each key.
fn remove_by<K: Ord>(search: &mut Search<'_>, key: impl Fn(&Decision) -> K) {
    let keys: BTreeSet<K> = remaining(search).iter().map(&key).collect();
    for kind in keys {
        let others: Vec<Decision> = remaining(search).into_iter().filter(|decision| key(decision) != kind).collect();
        if others.len() < remaining(search).len() {
            search.try_case(with(&search.case(), others));
        }
    }
}

fn remaining(search: &Search<'_>) -> Vec<Decision> {
    search.case().decisions.unwrap_or_default()
}

fn with(case: &Case, decisions: Vec<Decision>) -> Case {
    Case { decisions: Some(decisions), ..case.clone() }
}
