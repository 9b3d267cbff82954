//! Ending a run: the calm, the last judgement, the report.

use std::time::Duration;

use cluster_sim_invariants::{Evidence, Invariant, Violation, World};
use cluster_sim_types::{NodeId, VirtualInstant};

use super::Sim;
use super::checks::Now;
use super::clients::{EVERY_CLIENT_ENDS, living_tasks, unended};
use super::world::WorldView;
use crate::report::{Outcome, Report};

impl Sim {
    /// Ends the run: all chaos stops, and the run goes on until every `eventually` has held for the settling time or the calm is spent.
    pub fn finish(mut self) -> Report {
        self.end_fault_phase();
        self.conclude();
        self.report
    }

    /// Ends the chaos, and goes on until what must hold in the end does or the calm is spent.
    pub(super) fn end_fault_phase(&mut self) {
        if !self.over {
            self.guarded(|sim| {
                sim.end_faults();
                sim.check_changes();
            });
        }
        if !self.over && (self.checks.has_eventually() || !self.clients.is_empty()) {
            self.run_calm();
        }
    }

    /// The observer of that name as it stands, for a test that measures more than the report tells.
    pub fn observer<I: Invariant>(&self, name: &str) -> Option<&I> {
        self.checks.observer(name)
    }

    /// Runs until everything that must hold in the end has held for as long as it must and every client ended, or the calm is spent.
    fn run_calm(&mut self) {
        let end = self.now() + self.definition.recovery_timeout;
        // A calm that is shorter than the settling time bounds it.
        let settle = self.definition.stable_for.min(self.definition.recovery_timeout);
        // A client that ended stays so: nothing needs to be waited for after the last one.
        let settle = if self.checks.has_eventually() { settle } else { Duration::ZERO };
        let mut held_since: Option<VirtualInstant> = None;
        // What did not hold when it was last asked for something that did not.
        let mut unsettled = Vec::new();
        // Since when no event is due and no task is ready: all that may still change is what the clock says.
        let mut stalled_at: Option<VirtualInstant> = None;
        while !self.over {
            let pending = self.pending();
            let clients = self.clients.pending(&self.engine);
            let is_fine = pending.is_empty() && clients.is_empty();
            held_since = if is_fine { held_since.or(Some(self.now())) } else { None };
            if self.over || held_since.is_some_and(|since| self.now() - since >= settle) {
                return;
            }
            let is_stalled = self.engine.core.is_idle();
            if is_stalled && stalled_at.is_none() {
                stalled_at = Some(self.now());
            }
            // Only a client cannot be helped by time alone.
            let is_hopeless = is_stalled && pending.is_empty() && !clients.is_empty();
            if !pending.is_empty() {
                unsettled = pending;
            }
            if self.now() >= end || is_hopeless {
                let why = match (held_since, stalled_at) {
                    (None, Some(at)) => format!("nothing is due any more since {at}"),
                    (None, None) => "still pending when the calm was spent".to_owned(),
                    (Some(_), _) => {
                        format!("did not hold for {:.3}s without a break before the calm was spent", settle.as_secs_f64())
                    }
                };
                self.report_pending(unsettled, clients, &why);
                return;
            }
            // One event at a time while something is pending; to the end of the settling time once nothing is, checking at each event.
            let next = self.engine.core.kernel.next_at().unwrap_or(end);
            let settled = held_since.map_or(end, |since| since + settle);
            self.run_to(next.min(settled).min(end).max(self.now()));
        }
    }

    /// Breaks the rules that waited for the end in vain, and says what the tasks wait for.
    fn report_pending(&mut self, unsettled: Vec<(String, Evidence)>, clients: Vec<NodeId>, why: &str) {
        let (moment, waiting) = (self.moment(), living_tasks(&self.engine));
        let mut rules = unsettled;
        if !clients.is_empty() {
            rules.push((EVERY_CLIENT_ENDS.to_owned(), unended(clients, &self.engine, &waiting)));
        }
        self.report.violations.extend(overdue(rules, why, moment));
        self.report.waiting = waiting;
    }

    /// What must hold in the end and does not hold now; nothing if a check panicked, which ends the run.
    fn pending(&mut self) -> Vec<(String, Evidence)> {
        let mut pending = Vec::new();
        self.guarded(|sim| {
            let world = WorldView { engine: &sim.engine, network: sim.network };
            pending = sim.checks.pending(&World::new(&world));
        });
        pending
    }

    fn moment(&self) -> Now {
        Now { at: self.engine.core.kernel.now(), step: self.engine.core.kernel.steps() }
    }

    /// Asks everybody for the last judgement, and fills in the report.
    pub(super) fn conclude(&mut self) {
        let moment = self.moment();
        self.guarded(|sim| {
            let world = WorldView { engine: &sim.engine, network: sim.network };
            let violations = sim.checks.finish(&World::new(&world), moment);
            sim.report.violations.extend(violations);
        });
        // Steps by hand may have spent a budget after the last step of the loop.
        self.report.exhausted = self.engine.core.kernel.exhausted();
        self.report.checks = self.checks.reports();
        self.report.checks.extend(self.clients.report());
        self.report.measured = self.checks.measured().collect();
        self.report.faults = self.fault_records();
        self.report.traffic = self.network().traffic();
        self.report.steps = moment.step;
        self.report.ended_at = moment.at;
        self.report.digest = self.digest();
        self.report.leak = self.leak();
        if self.outcome() != Outcome::Held {
            self.report.last_events = self.describe_ring();
        }
        self.notify_records();
        // What the nodes still hold is dropped by code of their own, which may panic; it takes no part in the run.
        self.guarded(|sim| sim.engine.shut_down());
        self.report.outcome = self.outcome();
        if self.report.outcome != Outcome::Held && self.report.last_events.is_empty() {
            self.report.last_events = self.describe_ring();
        }
        self.notify_end();
        self.definition.arenas.keep(self.engine.leave());
    }

    fn leak(&self) -> Option<String> {
        match self.engine.core.kernel.foreign_wakes() {
            0 => None,
            1 => Some("another thread of the machine woke a task; which step saw it hangs on the machine".to_owned()),
            wakes => {
                Some(format!("other threads of the machine woke tasks {wakes} times; which steps saw it hangs on the machine"))
            }
        }
    }

    fn describe_ring(&self) -> Vec<String> {
        self.engine.core.kernel.ring().iter().map(|record| self.describe(record)).collect()
    }

    fn outcome(&self) -> Outcome {
        let report = &self.report;
        if !report.violations.is_empty() {
            Outcome::Violated
        } else if report.panic.is_some() {
            Outcome::Panicked
        } else if report.leak.is_some() {
            Outcome::Nondeterministic
        } else if report.exhausted.is_some() {
            Outcome::Exhausted
        } else if report.checks.iter().any(|check| check.unknown.is_some()) {
            Outcome::Unknown
        } else {
            Outcome::Held
        }
    }
}

/// The rules that waited for the end in vain, as violations.
fn overdue(waiting: Vec<(String, Evidence)>, why: &str, moment: Now) -> impl Iterator<Item = Violation> {
    waiting.into_iter().map(move |(name, mut witness)| {
        let reason = if witness.message.is_empty() { String::new() } else { format!(": {}", witness.message) };
        witness.message = format!("{why}{reason}");
        moment.violation(&name, witness)
    })
}
