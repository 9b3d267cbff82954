//! [`ReportTarget`]: a test that makes its reports itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Seed, SeedSchedule};
use cluster_sim_simulation::driver::{MakeReport, message_of};
use cluster_sim_simulation::{Outcome, PanicFinding, PanicSite, Report};
use cluster_sim_types::VirtualInstant;

use crate::campaign::Target;
use crate::determinism::{FailedSeed, confirm_report};

/// A test that makes a report for each seed.
#[derive(Debug, Clone)]
pub(super) struct ReportTarget {
    name: String,
    run: fn(Seed) -> Report,
}

impl ReportTarget {
    pub(super) fn new(name: String, run: fn(Seed) -> Report) -> Self {
        Self { name, run }
    }

    /// Runs the test; a panic is a finding of its seed.
    pub(super) fn report(&self, seed: Seed) -> Report {
        catch_unwind(AssertUnwindSafe(|| (self.run)(seed))).unwrap_or_else(|panic| {
            let mut report = Report::blank(&self.name, SeedSchedule::new(seed));
            let (site, message, at) = (PanicSite::Test, message_of(&*panic), VirtualInstant::ZERO);
            report.panic = Some(PanicFinding { site, task: None, message, at, step: 0 });
            report.outcome = Outcome::Panicked;
            report
        })
    }

    /// Runs the test in a fresh thread, which shows what earlier runs left behind in this one.
    pub(super) fn report_in_fresh_thread(&self, seed: Seed) -> Report {
        thread::scope(|scope| scope.spawn(|| self.report(seed)).join().expect("a panic of the test is a finding"))
    }
}

impl Target for ReportTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn declared(&self) -> u64 {
        0
    }

    fn step_timeout(&self) -> Duration {
        // The steps of such a run cannot be observed from outside.
        Duration::MAX
    }

    fn run(&self, seed: Seed, _: &Arc<Heartbeat>) -> Report {
        self.report(seed)
    }

    fn confirm(&self, seed: Seed, found: Report, _: &Arc<Heartbeat>, _: bool) -> FailedSeed {
        FailedSeed::unrecorded(confirm_report(found, &self.report_in_fresh_thread(seed)))
    }

    fn stuck(&self, _: Seed) -> Report {
        unreachable!("such a run has no step timeout")
    }
}
