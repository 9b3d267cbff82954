//! Checks under a meter.
//!
//! A profile run is a run of the same definition whose code is wrapped, so that a run without a profile pays nothing.

use std::any::Any;
use std::sync::Arc;

use cluster_sim_invariants::history::HistoryPicture;
use cluster_sim_invariants::{EvidenceTable, Invariant, Verdict, World};
use cluster_sim_types::{CallLogs, Change, NodeId};
use serde_json::Value;

use super::checks::Check;
use super::keys::{Conflict, Keys};
use super::meter::Meter;

impl Check {
    /// This check, with its code under a meter.
    pub(crate) fn timed(self, meter: Meter) -> Self {
        match self {
            Self::Always { name, test } => Self::Always { name, test: Arc::new(move |world| meter.time(|| test(world))) },
            Self::AlwaysEach { name, test, view_type } => {
                let timed = move |node, view: &dyn Any| {
                    let verdict = meter.time_uncounted(|| test(node, view));
                    meter.count(verdict.is_some());
                    verdict
                };
                Self::AlwaysEach { name, test: Arc::new(timed), view_type }
            }
            Self::AlwaysUnique { name, test } => {
                let timed = move || Box::new(TimedKeys { keys: test(), meter: meter.clone() }) as Box<dyn Keys>;
                Self::AlwaysUnique { name, test: Arc::new(timed) }
            }
            Self::Eventually { name, test } => Self::Eventually { name, test: Arc::new(move |world| meter.time(|| test(world))) },
            Self::Observer { name, make } => {
                let timed = move || Box::new(TimedObserver { invariant: make(), meter: meter.clone() }) as Box<dyn Invariant>;
                Self::Observer { name, make: Arc::new(timed) }
            }
            Self::Sometimes { name, seen } => {
                Self::Sometimes { name, seen: Arc::new(move |change, world| meter.time(|| seen(change, world))) }
            }
        }
    }
}

/// The keys of an `always_unique` rule under a meter.
struct TimedKeys {
    keys: Box<dyn Keys>,
    meter: Meter,
}

impl Keys for TimedKeys {
    fn view_type(&self) -> &'static str {
        self.keys.view_type()
    }

    fn release(&mut self, node: NodeId) {
        self.meter.time_uncounted(|| self.keys.release(node));
    }

    fn update(&mut self, node: NodeId, view: Option<&dyn Any>) -> (bool, Option<Conflict>) {
        let (was_asked, conflict) = self.meter.time_uncounted(|| self.keys.update(node, view));
        self.meter.count(was_asked);
        (was_asked, conflict)
    }
}

/// An observer under a meter.
pub(crate) struct TimedObserver {
    invariant: Box<dyn Invariant>,
    meter: Meter,
}

impl TimedObserver {
    /// The observer itself, for a test that reads it.
    pub(crate) fn inner(&self) -> &dyn Any {
        &*self.invariant
    }
}

impl Invariant for TimedObserver {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        self.meter.time(|| self.invariant.observe(change, world))
    }

    fn reads_calls(&mut self, logs: &mut CallLogs) -> bool {
        self.meter.time_uncounted(|| self.invariant.reads_calls(logs))
    }

    fn times_checked(&self) -> u64 {
        self.invariant.times_checked()
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        self.meter.time_uncounted(|| self.invariant.finish(world))
    }

    fn history(&self) -> Option<HistoryPicture> {
        self.meter.time_uncounted(|| self.invariant.history())
    }

    fn table(&self) -> Option<EvidenceTable> {
        self.meter.time_uncounted(|| self.invariant.table())
    }

    fn measured(&self) -> Value {
        self.meter.time_uncounted(|| self.invariant.measured())
    }
}
