//! The finding of a failing run, by which two runs are said to fail alike.

use std::fmt;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::normalize::without_numbers;
use super::{Outcome, PanicSite, Report};

/// The end of a failing run: the first broken rule, the panic, or the budget that was spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// How the run ended.
    pub outcome: Outcome,
    /// The rule that was broken; of a panic the node or check, of a spent budget the budget, as text.
    pub rule: String,
    /// Whose code panicked, if it is a panic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<PanicSite>,
    /// How it showed, as a sentence.
    pub message: String,
    /// When, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// At which step.
    pub step: u64,
}

impl Finding {
    /// Whether both findings are alike, perhaps at other instants and nodes.
    ///
    /// Violations are alike by their rule, spent budgets by the budget; panics by group or check and by message, numbers ignored.
    pub fn is_like(&self, other: &Self) -> bool {
        self.outcome == other.outcome
            && match (&self.site, &other.site) {
                (Some(site), Some(others)) => {
                    site.is_like(others) && without_numbers(&self.message) == without_numbers(&other.message)
                }
                (None, None) => self.rule == other.rule,
                _ => false,
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
    /// The finding of the run: the first broken rule, else the panic, else the budget that was spent.
    ///
    /// Nothing for a run that passed, could not be judged, or was not deterministic: none of these can be searched for.
    pub fn finding(&self) -> Option<Finding> {
        if self.outcome == Outcome::AssumptionExceeded {
            return None;
        }
        if let Some(violation) = self.violations.first() {
            let (rule, message) = (violation.rule.clone(), violation.message.clone());
            return Some(Finding { outcome: self.outcome, rule, site: None, message, at: violation.at, step: violation.step });
        }
        if let (None, Outcome::Exhausted, Some(exhausted)) = (&self.panic, self.outcome, &self.exhausted) {
            let (rule, message) = (format!("the budget of {}", exhausted.budget()), self.exhausted_text());
            return Some(Finding { outcome: self.outcome, rule, site: None, message, at: self.ended_at, step: self.steps });
        }
        let panic = self.panic.as_ref()?;
        let (rule, site, message) = (panic.site.to_string(), Some(panic.site.clone()), panic.message.clone());
        Some(Finding { outcome: self.outcome, rule, site, message, at: panic.at, step: panic.step })
    }

    /// The budget that was spent, and who used most of it.
    pub(super) fn exhausted_text(&self) -> String {
        let budget = self.exhausted.map(|exhausted| exhausted.to_string()).unwrap_or_default();
        match self.exhausted_by.first() {
            Some(most) => format!("{budget}: {most}"),
            None => budget,
        }
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_invariants::Violation;
    use cluster_sim_runtime::{Seed, SeedSchedule};

    use super::*;

    fn finding(outcome: Outcome, rule: &str, message: &str) -> Finding {
        let (rule, message) = (rule.to_owned(), message.to_owned());
        Finding { outcome, rule, site: None, message, at: VirtualInstant::ZERO, step: 0 }
    }

    #[test]
    fn panics_are_alike_by_group_and_reason_and_violations_by_rule() {
        let violated = |rule, message| finding(Outcome::Violated, rule, message);
        assert!(violated("one leader", "n0 and n2").is_like(&violated("one leader", "n1 and n2")));
        assert!(!violated("one leader", "").is_like(&violated("one log", "")));
        let node = |group: &str, index| PanicSite::Node { name: format!("{group}/{index}"), group: group.to_owned() };
        let panicked = |site: PanicSite, message| Finding { site: Some(site), ..finding(Outcome::Panicked, "", message) };
        assert!(panicked(node("store", 1), "index 12 of 7").is_like(&panicked(node("store", 2), "index 9 of 10")));
        assert!(!panicked(node("store", 1), "index 12 of 7").is_like(&panicked(node("store", 1), "no entry")));
        assert!(!panicked(node("store", 1), "").is_like(&panicked(node("client", 1), "")));
        assert!(!panicked(PanicSite::Test, "").is_like(&panicked(PanicSite::Check { name: "test".to_owned() }, "")));
        assert!(!panicked(node("store", 1), "").is_like(&violated("store/1", "")));
    }

    #[test]
    fn the_first_broken_rule_is_the_finding() {
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
