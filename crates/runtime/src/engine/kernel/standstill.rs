//! Notices that virtual time does not advance, and who steps meanwhile.
//!
//! Costs nothing per step: [`Kernel::count_step`] compares the steps with one number, and comes here when they reach it, every eighth
//! of the limit. From half of the limit at one instant on, each step comes here and is counted by node and place of spawn.

use std::collections::BTreeMap;
use std::panic::Location;

use cluster_sim_types::{NodeId, VirtualInstant};
use rustc_hash::FxHashSet;

use super::Kernel;
use crate::engine::budget::Exhausted;
use crate::executor::{TaskId, TaskName};

/// Checks within the limit of steps at one instant.
const CHECKS: u64 = 8;

/// The code that steps: a node, and for a task the place of its spawn.
type Stepper = (NodeId, Option<&'static Location<'static>>);

/// How far the run is at the instant of the last check.
#[derive(Debug, Default)]
pub(super) struct Standstill {
    at: VirtualInstant,
    /// The steps at the first check at this instant.
    since: u64,
    steppers: BTreeMap<Stepper, Count>,
    last: Option<Stepper>,
}

/// The steps of one stepper.
#[derive(Debug, Default)]
struct Count {
    steps: u64,
    tasks: FxHashSet<TaskId>,
    name: Option<TaskName>,
    before: BTreeMap<Stepper, u64>,
}

/// Code that steps while virtual time does not advance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusyTask {
    /// The node.
    pub node: NodeId,
    /// The first of the tasks that were spawned at one place; `None` for a machine.
    pub task: Option<TaskName>,
    /// The number of these tasks.
    pub tasks: usize,
    /// The steps that they took.
    pub steps: u64,
    /// The code that most often stepped before: its node, and the first of its tasks.
    pub after: (NodeId, Option<TaskName>),
}

impl Kernel {
    /// Checks the budgets of steps, and sets when to do so next.
    #[cold]
    #[inline(never)]
    pub(super) fn check_steps(&mut self, node: NodeId, task: Option<TaskId>) {
        if self.steps >= self.budget.steps {
            self.exhaust(Exhausted::Steps(self.budget.steps));
        }
        let limit = self.limits.steps_at_one_instant;
        if self.standstill.at != self.now {
            self.standstill = Standstill { at: self.now, since: self.steps, ..Standstill::default() };
        }
        let stood = self.steps - self.standstill.since;
        if stood >= limit {
            self.exhaust(Exhausted::StepsAtOneInstant(limit));
        }
        let every = if stood >= limit / 2 {
            self.note_stepper(node, task);
            1
        } else {
            (limit / CHECKS).max(1)
        };
        self.check_at = self.steps.saturating_add(every).min(self.budget.steps);
    }

    fn note_stepper(&mut self, node: NodeId, task: Option<TaskId>) {
        let stepper = (node, task.and_then(|task| self.tasks.site_of(task)));
        let count = self.standstill.steppers.entry(stepper).or_default();
        count.steps += 1;
        if let Some(task) = task {
            count.tasks.insert(task);
            count.name = count.name.take().or_else(|| self.tasks.name_of(task));
        }
        let last = self.standstill.last.replace(stepper);
        *count.before.entry(last.unwrap_or(stepper)).or_default() += 1;
    }

    /// Lists the code that stepped at the present instant, most steps first, with the steps in all.
    ///
    /// Counts from half of the limit on.
    pub fn busy_tasks(&self) -> (u64, Vec<BusyTask>) {
        let steppers = &self.standstill.steppers;
        let named = |stepper: &Stepper| (stepper.0, steppers.get(stepper).and_then(|count| count.name.clone()));
        let mut busy: Vec<BusyTask> = steppers
            .iter()
            .map(|((node, _), count)| BusyTask {
                node: *node,
                task: count.name.clone(),
                tasks: count.tasks.len(),
                steps: count.steps,
                after: count
                    .before
                    .iter()
                    .max_by_key(|(stepper, times)| (**times, **stepper))
                    .map_or((*node, None), |(stepper, _)| named(stepper)),
            })
            .collect();
        let key = |task: &BusyTask| (task.node, task.task.as_ref().map(|name| (name.name.clone(), name.site.clone())));
        busy.sort_by(|one, other| other.steps.cmp(&one.steps).then_with(|| key(one).cmp(&key(other))));
        (busy.iter().map(|task| task.steps).sum(), busy)
    }
}
