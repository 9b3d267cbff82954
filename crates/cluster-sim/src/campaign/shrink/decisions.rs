//! Less left to chance: decisions go, and what they decided takes its canonical value.

use std::collections::BTreeSet;

use cluster_sim_runtime::Choice;

use super::ddmin::minimise;
use super::search::Attempts;
use crate::replay::{Decision, Story};

/// Tries the story in a world in which nothing happens by chance.
pub(super) fn leave_out_all(attempts: &mut Attempts<'_>) {
    if attempts.story().decisions.as_ref().is_none_or(|decisions| !decisions.is_empty()) {
        attempts.try_story(with(&attempts.story(), Vec::new()));
    }
}

/// Puts decisions in place of the seed, and leaves them out: all of a kind, all of a link, then pieces and single ones.
pub(super) fn leave_out(attempts: &mut Attempts<'_>) {
    if attempts.story().decisions.is_none() && !attempts.is_spent() {
        let (_, decisions) = attempts.story().told_by(attempts.scenario()).run_logged(attempts.seed());
        // All of them are the run itself: one more attempt that shows so.
        if !attempts.try_story(with(&attempts.story(), decisions)) {
            return;
        }
    }
    leave_out_by(attempts, |decision| decision.choice);
    leave_out_by(attempts, |decision| (decision.node.clone(), decision.peer.clone()));
    let decisions = present(attempts);
    minimise(decisions, |decisions| attempts.try_story(with(&attempts.story(), decisions.to_vec())));
}

/// Leaves out all decisions that have something in common.
fn leave_out_by<K: Ord>(attempts: &mut Attempts<'_>, common: impl Fn(&Decision) -> K) {
    let kinds: BTreeSet<K> = present(attempts).iter().map(&common).collect();
    for kind in kinds {
        let others: Vec<Decision> = present(attempts).into_iter().filter(|decision| common(decision) != kind).collect();
        if others.len() < present(attempts).len() {
            attempts.try_story(with(&attempts.story(), others));
        }
    }
}

fn present(attempts: &Attempts<'_>) -> Vec<Decision> {
    attempts.story().decisions.unwrap_or_default()
}

fn with(story: &Story, decisions: Vec<Decision>) -> Story {
    Story { decisions: Some(decisions), ..story.clone() }
}

/// How many decisions of each kind there are, in words.
pub(super) fn in_words(decisions: &[Decision]) -> String {
    let kinds: BTreeSet<Choice> = decisions.iter().map(|decision| decision.choice).collect();
    let count = |kind: &Choice| decisions.iter().filter(|decision| decision.choice == *kind).count();
    kinds.iter().map(|kind| format!("{} {kind:?}", count(kind)).to_lowercase()).collect::<Vec<_>>().join(", ")
}
