//! [`RunVerdict`]: the verdict on a run, in one sentence.

use std::sync::Arc;

use cluster_sim_types::{NodeId, VirtualInstant};
use serde::Serialize;

use super::{Outcome, PanicSite, Report, thousands};

/// The verdict on a run: passed or not, when, and on which nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunVerdict {
    /// `PASS`, `FAIL`, `UNKNOWN` or `NONDETERMINISTIC`.
    pub word: &'static str,
    /// The verdict in one sentence.
    pub sentence: String,
    /// The instant to look at.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The step to look at, if the verdict names one.
    pub step: Option<u64>,
    /// The nodes to look at.
    pub nodes: Vec<NodeId>,
    /// Whether every rule held.
    pub passed: bool,
}

impl RunVerdict {
    /// The verdict on a run; `names` are those of its nodes by number, or none where unknown.
    pub fn of(report: &Report, names: &[Arc<str>]) -> Self {
        let name = |node: NodeId| names.get(node.index()).map_or_else(|| node.to_string(), |name| name.to_string());
        let verdict = |sentence, at, step, nodes| Self {
            word: report.outcome.verdict_word(),
            sentence,
            at,
            step,
            nodes,
            passed: report.outcome == Outcome::Held,
        };
        if let Some(divergence) = &report.divergence {
            let at = divergence.event.as_ref().map_or(VirtualInstant::ZERO, |event| event.at);
            return verdict(format!("two runs of the seed differ: {}", divergence.to_string().trim()), at, None, Vec::new());
        }
        if let (Outcome::AssumptionExceeded, Some(exceeded)) = (report.outcome, &report.exceeded) {
            let sentence =
                format!("assumption exceeded at {} (step {}): {}", exceeded.at, thousands(exceeded.step), exceeded.message);
            return verdict(sentence, exceeded.at, Some(exceeded.step), exceeded.nodes.clone());
        }
        if let Some(violation) = report.violations.first() {
            let on = listed(violation.nodes.iter().map(|node| name(*node)));
            // Without names, the numbers of nodes add nothing to the rule's message.
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
            let node = match &panic.site {
                PanicSite::Node { name, .. } => names.iter().position(|known| **known == **name).map(|node| NodeId(node as u32)),
                _ => None,
            };
            return verdict(sentence, panic.at, Some(panic.step), node.into_iter().collect());
        }
        let unknown = report.checks.iter().find_map(|check| Some((&check.name, check.unknown.as_ref()?)));
        let sentence = match (report.outcome, &report.exhausted, &report.leak, unknown) {
            (Outcome::Exhausted, Some(_), ..) => report.exhausted_text(),
            (Outcome::Nondeterministic, _, Some(leak), _) => format!("not deterministic: {leak}"),
            (Outcome::Unknown, .., Some((name, reason))) => format!("“{name}” could not be judged: {reason}"),
            (Outcome::Stale, ..) => "the recorded case no longer has an effect".to_owned(),
            _ => "every rule held".to_owned(),
        };
        verdict(sentence, report.ended_at, None, Vec::new())
    }
}

/// Joins names: `a`, `a and b`, `a, b and c`.
fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
