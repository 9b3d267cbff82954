//! The loop of a run: one event per turn, then the checks.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cluster_sim_invariants::World;
use cluster_sim_runtime::{Exhausted, Lone, Stepped};
use cluster_sim_transport::Network;
use cluster_sim_types::VirtualInstant;
use tokio::task::unconstrained;

use super::Sim;
use super::hidden_runtime::{cured, is_inside_runtime};
use super::world::WorldView;
use crate::report::{PanicFinding, PanicSite};

impl Sim {
    /// Runs for `duration` of virtual time, or until the run is over.
    pub fn run_for(&mut self, duration: Duration) {
        self.run_to(self.now() + duration);
    }

    pub(super) fn run_to(&mut self, until: VirtualInstant) {
        self.take_steps::<false>(until);
    }

    /// As [`run_to`](Self::run_to), and notes what the steps touch for the `eventually` rules.
    pub(super) fn run_noting(&mut self, until: VirtualInstant) {
        self.take_steps::<true>(until);
    }

    #[inline(always)]
    fn take_steps<const NOTES: bool>(&mut self, until: VirtualInstant) {
        // Once more after each node that a policy restarts.
        while self.steps_end_in_restart(|sim| {
            if sim.observer.is_some() || is_inside_runtime() {
                return sim.guarded(|sim| while sim.step_once::<NOTES>(until) && sim.notify_step() {});
            }
            sim.catch_panic(|sim| while sim.step_to::<NOTES>(until) {});
        }) {
            self.notify_step();
        }
    }

    /// Runs until `condition` holds, at most for `timeout` of virtual time. Returns whether it held.
    ///
    /// Checks `condition` at the start and after each step that changed something.
    pub fn run_until(&mut self, timeout: Duration, mut condition: impl FnMut(&World<'_>) -> bool) -> bool {
        let until = self.now() + timeout;
        let mut met = self.inspect(|world| condition(world));
        while !met && !self.over {
            let mut went_on = false;
            let restarts =
                self.steps_end_in_restart(|sim| sim.guarded(|sim| went_on = sim.step_once::<false>(until) && sim.notify_step()));
            let more = went_on || restarts;
            met = self.inspect(|world| condition(world));
            if !more {
                break;
            }
        }
        met
    }

    /// Reads the present state of the cluster.
    pub fn inspect<T>(&self, read: impl FnOnce(&World<'_>) -> T) -> T {
        read(&World::new(&WorldView { engine: &self.engine }))
    }

    /// Not inlined, for loops that do more per step.
    #[inline(never)]
    fn step_once<const NOTES: bool>(&mut self, until: VirtualInstant) -> bool {
        self.step_to::<NOTES>(until)
    }

    /// Takes one step due by `until`; returns false if there is none or the run is over.
    ///
    /// Inlined into its loop: it is short and runs once per event. `NOTES` is set in the recovery phase, where `eventually` rules
    /// are asked again; a step outside of it does not pay for that.
    #[inline(always)]
    fn step_to<const NOTES: bool>(&mut self, until: VirtualInstant) -> bool {
        if self.over {
            return false;
        }
        self.apply_heals();
        let stepped = self.engine.step(until.min(self.stop_at));
        match stepped {
            Stepped::Node(_) | Stepped::Between => {}
            Stepped::Life => self.note_ended_faults(),
            Stepped::Driver(event) => self.carry_out_event(event),
            Stepped::Idle if until >= self.stop_at => return self.stopped_early(until),
            Stepped::Idle => {}
        }
        if self.engine.core.kernel.has_changes() {
            self.run_checks::<NOTES>();
        }
        if self.engine.core.kernel.exhausted().is_some() {
            self.report.exhausted = self.engine.core.kernel.exhausted();
            self.over = true;
        }
        !matches!(stepped, Stepped::Idle) && !self.over
    }

    /// Goes on where the clock had to stop: applies the faults that are due, or ends the run with its virtual time.
    ///
    /// Returns whether the run goes on.
    #[cold]
    fn stopped_early(&mut self, until: VirtualInstant) -> bool {
        let has_applied = self.apply_overdue();
        if !has_applied && until > self.end {
            self.engine.core.kernel.exhaust(Exhausted::VirtualTime(self.end.since_zero()));
        }
        if self.engine.core.kernel.exhausted().is_some() {
            self.report.exhausted = self.engine.core.kernel.exhausted();
            self.over = true;
        }
        has_applied && !self.over
    }

    /// Heals the cuts of dropped guards, at the present instant.
    #[inline]
    pub(super) fn apply_heals(&mut self) {
        if self.control.is_waiting() {
            let (network, kernel) = self.engine.core.device::<Network>();
            network.fabric.apply_heals(kernel);
            self.note_ended_faults();
        }
    }

    /// Runs the checks if anything changed between two steps.
    #[inline]
    pub(super) fn check_changes(&mut self) {
        if self.engine.core.kernel.has_changes() {
            self.run_checks::<true>();
        }
    }

    #[inline(always)]
    fn run_checks<const NOTES: bool>(&mut self) {
        if self.is_followed {
            return self.run_followed_checks();
        }
        self.ask_checks::<NOTES>();
        self.engine.core.kernel.forget_changes();
    }

    /// Asks every check about the last changes; a violation ends the run.
    #[inline(always)]
    pub(super) fn ask_checks<const NOTES: bool>(&mut self) {
        let kernel = &self.engine.core.kernel;
        let world = WorldView { engine: &self.engine };
        if NOTES {
            self.checks.note_touched(kernel.lone_changes(), kernel.changes(), &world);
        }
        match kernel.lone_changes() {
            Lone::View(node) => self.checks.after_view(node, &world, &mut self.report.violations),
            Lone::DiskAndView(node) => self.checks.after_disk_and_view(node, &world, &mut self.report.violations),
            lone => self.checks.after_step(lone, kernel.changes(), &world, &mut self.report.violations),
        }
        if !self.report.violations.is_empty() {
            self.over = true;
        }
    }

    /// Runs code of nodes and checks; a panic there is a finding, one of the simulator goes through.
    pub(super) fn guarded(&mut self, run: impl FnOnce(&mut Self)) {
        if is_inside_runtime() { self.guarded_inside_runtime(run) } else { self.catch_panic(run) }
    }

    /// Runs code of nodes and checks without a runtime around it.
    pub(super) fn catch_panic(&mut self, run: impl FnOnce(&mut Self)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| without_budget(|| run(self))))
            && !self.restarts_after(&*panic)
        {
            self.report_panic(panic);
        }
    }

    /// Makes a panic of node code or of a check the finding; one of the simulator goes through.
    fn report_panic(&mut self, panic: Box<dyn Any + Send>) {
        let site = match (self.engine.running(), self.checks.asking()) {
            (Some(node), _) => self.panic_site(node),
            (None, Some(check)) => PanicSite::Check { name: check.to_owned() },
            (None, None) => match self.triggers.asking() {
                Some(name) => PanicSite::Trigger { name: name.to_owned() },
                None => resume_unwind(panic),
            },
        };
        let kernel = &mut self.engine.core.kernel;
        let (task, location) = (kernel.panicked_task().map(ToString::to_string), kernel.panic_place());
        let (message, location) = cured(message_of(&*panic), location);
        let finding = PanicFinding { site, task, location, message, at: kernel.now(), step: kernel.steps() };
        // The first panic ended the run; a later one may follow from it.
        self.report.panic.get_or_insert(finding);
        self.over = true;
    }
}

/// Runs code without tokio's cooperative budget.
///
/// Under `#[tokio::test]` a test has such a budget. Channels of tokio in nodes would spend it and stay pending for the rest of
/// the run.
fn without_budget(run: impl FnOnce()) {
    let mut run = Some(run);
    let mut all = unconstrained(poll_fn(|_| {
        run.take().expect("it is polled once")();
        Poll::Ready(())
    }));
    let done = Pin::new(&mut all).poll(&mut Context::from_waker(Waker::noop()));
    debug_assert!(done.is_ready(), "what is run is no future");
}

/// The message of a panic, if it is text.
pub fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("something that is no text").to_owned()
}
