//! [`Trigger`]: faults that are applied when something happens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_invariants::World;
use cluster_sim_types::Change;

use super::meter::Meter;
use crate::fault::Fault;

/// Answers a change with the faults that it calls for.
pub(crate) type Answer = Box<dyn FnMut(&Change, &World<'_>) -> Vec<Fault>>;

/// A condition on what a run does, and the faults that are applied when it comes true.
///
/// Declared with [`Scenario::trigger`](crate::Scenario::trigger), or in short with [`Scenario::when`](crate::Scenario::when). After
/// each step of the fault phase it is asked about every [`Change`] of that step, and answers with no fault or with several, as an
/// `Option`, a `Vec` or an array. They are applied before the next step, after the rules were checked. A trigger fires once unless
/// it is told otherwise; it fires only if it answers with a fault.
///
/// The report shows which trigger fired each fault, when, and after which step. A case of the run holds these faults as a plan, so
/// replays and minimization need no trigger.
///
/// ```
/// use cluster_sim::prelude::*;
/// use cluster_sim::fault::Trigger;
///
/// async fn count(node: Node) {
///     let mut ticks = node.interval(Duration::from_secs(1));
///     loop {
///         ticks.tick().await;
///         node.publish(|count: &mut u64| *count += 1);
///     }
/// }
///
/// let crash = Trigger::new("a node counts to three", |change, world| {
///     let count = world.view::<u64>(change.node())?;
///     (*count == 3).then(|| NodeFault::Crash { node: world.name(change.node()).to_owned(), down_for: None })
/// });
/// let report = Scenario::new("counting").nodes("counter", 2, count).trigger(crash.at_most(2)).run(Seed(7));
/// assert_eq!(report.faults.len(), 2);
/// assert_eq!(report.faults[0].trigger.as_deref(), Some("a node counts to three"));
/// ```
#[derive(Clone)]
#[must_use = "a trigger is declared with `Scenario::trigger`"]
pub struct Trigger {
    pub(crate) name: String,
    /// Makes the closure for a run, with its state.
    pub(crate) make: Arc<dyn Fn() -> Answer + Send + Sync>,
    /// How often it may fire in a run; absent for without limit.
    pub(crate) limit: Option<u64>,
    /// How long after the change its faults are applied.
    pub(crate) delay: Duration,
}

impl Trigger {
    /// Makes a trigger that fires once, without state.
    ///
    /// `answer` is a function of the change and the world that it reads.
    pub fn new<R>(name: &str, answer: impl Fn(&Change, &World<'_>) -> R + Send + Sync + 'static) -> Self
    where
        R: IntoIterator<Item: Into<Fault>>,
    {
        Self::with_state(name, || (), move |(), change, world| answer(change, world))
    }

    /// Makes a trigger that fires once, with a state that `initial` makes for each run.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    /// use cluster_sim::check::{Change, Health};
    /// use cluster_sim::fault::Trigger;
    ///
    /// let third_boot = Trigger::with_state("the third boot", || 0, |boots, change, world| {
    ///     *boots += u32::from(matches!(change, Change::Health(_, Health::Up, _)));
    ///     (*boots == 3).then(|| NodeFault::Kill { node: world.name(change.node()).to_owned() })
    /// });
    /// let report = Scenario::new("booting").nodes("node", 4, async |_| {}).trigger(third_boot).run(Seed(7));
    /// assert_eq!(report.faults.len(), 1);
    /// ```
    pub fn with_state<S: 'static, R>(
        name: &str,
        initial: impl Fn() -> S + Send + Sync + 'static,
        answer: impl Fn(&mut S, &Change, &World<'_>) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: IntoIterator<Item: Into<Fault>>,
    {
        let answer = Arc::new(answer);
        let make = move || {
            let (answer, mut state) = (Arc::clone(&answer), initial());
            Box::new(move |change: &Change, world: &World<'_>| {
                answer(&mut state, change, world).into_iter().map(Into::into).collect()
            }) as Answer
        };
        Self { name: name.to_owned(), make: Arc::new(make), limit: Some(1), delay: Duration::ZERO }
    }

    /// Lets it fire up to `times` times in a run.
    pub fn at_most(self, times: u64) -> Self {
        Self { limit: Some(times), ..self }
    }

    /// Lets it fire whenever it answers with a fault.
    ///
    /// A run in which it fires 1,000 times at one instant ends as exhausted: its own fault calls for it again.
    pub fn always(self) -> Self {
        Self { limit: None, ..self }
    }

    /// Applies its faults that much later than the change, at the beginning of their instant.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// This trigger, with its closure under a meter.
    pub(crate) fn timed(self, meter: Meter) -> Self {
        let make = Arc::clone(&self.make);
        let timed = move || {
            let (mut answer, meter) = (make(), meter.clone());
            Box::new(move |change: &Change, world: &World<'_>| meter.time(|| answer(change, world))) as Answer
        };
        Self { make: Arc::new(timed), ..self }
    }
}

impl fmt::Debug for Trigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, limit, delay, .. } = self;
        formatter.debug_struct("Trigger").field("name", name).field("limit", limit).field("delay", delay).finish_non_exhaustive()
    }
}
