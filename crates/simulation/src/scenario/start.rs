//! Starts runs of a scenario.

use std::sync::Arc;

use cluster_sim_runtime::{Seed, SeedSchedule};

use super::Scenario;
use crate::decision::Decision;
use crate::definition::ScenarioError;
use crate::recording::{Recording, describe_failure};
use crate::report::Report;
use crate::sim::{Sim, Source, outside_of_runtimes, validate};

impl Scenario {
    /// Starts a run to be stepped from a test.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_start`](Self::try_start) returns the error instead.
    pub fn start(&self, seed: Seed) -> Sim {
        self.try_start(SeedSchedule::new(seed)).unwrap_or_else(|error| self.refuse(&error))
    }

    /// Starts a run to be stepped from a test, with one seed or several in turn.
    ///
    /// # Errors
    /// If the scenario is invalid: no nodes, two groups of one name, an invalid link model, a fault of a node that it does not
    /// have or of one that is on both sides of a cut, or an absent node, or a spared or shrinkable group, that it does not have. Nothing was run.
    pub fn try_start(&self, seeds: SeedSchedule) -> Result<Sim, ScenarioError> {
        self.build(seeds, false)
    }

    /// The scenario that a run was built from, and its report came from; absent for a report that was read from a file.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        let Source { definition, script } = report.origin.source()?;
        Some(Self { definition: Arc::clone(definition), arenas: Arc::default(), script: script.clone() })
    }

    /// As [`try_start`](Self::try_start); with `keep` the run records its decisions.
    pub(crate) fn build(&self, seeds: SeedSchedule, keep: bool) -> Result<Sim, ScenarioError> {
        Sim::build(Arc::clone(&self.definition), Arc::clone(&self.arenas), self.script.clone(), seeds, keep)
    }

    fn refuse(&self, error: &ScenarioError) -> ! {
        panic!("could not run scenario {:?}: {error}", self.name())
    }

    /// Checks everything that can keep a run from starting.
    ///
    /// After it succeeds, no way to run the scenario panics because the scenario cannot be run.
    ///
    /// # Errors
    /// Those of [`try_start`](Self::try_start).
    pub fn validate(&self) -> Result<(), ScenarioError> {
        validate(&self.definition)
    }

    /// Runs one seed: the fault phase, then the recovery phase.
    ///
    /// A failing run is repeated once, with recording, so that its report shows the messages of its last events; closures of the
    /// scenario run again too.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_run`](Self::try_run) returns the error instead.
    pub fn run(&self, seed: Seed) -> Report {
        self.try_run(seed).unwrap_or_else(|error| self.refuse(&error))
    }

    /// As [`run`](Self::run), for a scenario or a plan that was read as data and may be invalid.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// let plan = FaultPlan::new().at(Duration::from_secs(1), NodeFault::Kill { node: "store/7".to_owned() });
    /// let scenario = Scenario::new("storing").nodes("store", 3, async |_| {}).faults(plan);
    /// let error = scenario.try_run(Seed(7)).expect_err("there is no such node");
    /// assert!(error.to_string().ends_with("known: store/0, store/1, store/2"), "{error}");
    /// ```
    ///
    /// # Errors
    /// Those of [`try_start`](Self::try_start); nothing was run.
    pub fn try_run(&self, seed: Seed) -> Result<Report, ScenarioError> {
        outside_of_runtimes(|| {
            let mut report = self.try_start(SeedSchedule::new(seed))?.run();
            self.describe_failure(&mut report);
            Ok(report)
        })
    }

    /// Repeats a failing run with recording, so that its report shows the texts of messages.
    pub(crate) fn describe_failure(&self, report: &mut Report) {
        let seed = report.seed();
        describe_failure(report, || self.start(seed));
    }

    /// Runs one seed and records every choice that differs from its canonical value, in order.
    ///
    /// With [`with_decisions`](Self::with_decisions) these are the decisions that were used. Memory grows with every message.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn run_with_decisions(&self, seed: Seed) -> (Report, Vec<Decision>) {
        self.try_run_with_decisions(seed).unwrap_or_else(|error| self.refuse(&error))
    }

    /// As [`run_with_decisions`](Self::run_with_decisions), for a scenario that may be invalid.
    ///
    /// # Errors
    /// Those of [`try_start`](Self::try_start); nothing was run.
    pub fn try_run_with_decisions(&self, seed: Seed) -> Result<(Report, Vec<Decision>), ScenarioError> {
        outside_of_runtimes(|| Ok(self.build(SeedSchedule::new(seed), true)?.run_with_decisions()))
    }

    /// Runs one seed as [`run`](Self::run) does, and records it.
    ///
    /// Keeps up to [`Recording::EVENTS`] events.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_record`](Self::try_record) returns the error.
    pub fn record(&self, seed: Seed) -> Recording {
        self.record_at_most(seed, Recording::EVENTS)
    }

    /// Records one seed with a bound on the number of events.
    ///
    /// Of a run that has more, the first few and the last are kept.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_record`](Self::try_record) returns the error.
    pub fn record_at_most(&self, seed: Seed, events: usize) -> Recording {
        self.try_record(seed, events).unwrap_or_else(|error| self.refuse(&error))
    }

    /// As [`record_at_most`](Self::record_at_most), for a scenario that may be invalid.
    ///
    /// # Errors
    /// Those of [`try_start`](Self::try_start); nothing was run.
    pub fn try_record(&self, seed: Seed, events: usize) -> Result<Recording, ScenarioError> {
        outside_of_runtimes(|| Ok(Recording::of_run(self.try_start(SeedSchedule::new(seed))?, events)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cluster_sim_node::{Effects, Input, Machine, Timer};
    use cluster_sim_types::LocalInstant;

    use super::*;

    struct Ticking;

    impl Machine for Ticking {
        type Message = u8;
        type View = ();

        fn step(&mut self, _: LocalInstant, input: Input<u8>, effects: &mut Effects<u8>) {
            if matches!(input, Input::Start | Input::Timer(_)) {
                effects.set_timer(Timer(0), Duration::from_millis(10));
            }
        }

        fn view(&self) -> &() {
            &()
        }
    }

    #[test]
    fn a_run_leaves_its_memory_to_the_next_one() {
        let scenario = Scenario::new("ticking").machines("node", 3, |_| Ticking);
        let kept = || scenario.arenas.kept();
        let [one, other] = [(); 2].map(|()| scenario.start(Seed(1)));
        assert_eq!(kept(), 0);
        let digests = [one, other].map(|mut sim| {
            sim.run_for(Duration::from_secs(10));
            sim.finish().digest
        });
        assert_eq!(kept(), 2, "two ran at once");
        // Events still pending when a short run ends must not appear in the next run.
        let mut short = scenario.start(Seed(1));
        short.run_for(Duration::from_millis(15));
        short.finish().assert_ok();
        assert_eq!([scenario.run(Seed(1)).digest, scenario.run(Seed(1)).digest], digests);
        assert_eq!(kept(), 2, "runs one after the other share one");
    }
}
