//! [`Trial`]: the run that a test is asked for, to be started under the case that is tried.

use std::cell::{Cell, RefCell};
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed};
use cluster_sim_simulation::driver::{DriveScenario, DriveSim, ReportSlot, RunObserver};
use cluster_sim_simulation::{Report, Scenario, Sim};

use crate::replay::{Case, ReproducerError};

/// One run that a test starts and steers itself, so that its failures are minimized and replayed.
///
/// A test of `#[cluster_sim::test]` that takes a `Trial` is called once for each run that is needed: for each seed of the sweep, to
/// compare two runs, for each case that minimization tries, for a replay. [`start`](Self::start) applies the case to the scenario:
/// its faults, absent nodes and decisions take the place of those of the seed. So the function must do the same each time: start
/// one run, steer it, and return its report. Its actions between two steps are code, and stay as they are in every case.
///
/// A panic of the function, as of an `assert!`, is a finding like a broken rule. So is a step, or code between two steps, that
/// takes longer than 30 s of real time.
///
/// ```
/// use cluster_sim::prelude::*;
///
/// async fn count(node: Node) {
///     let mut ticks = node.interval(Duration::from_secs(1));
///     loop {
///         ticks.tick().await;
///         node.publish(|count: &mut u64| *count += 1);
///     }
/// }
///
/// // With the attribute `#[cluster_sim::test]` it is a test over 64 seeds.
/// fn a_node_counts_on_after_a_crash(trial: Trial) -> Report {
///     let mut sim = trial.start(&Scenario::new("counting").nodes("counter", 2, count));
///     sim.run_for(Duration::from_secs(2));
///     sim.crash(0);
///     sim.run_for(Duration::from_millis(500));
///     sim.restart(0);
///     let counts = |world: &World<'_>| world.view::<u64>(NodeId(0)).is_some_and(|count| *count >= 2);
///     assert!(sim.run_until(Duration::from_secs(4), counts), "it counts no more");
///     sim.finish()
/// }
///
/// a_node_counts_on_after_a_crash(Trial::new(Seed(7))).assert_ok();
/// ```
pub struct Trial {
    seed: Seed,
    case: Option<Case>,
    keeps_decisions: bool,
    heartbeat: Option<Arc<Heartbeat>>,
    observer: RefCell<Option<Box<dyn RunObserver>>>,
    /// Name of the scenario whose case is replayed; another one is refused.
    replayed: Option<String>,
    keeps_report: bool,
    aftermath: Rc<Aftermath>,
}

/// The outcome of the run of a trial, for one who has handed the trial away.
#[derive(Default)]
pub(crate) struct Aftermath {
    refused: RefCell<Option<ReproducerError>>,
    has_started: Cell<bool>,
    report: ReportSlot,
}

impl Trial {
    /// Makes a trial of a seed without a case, for a direct call of a test function.
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            case: None,
            keeps_decisions: false,
            heartbeat: None,
            observer: RefCell::default(),
            replayed: None,
            keeps_report: false,
            aftermath: Rc::default(),
        }
    }

    /// The seed of the run.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Starts the run, to be stepped from the test.
    ///
    /// # Panics
    /// If the scenario cannot be run, or if the trial has started already: other runs of the function are started by
    /// [`Scenario::start`].
    #[track_caller]
    pub fn start(&self, scenario: &Scenario) -> Sim {
        let has_started = self.aftermath.has_started.replace(true);
        assert!(!has_started, "a trial is one run, and it has started; start another run by `scenario.start(trial.seed())`");
        match self.try_start(scenario) {
            Ok(sim) => sim,
            Err(error) if self.replayed.is_some() => {
                self.aftermath.refused.replace(Some(error));
                // Caught by the replay, which returns the error: nothing that a panic hook should print.
                resume_unwind(Box::new("a case that does not fit"))
            }
            Err(ReproducerError::Unfit(error)) => panic!("could not run scenario {:?}: {error}", scenario.name()),
            Err(error) => panic!("could not run scenario {:?}: {error}", scenario.name()),
        }
    }

    /// Runs the seed from start to end: the fault phase, then the recovery phase.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[track_caller]
    pub fn run(&self, scenario: &Scenario) -> Report {
        DriveSim::run(self.start(scenario))
    }

    fn try_start(&self, scenario: &Scenario) -> Result<Sim, ReproducerError> {
        if let Some(of) = self.replayed.as_ref().filter(|of| *of != scenario.name()) {
            return Err(ReproducerError::OtherScenario { of: of.clone(), asked: scenario.name().to_owned() });
        }
        let applied = self.case.as_ref().map(|case| case.apply_to(scenario));
        let scenario = applied.as_ref().unwrap_or(scenario);
        let mut sim = scenario.try_start_keeping(self.seed, self.keeps_decisions).map_err(ReproducerError::Unfit)?;
        if let Some(heartbeat) = &self.heartbeat {
            sim.watch(Arc::clone(heartbeat));
        }
        if let Some(observer) = self.observer.take() {
            sim.observe(observer);
        }
        if self.keeps_report {
            sim.leave_report_in(Rc::clone(&self.aftermath.report));
        }
        Ok(sim)
    }
}

/// The settings of a trial, before the crate hands it to a test.
impl Trial {
    /// Applies a case to the scenario.
    pub(crate) fn under(self, case: &Case) -> Self {
        Self { case: Some(case.clone()), ..self }
    }

    /// Beats for every step.
    pub(crate) fn watched(self, heartbeat: Arc<Heartbeat>) -> Self {
        Self { heartbeat: Some(heartbeat), ..self }
    }

    /// Keeps the decisions of the run.
    pub(crate) fn keeping_decisions(self) -> Self {
        Self { keeps_decisions: true, ..self }
    }

    /// Refuses a scenario of another name, and one that the case does not fit; see [`Aftermath::take_refused`].
    pub(crate) fn replaying(self, scenario: &str) -> Self {
        Self { replayed: Some(scenario.to_owned()), ..self }
    }

    /// Notifies an observer of the run.
    pub(crate) fn observed(self, observer: Box<dyn RunObserver>) -> Self {
        Self { observer: RefCell::new(Some(observer)), ..self }
    }

    /// Keeps the report of the run, even if the test drops the run.
    pub(crate) fn keeping_report(self) -> Self {
        Self { keeps_report: true, ..self }
    }

    /// The outcome of the run, once it has ended.
    pub(crate) fn aftermath(&self) -> Rc<Aftermath> {
        Rc::clone(&self.aftermath)
    }
}

impl Aftermath {
    /// Whether the test started the run.
    pub(crate) fn has_started(&self) -> bool {
        self.has_started.get()
    }

    /// Takes the report of the run, if it is kept and the run ended.
    pub(crate) fn take_report(&self) -> Option<Report> {
        self.report.take()
    }

    /// Takes why the replay was refused, if it was.
    pub(crate) fn take_refused(&self) -> Option<ReproducerError> {
        self.refused.take()
    }
}
