//! Groups failures by rule and message.

use cluster_sim_simulation::text::without_numbers;
use cluster_sim_simulation::{Outcome, Report};

/// Identity of a failure: outcome, rule and message, without numbers and node names.
///
/// Two seeds with equal keys most likely show the same bug.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FailureKey(String);

impl FailureKey {
    pub(super) fn of(report: &Report) -> Self {
        let detail = match report.outcome {
            Outcome::Violated => {
                report.violations.first().map(|first| format!("{}: {}", first.rule, first.message)).unwrap_or_default()
            }
            Outcome::Panicked => {
                report.panic.as_ref().map(|panic| format!("{}: {}", panic.site, panic.message)).unwrap_or_default()
            }
            Outcome::Exhausted => report.exhausted.as_ref().map(ToString::to_string).unwrap_or_default(),
            Outcome::Nondeterministic => divergence_detail(report),
            Outcome::Unknown => {
                let unknown = report.checks.iter().filter_map(|check| Some((&check.name, check.unknown.as_ref()?)));
                unknown.map(|(name, why)| format!("{name}: {why}")).collect::<Vec<_>>().join("; ")
            }
            _ => String::new(),
        };
        Self(format!("{:?} {}", report.outcome, without_numbers(&detail)))
    }
}

/// Fields in which the runs of a seed differ, without values, which differ from seed to seed.
fn divergence_detail(report: &Report) -> String {
    let Some(divergence) = &report.divergence else { return report.leak.clone().unwrap_or_default() };
    let places = divergence.differences.iter().map(|difference| difference.place.as_str()).collect::<Vec<_>>().join(", ");
    match &divergence.event {
        Some(event) => format!("{} of {}: {places}", event.kind, event.node),
        None => places,
    }
}
