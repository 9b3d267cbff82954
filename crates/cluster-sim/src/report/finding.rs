//! What a failing run found, so that two runs can be said to find the same.

use std::fmt;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::normalize::without_numbers;
use super::{Outcome, Report};

/// What ended a run that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// How the run ended.
    pub outcome: Outcome,
    /// The rule that was broken, or whose code panicked.
    pub rule: String,
    /// How it showed, as a sentence.
    pub message: String,
    /// When, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// At which step.
    pub step: u64,
}

impl Finding {
    /// Whether the other is the same finding, perhaps at another instant and about other nodes: the same rule was broken, or the same
    /// code panicked for the same reason.
    pub fn is_like(&self, other: &Self) -> bool {
        let same_reason = self.outcome != Outcome::Panicked || without_numbers(&self.message) == without_numbers(&other.message);
        self.outcome == other.outcome && self.rule_alone() == other.rule_alone() && same_reason
    }

    /// The rule; of a panic in a node, its group, since which member it hits is chance.
    fn rule_alone(&self) -> &str {
        match self.outcome {
            Outcome::Panicked => self.rule.rsplit_once('/').map_or(&self.rule, |(group, _)| group),
            _ => &self.rule,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at {}  step {}  {}", self.at, self.step, self.rule)?;
        let panicked = if self.outcome == Outcome::Panicked { " panicked" } else { "" };
        let colon = if self.message.is_empty() { "" } else { ": " };
        write!(formatter, "{panicked}{colon}{}", self.message)
    }
}

impl Report {
    /// What the run found; nothing if it held, or was of no use.
    ///
    /// The first broken rule, else the panic. A run that spent a budget, could not be judged or leaked found nothing that could be looked
    /// for again.
    pub fn finding(&self) -> Option<Finding> {
        if let Some(violation) = self.violations.first() {
            let (rule, message) = (violation.rule.clone(), violation.message.clone());
            return Some(Finding { outcome: self.outcome, rule, message, at: violation.at, step: violation.step });
        }
        let panic = self.panic.as_ref()?;
        let (rule, message) = (panic.site.clone(), panic.message.clone());
        Some(Finding { outcome: self.outcome, rule, message, at: panic.at, step: panic.step })
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_invariants::Violation;
    use cluster_sim_runtime::{Seed, SeedSchedule};

    use super::*;

    fn finding(outcome: Outcome, rule: &str, message: &str) -> Finding {
        Finding { outcome, rule: rule.to_owned(), message: message.to_owned(), at: VirtualInstant::ZERO, step: 0 }
    }

    #[test]
    fn a_rule_is_the_same_whatever_shows_it_and_a_panic_only_for_the_same_reason() {
        let violated = |rule, message| finding(Outcome::Violated, rule, message);
        assert!(violated("one leader", "n0 and n2").is_like(&violated("one leader", "n1 and n2")));
        assert!(!violated("one leader", "").is_like(&violated("one log", "")));
        let panicked = |rule, message| finding(Outcome::Panicked, rule, message);
        assert!(panicked("store/1", "index 12 of 7").is_like(&panicked("store/2", "index 9 of 10")));
        assert!(!panicked("store/1", "index 12 of 7").is_like(&panicked("store/1", "no entry")));
        assert!(!panicked("store/1", "").is_like(&panicked("client/1", "")));
        assert!(!panicked("store", "").is_like(&violated("store", "")));
    }

    #[test]
    fn of_several_broken_rules_the_first_one_is_the_finding() {
        let mut report = Report::blank("test", SeedSchedule::new(Seed(1)));
        assert_eq!(report.finding(), None);
        report.outcome = Outcome::Violated;
        for (rule, step) in [("first", 3), ("second", 4)] {
            let (rule, message) = (rule.to_owned(), String::new());
            report.violations.push(Violation { rule, at: VirtualInstant::ZERO, step, nodes: Vec::new(), message });
        }
        assert_eq!(report.finding(), Some(Finding { step: 3, ..finding(Outcome::Violated, "first", "") }));
    }
}
