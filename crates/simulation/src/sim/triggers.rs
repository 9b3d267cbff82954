//! Faults between two steps: those that triggers fire, and those that a plan schedules for after a step.

use std::collections::VecDeque;
use std::time::Duration;

use cluster_sim_invariants::World;
use cluster_sim_runtime::Exhausted;
use cluster_sim_types::{Change, VirtualInstant};

use super::Sim;
use super::checks::changed_nodes;
use super::world::WorldView;
use crate::definition::{Answer, Trigger};
use crate::fault::{AfterStep, Declared, Fault};
use crate::report::{CheckKind, CheckReport, CheckWork, PanicFinding, PanicSite};

/// How often one trigger may fire at one instant.
const FIRES_AT_ONE_INSTANT: u64 = 1_000;

/// The triggers of one run, and the faults that they fired.
#[derive(Default)]
pub(super) struct LiveTriggers {
    all: Vec<LiveTrigger>,
    /// Fired and not applied yet: the position of the trigger, and the fault.
    fired: VecDeque<(usize, Fault)>,
    /// The present moment, while there are triggers or faults that wait for a moment.
    now: AfterStep,
    /// The trigger that is being asked, to name it if it panics.
    asking: Option<usize>,
    /// The trigger that fired too often at one instant, with its last fault.
    endless: Option<(usize, Fault)>,
}

struct LiveTrigger {
    name: String,
    answer: Answer,
    /// How often it may still fire.
    left: u64,
    delay: Duration,
    fires: u64,
    /// The instant at which it fired last, and how often at that instant.
    last: (VirtualInstant, u64),
}

impl LiveTriggers {
    pub(super) fn new(triggers: &[Trigger]) -> Self {
        let live = |trigger: &Trigger| LiveTrigger {
            name: trigger.name.clone(),
            answer: (trigger.make)(),
            left: trigger.limit.unwrap_or(u64::MAX),
            delay: trigger.delay,
            fires: 0,
            last: (VirtualInstant::ZERO, 0),
        };
        Self { all: triggers.iter().map(live).collect(), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The trigger that was being asked when it panicked, if one was.
    pub(super) fn asking(&self) -> Option<&str> {
        self.asking.map(|index| &*self.all[index].name)
    }

    /// Moves on to the moment after a step, or to the next one after the same step.
    fn move_to(&mut self, step: u64) {
        let change = if self.now.step == step { self.now.change + 1 } else { 0 };
        self.now = AfterStep { step, change };
    }

    /// Asks every trigger that may still fire about the changes of a step.
    fn ask(&mut self, changes: &[Change], observed: &WorldView<'_>, now: VirtualInstant) {
        let nodes = changed_nodes(changes);
        let world = World::after_step(observed, &nodes);
        for (index, trigger) in self.all.iter_mut().enumerate() {
            self.asking = Some(index);
            for change in changes {
                if trigger.left == 0 {
                    break;
                }
                let faults = (trigger.answer)(change, &world);
                if faults.is_empty() {
                    continue;
                }
                trigger.left -= 1;
                trigger.fires += 1;
                trigger.last = (now, if trigger.last.0 == now { trigger.last.1 + 1 } else { 1 });
                if trigger.last.1 >= FIRES_AT_ONE_INSTANT {
                    self.endless = faults.first().map(|fault| (index, fault.clone()));
                }
                self.fired.extend(faults.into_iter().map(|fault| (index, fault)));
            }
        }
        self.asking = None;
    }

    /// How often each trigger fired.
    pub(super) fn reports(&self) -> impl Iterator<Item = CheckReport> + '_ {
        self.all.iter().map(|trigger| CheckReport {
            name: trigger.name.clone(),
            kind: CheckKind::Trigger,
            times_checked: trigger.fires,
            unknown: None,
            work: CheckWork::default(),
        })
    }

    /// Names the trigger that ended the run by firing too often at one instant.
    pub(super) fn endless_text(&self) -> Option<String> {
        let (index, fault) = self.endless.as_ref()?;
        Some(format!("trigger {:?} fired last: {fault}", self.all[*index].name))
    }
}

impl Sim {
    /// Runs the checks over the last changes, notifies the observer, and applies the faults that are due at this moment.
    ///
    /// Each fault is followed by its own changes: rules see them, and triggers fire on them, before the next fault.
    #[cold]
    #[inline(never)]
    pub(super) fn run_followed_checks(&mut self) {
        let step = self.engine.core.kernel.steps();
        self.triggers.move_to(step);
        loop {
            if self.engine.core.kernel.has_changes() {
                self.complete_crashes();
                self.engine.core.kernel.list_changes();
                self.notify_changes();
                self.judge_claims();
                self.ask_checks::<true>();
                if !self.over && !self.faults.is_over() {
                    self.ask_triggers();
                }
                self.engine.core.kernel.forget_changes();
            }
            if self.over || self.faults.is_over() || !self.apply_next() {
                return;
            }
        }
    }

    fn ask_triggers(&mut self) {
        let kernel = &self.engine.core.kernel;
        self.triggers.ask(kernel.changes(), &WorldView { engine: &self.engine }, kernel.now());
        if self.triggers.endless.is_some() {
            self.engine.core.kernel.exhaust(Exhausted::FiresAtOneInstant(FIRES_AT_ONE_INSTANT));
            self.over = true;
        }
    }

    /// Applies the next fault that is due at this moment. Returns whether there was one.
    fn apply_next(&mut self) -> bool {
        if let Some((trigger, fault)) = self.triggers.fired.pop_front() {
            self.apply_fired(trigger, fault);
        } else if !self.faults.apply_due(self.triggers.now, &mut self.engine) {
            return false;
        }
        self.note_ended_faults();
        self.stop_for_faults();
        true
    }

    /// Applies a fault that a trigger fired, or schedules it if the trigger has a delay.
    fn apply_fired(&mut self, trigger: usize, fault: Fault) {
        let LiveTrigger { name, delay, .. } = &self.triggers.all[trigger];
        let names = Declared::new(&self.nodes, self.network());
        match fault.resolve(self.faults.count(), names) {
            Ok(resolved) if delay.is_zero() => {
                self.faults.apply_fired(name, self.triggers.now, (fault, resolved), &mut self.engine);
            }
            Ok(resolved) => self.faults.schedule_fired(name, *delay, (fault, resolved), &mut self.engine.core.kernel),
            Err(error) => {
                let site = PanicSite::Trigger { name: name.clone() };
                let message = format!("it answered with a fault that cannot be applied: {error}");
                let (at, step) = (self.now(), self.engine.core.kernel.steps());
                self.report.panic.get_or_insert(PanicFinding { site, task: None, location: None, message, at, step });
                self.over = true;
            }
        }
    }

    /// Applies the faults that wait for a step which the run has not reached by their instant, which ends now.
    ///
    /// Returns whether there was one.
    #[cold]
    pub(super) fn apply_overdue(&mut self) -> bool {
        let end = AfterStep { step: u64::MAX, change: u32::MAX };
        let mut any = false;
        while !self.over && !self.faults.is_over() && self.faults.apply_due(end, &mut self.engine) {
            any = true;
            self.note_ended_faults();
            self.stop_for_faults();
            self.check_changes();
        }
        any
    }

    /// Lets the clock stop at the instant of the next fault that waits for a step.
    pub(super) fn stop_for_faults(&mut self) {
        self.stop_at = self.faults.next_waiting().map_or(self.end, |at| at.min(self.end));
    }
}
