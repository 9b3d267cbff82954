//! A scenario that is ready to run.

use std::time::Duration;

use cluster_sim::{Report, Scenario, Seed, VirtualInstant};
use cluster_sim_metrics::{Signature, numbers};
use serde_json::Value;

use crate::artifact::{ARTIFACT_FORMAT, Artifact, TimelineEntry};

/// A scenario with its seed and everything that its report says of it; nothing has run yet.
pub struct Prepared {
    scenario: Scenario,
    seed: Seed,
    echo: Value,
    observer: &'static str,
    unmeasured: Value,
    signed: &'static [&'static str],
    timeline: Vec<PlannedStep>,
}

/// A step of a scenario, before the run.
#[derive(Debug, Clone)]
pub(crate) struct PlannedStep {
    /// When it is due.
    pub(crate) at: Duration,
    /// What the timeline says of it if the run gets that far.
    pub(crate) entry: TimelineEntry,
}

impl Prepared {
    /// A scenario to run from `seed`; `echo` is an object that describes it, in which the seed is kept.
    pub fn new(scenario: Scenario, seed: Seed, echo: Value) -> Self {
        Self { scenario, seed, echo, observer: "", unmeasured: Value::Null, signed: &[], timeline: Vec::new() }.with_seed(seed)
    }

    /// This scenario, whose report holds what the observer of that name measures; `unmeasured` is what it measures in no time at all,
    /// and the signature holds the numbers named by `signed`.
    #[must_use]
    pub(crate) fn measured_by(self, observer: &'static str, unmeasured: Value, signed: &'static [&'static str]) -> Self {
        Self { observer, unmeasured, signed, ..self }
    }

    /// This scenario with steps, in order of time.
    #[must_use]
    pub(crate) fn with_timeline(self, timeline: Vec<PlannedStep>) -> Self {
        Self { timeline, ..self }
    }

    /// This scenario from another seed; the report echoes it.
    #[must_use]
    pub fn with_seed(mut self, seed: Seed) -> Self {
        if let Value::Object(fields) = &mut self.echo {
            fields.insert("seed".to_owned(), Value::from(seed.0));
        }
        Self { seed, ..self }
    }

    /// The seed that will decide the run.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The scenario itself, for sweeps and for runs by hand.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The names of the numbers that a run will measure.
    pub fn metric_names(&self) -> Vec<String> {
        numbers(&self.unmeasured).into_iter().map(|(name, _)| name).collect()
    }

    /// Runs the scenario.
    pub fn run(&self) -> Artifact {
        self.artifact(self.scenario.run(self.seed))
    }

    /// Makes the report of a run of this scenario, from this seed, a file.
    pub fn artifact(&self, report: Report) -> Artifact {
        // Of two runs that differ neither says which steps took place.
        let timeline = if report.divergence.is_some() { &[][..] } else { &self.timeline };
        let metrics_snapshot = report.measured.get(self.observer).cloned().unwrap_or(Value::Null);
        Artifact {
            format: ARTIFACT_FORMAT,
            scenario: self.echo.clone(),
            seed: report.seed().0,
            outcome: report.outcome,
            ended_at_ns: report.ended_at.as_nanoseconds(),
            steps: report.steps,
            timeline: timeline.iter().map(|step| step.after(report.ended_at)).collect(),
            signature: signature(&report, &metrics_snapshot, self.signed),
            metrics_snapshot,
            digest: report.digest,
            panic: report.panic,
            exhausted: report.exhausted,
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
    /// The entry of the timeline, after a run that ended at that instant.
    fn after(&self, ended_at: VirtualInstant) -> TimelineEntry {
        let mut entry = self.entry.clone();
        if VirtualInstant::ZERO + self.at > ended_at {
            entry.effect = format!("not reached: the run ended at {ended_at}");
        }
        entry
    }
}

/// What every run has, then the numbers that `signed` names, in its order.
fn signature(report: &Report, metrics: &Value, signed: &[&str]) -> Signature {
    signed.iter().fold(report.signature(), |signature, name| {
        let value = name.split('.').try_fold(metrics, |value, part| value.get(part));
        signature.with(name, value.map_or_else(|| "none".to_owned(), Value::to_string))
    })
}
