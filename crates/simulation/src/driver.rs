//! Runs for code that repeats a scenario many times, beyond the public API.
//!
//! It starts runs, watches and observes them event by event, and makes reports of its own. For our own crates: no name of
//! this module is part of the API of `cluster-sim`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Record, Seed, SeedSchedule};
use cluster_sim_types::NodeId;
use serde_json::Value;

pub use crate::definition::Clock;
pub use crate::event::Names;
pub use crate::profile::Profiler;
pub use crate::recording::{Beside, Recorder};
pub use crate::report::BuiltFrom;
pub use crate::scenario::Outline;
pub use crate::sim::{BegunOperation, DecisionLog, Lent, OperationTimes, ReportSlot, RunObserver, message_of, outside_of_runtimes};

use crate::report::{Divergence, FailureSummary, Report};
use crate::sim::Source;
use crate::{Scenario, ScenarioError, Sim};

/// The outline of a scenario, and runs of it that keep their decisions.
pub trait DriveScenario: Sized {
    /// The scenario that the run of a report was built from; absent for a report that was read from a file.
    fn of(report: &Report) -> Option<Self>;

    /// The part of this scenario on which sweeps and minimization depend.
    fn outline(&self) -> Outline;

    /// Gives it another name, under which its runs are reported.
    #[must_use]
    fn renamed(self, name: &str) -> Self;

    /// Ends the fault phase earlier, and leaves the rest of its time to the recovery phase.
    #[must_use]
    fn faults_until(self, duration: Duration) -> Self;

    /// Lets a node do only these of its operations; see `NodeInfo::operations`.
    #[must_use]
    fn only_operations(self, node: &str, numbers: &BTreeSet<u64>) -> Self;

    /// The names of its checks, in the order of their declaration.
    fn check_names(&self) -> Vec<&str>;

    /// Leaves out all checks but these.
    #[must_use]
    fn only_checks(self, names: &[String]) -> Self;

    /// Hash of the declaration, without the code in it.
    fn declaration_hash(&self) -> u64;

    /// Starts a run, which keeps its decisions if asked to.
    ///
    /// # Errors
    /// If the scenario is invalid. Nothing was run.
    fn try_start_keeping(&self, seed: Seed, keeps_decisions: bool) -> Result<Sim, ScenarioError>;

    /// Repeats a failing run with recording, so that its report shows the texts of messages.
    fn describe_failure(&self, report: &mut Report);
}

impl DriveScenario for Scenario {
    fn of(report: &Report) -> Option<Self> {
        Self::of(report)
    }

    fn outline(&self) -> Outline {
        self.outline()
    }

    fn renamed(self, name: &str) -> Self {
        self.renamed(name)
    }

    fn faults_until(self, duration: Duration) -> Self {
        self.faults_until(duration)
    }

    fn only_operations(self, node: &str, numbers: &BTreeSet<u64>) -> Self {
        self.only_operations(node, numbers)
    }

    fn check_names(&self) -> Vec<&str> {
        self.check_names()
    }

    fn only_checks(self, names: &[String]) -> Self {
        self.only_checks(names)
    }

    fn declaration_hash(&self) -> u64 {
        self.declaration_hash()
    }

    fn try_start_keeping(&self, seed: Seed, keeps_decisions: bool) -> Result<Sim, ScenarioError> {
        self.build(SeedSchedule::new(seed), keeps_decisions)
    }

    fn describe_failure(&self, report: &mut Report) {
        self.describe_failure(report);
    }
}

/// A run as those see it who do not steer it, and the names that only it knows.
pub trait DriveSim: Sized {
    /// Beats for every step from now on.
    fn watch(&mut self, heartbeat: Arc<Heartbeat>);

    /// Notifies an observer of everything from now on; from the start, if the run was just started.
    fn observe(&mut self, observer: Box<dyn RunObserver>);

    /// Leaves a copy of the report in `slot` when the run ends, even if a panic of its test drops it.
    fn leave_report_in(&mut self, slot: ReportSlot);

    /// Runs from start to end.
    fn run(self) -> Report;

    /// The declared name of a node; `cluster` for none.
    fn node_name(&self, node: NodeId) -> &str;

    /// Formats a record as its instant and its sentence; messages show label and length.
    fn describe(&self, record: &Record) -> String;

    /// Forgets the name of a task that ended.
    fn forget_task(&mut self, path: u64);
}

impl DriveSim for Sim {
    fn watch(&mut self, heartbeat: Arc<Heartbeat>) {
        self.watch(heartbeat);
    }

    fn observe(&mut self, observer: Box<dyn RunObserver>) {
        self.observe(observer);
    }

    fn leave_report_in(&mut self, slot: ReportSlot) {
        self.leave_report_in(slot);
    }

    fn run(self) -> Report {
        self.run()
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

    /// Whether both are reports of one run, rather than of two equal ones.
    fn is_of_run_of(&self, other: &Self) -> bool;

    /// How many faults chaos drew for the run; absent if its scenario declares none, or is not known.
    fn drawn_faults(&self) -> Option<u64>;

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

    fn is_of_run_of(&self, other: &Self) -> bool {
        self.origin.is_same_run(&other.origin)
    }

    fn drawn_faults(&self) -> Option<u64> {
        let Source { definition, .. } = self.origin.source()?;
        definition.profile.as_ref()?;
        let of_plan = self.faults.iter().filter(|fault| !fault.by_hand && fault.trigger.is_none()).count();
        Some(of_plan.saturating_sub(definition.plan.faults().len()) as u64)
    }

    fn take_summary(&mut self, summary: &FailureSummary) {
        self.take_summary(summary);
    }
}
