//! Less left to chance: decisions go, and what they decided takes its canonical value.

use std::collections::BTreeSet;

use cluster_sim_runtime::Choice;

use super::ddmin::ddmin;
use super::search::Search;
use crate::replay::{Case, Decision};

/// Tries the case in a world in which nothing happens by chance.
pub(super) fn leave_out_all(attempts: &mut Search<'_>) {
    if attempts.case().decisions.as_ref().is_none_or(|decisions| !decisions.is_empty()) {
        attempts.try_case(with(&attempts.case(), Vec::new()));
    }
}

/// Puts decisions in place of the seed, and leaves them out: all of a kind, all of a link, then pieces and single ones.
pub(super) fn leave_out(attempts: &mut Search<'_>) {
    if attempts.case().decisions.is_none() && !attempts.is_spent() {
        let (_, decisions) = attempts.case().apply_to(attempts.scenario()).run_with_decisions(attempts.seed());
        // All of them are the run itself: one more attempt that shows so.
        if !attempts.try_case(with(&attempts.case(), decisions)) {
            return;
        }
    }
    leave_out_by(attempts, |decision| decision.choice);
    leave_out_by(attempts, |decision| (decision.node.clone(), decision.peer.clone()));
    let decisions = present(attempts);
    ddmin(decisions, |decisions| attempts.try_case(with(&attempts.case(), decisions.to_vec())));
}

/// Leaves out all decisions that have something in common.
fn leave_out_by<K: Ord>(attempts: &mut Search<'_>, common: impl Fn(&Decision) -> K) {
    let kinds: BTreeSet<K> = present(attempts).iter().map(&common).collect();
    for kind in kinds {
        let others: Vec<Decision> = present(attempts).into_iter().filter(|decision| common(decision) != kind).collect();
        if others.len() < present(attempts).len() {
            attempts.try_case(with(&attempts.case(), others));
        }
    }
}

fn present(attempts: &Search<'_>) -> Vec<Decision> {
    attempts.case().decisions.unwrap_or_default()
}

fn with(case: &Case, decisions: Vec<Decision>) -> Case {
    Case { decisions: Some(decisions), ..case.clone() }
}

/// How many decisions of each kind there are, in words.
pub(super) fn in_words(decisions: &[Decision]) -> String {
    let kinds: BTreeSet<Choice> = decisions.iter().map(|decision| decision.choice).collect();
    let count = |kind: &Choice| decisions.iter().filter(|decision| decision.choice == *kind).count();
    kinds.iter().map(|kind| format!("{} {kind:?}", count(kind)).to_lowercase()).collect::<Vec<_>>().join(", ")
}
