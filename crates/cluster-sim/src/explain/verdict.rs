//! The verdict of a run in one sentence.

use std::sync::Arc;

use cluster_sim_types::{NodeId, VirtualInstant};
use serde::Serialize;

use crate::report::{Outcome, Report, thousands};

/// What came of a run, when and at whose place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Verdict {
    /// The outcome in one word.
    pub(super) word: &'static str,
    /// What came of it.
    pub(super) sentence: String,
    /// The instant to look at.
    #[serde(rename = "at_ns")]
    pub(super) at: VirtualInstant,
    /// The step to look at, if it is a certain one.
    pub(super) step: Option<u64>,
    /// The nodes to look at.
    pub(super) nodes: Vec<NodeId>,
    /// Whether everything held.
    pub(super) held: bool,
}

impl Verdict {
    /// The verdict on a run; `names` are those of its nodes, by their numbers, where they are known.
    pub(super) fn of(report: &Report, names: &[Arc<str>]) -> Self {
        let name = |node: NodeId| names.get(node.index()).map_or_else(|| node.to_string(), |name| name.to_string());
        let verdict = |sentence, at, step, nodes| Self {
            word: word(report.outcome),
            sentence,
            at,
            step,
            nodes,
            held: report.outcome == Outcome::Held,
        };
        if let Some(divergence) = &report.divergence {
            let at = divergence.event.as_ref().map_or(VirtualInstant::ZERO, |event| event.at);
            return verdict(format!("two runs of the seed differ: {}", divergence.to_string().trim()), at, None, Vec::new());
        }
        if let Some(violation) = report.violations.first() {
            let on = listed(violation.nodes.iter().map(|node| name(*node)));
            // Numbers alone say less than what the rule says itself.
            let is_plain = on.is_empty() || names.is_empty() && !violation.message.is_empty();
            let on = if is_plain { String::new() } else { format!(" on {on}") };
            let why = if violation.message.is_empty() { String::new() } else { format!(": {}", violation.message) };
            let more = match report.violations.len() {
                1 => String::new(),
                many => format!(" (and {} more)", many - 1),
            };
            let step = thousands(violation.step);
            let sentence = format!("“{}” was broken at {} (step {step}){on}{why}{more}", violation.rule, violation.at);
            return verdict(sentence, violation.at, Some(violation.step), violation.nodes.clone());
        }
        if let Some(panic) = &report.panic {
            let task = panic.task.as_ref().map(|task| format!(", task {task},")).unwrap_or_default();
            let sentence =
                format!("{}{task} panicked at {} (step {}): {}", panic.site, panic.at, thousands(panic.step), panic.message);
            let node = names.iter().position(|name| **name == *panic.site).map(|node| NodeId(node as u32));
            return verdict(sentence, panic.at, Some(panic.step), node.into_iter().collect());
        }
        let unknown = report.checks.iter().find_map(|check| Some((&check.name, check.unknown.as_ref()?)));
        let sentence = match (report.outcome, &report.exhausted, &report.leak, unknown) {
            (Outcome::Exhausted, Some(exhausted), ..) => exhausted.to_string(),
            (Outcome::Nondeterministic, _, Some(leak), _) => format!("not deterministic: {leak}"),
            (Outcome::Unknown, .., Some((name, reason))) => format!("nobody can tell whether “{name}” holds: {reason}"),
            (Outcome::Stale, ..) => "the recorded case no longer has an effect".to_owned(),
            _ => "everything held".to_owned(),
        };
        verdict(sentence, report.ended_at, None, Vec::new())
    }
}

/// The outcome in one word, in capitals.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "HELD",
        Outcome::Violated => "VIOLATED",
        Outcome::Panicked => "PANICKED",
        Outcome::Exhausted => "EXHAUSTED",
        Outcome::Nondeterministic => "NONDETERMINISTIC",
        Outcome::Unknown => "UNKNOWN",
        Outcome::Stale => "STALE",
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
