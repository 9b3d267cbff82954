//! Runs for code that repeats a scenario many times, beyond the public API.
//!
//! It starts runs under a heartbeat, observes them event by event, and makes reports of its own. For our own crates: no name of
//! this module is part of the API of `cluster-sim`.

use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Record, Seed, SeedSchedule};
use cluster_sim_types::NodeId;
use serde_json::Value;

pub use crate::definition::Clock;
pub use crate::event::Names;
pub use crate::profile::Profiler;
pub use crate::scenario::Outline;
pub use crate::sim::{RunObserver, message_of};

use crate::report::{Divergence, FailureSummary, Report};
use crate::{Decision, Recording, Scenario, Sim};

/// The outline of a scenario, and runs of it under a heartbeat.
pub trait DriveScenario {
    /// The part of this scenario on which sweeps and minimization depend.
    fn outline(&self) -> Outline;

    /// Hash of the declaration, without the code in it.
    fn declaration_hash(&self) -> u64;

    /// Starts a run that beats for every step.
    fn start_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Sim;

    /// As [`start_watched`](Self::start_watched), for a run that keeps its decisions.
    fn start_with_decisions(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Sim;

    /// Runs one seed, beating for every step. A failing run is not repeated.
    fn run_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Report;

    /// Repeats a failing run with recording, so that its report shows the texts of messages.
    fn describe_failure(&self, report: &mut Report);
}

impl DriveScenario for Scenario {
    fn outline(&self) -> Outline {
        self.outline()
    }

    fn declaration_hash(&self) -> u64 {
        self.declaration_hash()
    }

    fn start_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Sim {
        self.start_watched(seed, heartbeat)
    }

    fn start_with_decisions(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Sim {
        self.start_with_decisions(seed, heartbeat)
    }

    fn run_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Report {
        self.run_watched(seed, heartbeat)
    }

    fn describe_failure(&self, report: &mut Report) {
        self.describe_failure(report);
    }
}

/// A run from start to end, and the names that only it knows.
pub trait DriveSim: Sized {
    /// Runs from start to end, and names the decisions if the run keeps them.
    fn run_with_decisions(self) -> (Report, Vec<Decision>);

    /// Runs from start to end, and records at most `most` events, and the decisions if the run keeps them.
    fn record(self, most: usize) -> (Recording, Vec<Decision>);

    /// As [`record`](Self::record), under an observer. Returns no recording if the observer left before the end.
    fn record_observed<F: RunObserver>(self, most: usize, observer: F) -> (F, Option<(Recording, Vec<Decision>)>);

    /// Runs from start to end under an observer. Returns no report if the observer left before the end.
    fn run_observed<F: RunObserver>(self, observer: F) -> (F, Option<Report>);

    /// The declared name of a node; `cluster` for none.
    fn node_name(&self, node: NodeId) -> &str;

    /// Formats a record as its instant and its sentence; messages show label and length.
    fn describe(&self, record: &Record) -> String;

    /// Forgets the name of a task that ended.
    fn forget_task(&mut self, path: u64);
}

impl DriveSim for Sim {
    fn run_with_decisions(self) -> (Report, Vec<Decision>) {
        self.run_with_decisions()
    }

    fn record(self, most: usize) -> (Recording, Vec<Decision>) {
        Recording::with_decisions(self, most)
    }

    fn record_observed<F: RunObserver>(self, most: usize, observer: F) -> (F, Option<(Recording, Vec<Decision>)>) {
        Recording::beside(self, most, observer)
    }

    fn run_observed<F: RunObserver>(self, observer: F) -> (F, Option<Report>) {
        self.run_observed(observer)
    }

    fn node_name(&self, node: NodeId) -> &str {
        self.node_name(node)
    }

    fn describe(&self, record: &Record) -> String {
        self.describe(record)
    }

    fn forget_task(&mut self, path: u64) {
        self.forget_task(path);
    }
}

/// Reports of runs that no `Sim` came to report.
pub trait MakeReport: Sized {
    /// The report of a run that did nothing yet.
    fn blank(scenario: &str, seeds: SeedSchedule) -> Self;

    /// The report of two runs that differ: that they do, and nothing else.
    fn nondeterministic(scenario: &str, seeds: SeedSchedule, divergence: Divergence) -> Self;

    /// Everything in it but the last events, as data.
    fn as_data(&self) -> Value;

    /// Takes the last events and views from the summary of a recording of this run.
    fn take_summary(&mut self, summary: &FailureSummary);
}

impl MakeReport for Report {
    fn blank(scenario: &str, seeds: SeedSchedule) -> Self {
        Self::blank(scenario, seeds)
    }

    fn nondeterministic(scenario: &str, seeds: SeedSchedule, divergence: Divergence) -> Self {
        Self::nondeterministic(scenario, seeds, divergence)
    }

    fn as_data(&self) -> Value {
        self.as_data()
    }

    fn take_summary(&mut self, summary: &FailureSummary) {
        self.take_summary(summary);
    }
}
