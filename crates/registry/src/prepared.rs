//! A scenario that is ready to run, with the layout of its report.

use std::time::Duration;

use cluster_sim::{FaultProfile, Report, Scenario, Seed, VirtualInstant};
use cluster_sim_metrics::{Signature, numbers};
use serde_json::Value;

use crate::artifact::{ARTIFACT_FORMAT, Artifact, TimelineEntry};
use crate::fault_profile::FAULT_PROFILE;

/// The field of every scenario file that bounds the steps of a run.
pub(crate) const MAX_STEPS: &str = "max_steps";

/// A scenario with its seed and the parts of its report that do not depend on the run.
pub struct Prepared {
    scenario: Scenario,
    seed: Seed,
    /// The scenario as its report repeats it.
    description: Value,
    observer: &'static str,
    empty_snapshot: Value,
    signature_metrics: &'static [&'static str],
    timeline: Vec<PlannedStep>,
    expected_messages: Option<u64>,
}

/// A step of a scenario, before the run.
#[derive(Debug, Clone)]
pub struct PlannedStep {
    /// When it is due.
    pub at: Duration,
    /// Its entry in the timeline, if the run gets that far.
    pub entry: TimelineEntry,
}

impl Prepared {
    /// A scenario to run from `seed`.
    ///
    /// `description` is an object that the report repeats, with the seed added to it.
    pub fn new(scenario: Scenario, seed: Seed, description: Value) -> Self {
        let (empty_snapshot, timeline) = (Value::Null, Vec::new());
        Self {
            scenario,
            seed,
            description,
            observer: "",
            empty_snapshot,
            signature_metrics: &[],
            timeline,
            expected_messages: None,
        }
        .with_seed(seed)
    }

    /// Takes the report's snapshot from the observer of this name.
    ///
    /// `empty_snapshot` is what it measures before the run; `signature_metrics` names the numbers of the signature.
    #[must_use]
    pub fn with_observer(self, observer: &'static str, empty_snapshot: Value, signature_metrics: &'static [&'static str]) -> Self {
        Self { observer, empty_snapshot, signature_metrics, ..self }
    }

    /// Adds the steps of the scenario, in order of time.
    #[must_use]
    pub fn with_timeline(self, timeline: Vec<PlannedStep>) -> Self {
        Self { timeline, ..self }
    }

    /// Runs the scenario from another seed, which its report repeats.
    #[must_use]
    pub fn with_seed(mut self, seed: Seed) -> Self {
        if let Value::Object(fields) = &mut self.description {
            fields.insert("seed".to_owned(), Value::from(seed.0));
        }
        Self { seed, ..self }
    }

    /// Ends a run that takes this many steps as unknown; its report repeats the bound.
    #[must_use]
    pub fn with_max_steps(mut self, steps: u64) -> Self {
        if let Value::Object(fields) = &mut self.description {
            fields.insert(MAX_STEPS.to_owned(), Value::from(steps));
        }
        Self { scenario: self.scenario.max_steps(steps), ..self }
    }

    /// Draws faults from a profile, in place of the scenario's own; its report repeats the profile.
    #[must_use]
    pub fn with_fault_profile(mut self, profile: FaultProfile) -> Self {
        if let Value::Object(fields) = &mut self.description {
            let value = serde_json::to_value(&profile).expect("a profile has names, numbers and lists only");
            fields.insert(FAULT_PROFILE.to_owned(), value);
        }
        Self { scenario: self.scenario.chaos(profile), ..self }
    }

    /// Sets about how many messages a run sends, where the scenario tells it.
    #[must_use]
    pub fn with_expected_messages(self, messages: u64) -> Self {
        Self { expected_messages: Some(messages), ..self }
    }

    /// About how many messages a run sends, if the scenario tells it.
    pub fn expected_messages(&self) -> Option<u64> {
        self.expected_messages
    }

    /// The seed of the run.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The scenario itself, for sweeps and for other runs.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The names of the metrics that a run measures.
    pub fn metric_names(&self) -> Vec<String> {
        numbers(&self.empty_snapshot).into_iter().map(|(name, _)| name).collect()
    }

    /// Runs the scenario from its seed.
    pub fn run(&self) -> Artifact {
        self.artifact(self.scenario.run(self.seed))
    }

    /// Converts the report of a run of this scenario, from this seed, to the layout of a report file.
    pub fn artifact(&self, report: Report) -> Artifact {
        // If two runs differ, neither proves which steps took place.
        let timeline = if report.divergence.is_some() { &[][..] } else { &self.timeline };
        let metrics_snapshot = report.measured.get(self.observer).cloned().unwrap_or(Value::Null);
        Artifact {
            format: ARTIFACT_FORMAT,
            scenario: self.description.clone(),
            seed: report.seed().0,
            outcome: report.outcome,
            ended_at_ns: report.ended_at.as_nanoseconds(),
            steps: report.steps,
            timeline: timeline.iter().map(|step| step.after(report.ended_at)).collect(),
            signature: signature(&report, &metrics_snapshot, self.signature_metrics),
            metrics_snapshot,
            digest: report.digest,
            panic: report.panic,
            exhausted: report.exhausted,
            exhausted_by: report.exhausted_by.clone(),
            divergence: report.divergence,
            checks: report.checks,
            last_events: report.last_events,
            faults: report.faults,
            traffic: report.traffic,
            violations: report.violations,
        }
    }
}

impl PlannedStep {
    /// The entry of the timeline after a run that ended at `ended_at`.
    fn after(&self, ended_at: VirtualInstant) -> TimelineEntry {
        let mut entry = self.entry.clone();
        if VirtualInstant::ZERO + self.at > ended_at {
            entry.effect = format!("not reached: the run ended at {ended_at}");
        }
        entry
    }
}

/// The signature of the report, followed by the metrics that `names` lists, in its order.
fn signature(report: &Report, metrics: &Value, names: &[&str]) -> Signature {
    names.iter().fold(report.signature(), |signature, name| {
        let value = name.split('.').try_fold(metrics, |value, part| value.get(part));
        signature.with(name, value.map_or_else(|| "none".to_owned(), Value::to_string))
    })
}
