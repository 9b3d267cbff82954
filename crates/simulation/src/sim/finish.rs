//! Ends a run: the recovery phase, the final verdicts, the report.

use std::time::Duration;

use cluster_sim_invariants::{Evidence, Invariant, Violation, World};
use cluster_sim_runtime::{Seed, SeedSchedule};
use cluster_sim_types::{NodeId, VirtualInstant};

use super::Sim;
use super::checks::Now;
use super::clients::{EVERY_CLIENT_ENDS, living_tasks, outside_waits, unended};
use super::world::WorldView;
use crate::report::{Outcome, PanicFinding, PanicSite, Report};

impl Sim {
    /// Ends the fault phase, runs the recovery phase, and returns the report.
    ///
    /// The recovery phase lasts until every `eventually` has held for `stable_for` and every client ended, at most
    /// `recovery_timeout`.
    pub fn finish(mut self) -> Report {
        self.complete();
        self.into_report()
    }

    /// Runs the recovery phase and concludes the run. Returns whether it did: not if an observer left before.
    pub(super) fn complete(&mut self) -> bool {
        if !self.over {
            self.notify(|observer, sim| observer.recovers(sim.now()));
        }
        self.end_fault_phase();
        let is_whole = self.observer.as_ref().is_none_or(|observer| !observer.has_left());
        if is_whole {
            self.conclude();
            self.fill_slot();
            self.leave_memory();
        }
        is_whole
    }

    /// Takes the report out of a run, which ends whatever drops with it.
    pub(super) fn into_report(mut self) -> Report {
        std::mem::replace(&mut self.report, Report::blank("", SeedSchedule::new(Seed(0))))
    }

    /// Ends the fault phase, then runs the recovery phase if anything must hold at the end.
    fn end_fault_phase(&mut self) {
        if !self.over {
            self.guarded(|sim| {
                sim.end_faults();
                sim.check_changes();
            });
        }
        if !self.over && (self.checks.has_eventually() || !self.clients.is_empty()) {
            self.recover();
        }
    }

    /// The observer of that name and type, for a test that reads more from it than the report shows.
    pub fn observer<I: Invariant>(&self, name: &str) -> Option<&I> {
        self.checks.observer(name)
    }

    /// Runs until every `eventually` has held for `stable_for` and every client ended, or `recovery_timeout` has passed.
    fn recover(&mut self) {
        let end = self.now() + self.definition.recovery_timeout;
        // A recovery phase shorter than `stable_for` bounds it.
        let stable_for = self.definition.stable_for.min(self.definition.recovery_timeout);
        // A client that ended stays ended: without an `eventually` the last end is enough.
        let stable_for = if self.checks.has_eventually() { stable_for } else { Duration::ZERO };
        let mut held_since: Option<VirtualInstant> = None;
        // The rules pending when any last was.
        let mut unstable = Vec::new();
        // The instant since which no event is pending and no task is ready: only the clock can still change.
        let mut stalled_at: Option<VirtualInstant> = None;
        while !self.over {
            let pending = self.pending();
            let clients = self.clients.pending(&self.engine);
            let all_hold = pending.is_empty() && clients.is_empty();
            held_since = if all_hold { held_since.or(Some(self.now())) } else { None };
            if self.over || held_since.is_some_and(|since| self.now() - since >= stable_for) {
                return;
            }
            let is_stalled = self.engine.core.is_idle();
            if is_stalled && stalled_at.is_none() {
                stalled_at = Some(self.now());
            }
            // Waiting cannot finish a client once no event is pending.
            let is_stuck = is_stalled && pending.is_empty() && !clients.is_empty();
            if !pending.is_empty() {
                unstable = pending;
            }
            if self.now() >= end || is_stuck {
                let why = match (held_since, stalled_at) {
                    (None, Some(at)) => format!("stalled: no pending event since {at}"),
                    (None, None) => "still pending after recovery_timeout".to_owned(),
                    (Some(_), _) => {
                        format!("did not hold for {:.3}s in a row before recovery_timeout", stable_for.as_secs_f64())
                    }
                };
                self.report_pending(unstable, clients, &why);
                return;
            }
            // Event by event while a rule is pending; to the end of `stable_for` once none is, checking at each event.
            let next = self.engine.core.kernel.next_at().unwrap_or(end);
            let stable_at = held_since.map_or(end, |since| since + stable_for);
            self.run_noting(next.min(stable_at).min(end).max(self.now()));
        }
    }

    /// Reports the rules that are still pending as violated, with what the live tasks wait for.
    fn report_pending(&mut self, unstable: Vec<(String, Evidence)>, clients: Vec<NodeId>, why: &str) {
        let (now, waiting) = (self.present(), living_tasks(&self.engine));
        let mut rules = unstable;
        self.checks.explain_missing(&mut rules, &WorldView { engine: &self.engine });
        if !clients.is_empty() {
            rules.push((EVERY_CLIENT_ENDS.to_owned(), unended(clients, &self.engine, &waiting)));
        }
        self.report.violations.extend(overdue(rules, why, now));
        self.report.waiting = waiting;
    }

    /// The `eventually` rules that do not hold now; empty if a check panicked, which ends the run.
    fn pending(&mut self) -> Vec<(String, Evidence)> {
        let mut pending = Vec::new();
        self.guarded(|sim| {
            let world = WorldView { engine: &sim.engine };
            pending = sim.checks.pending(&mut World::new(&world));
        });
        pending
    }

    fn present(&self) -> Now {
        Now::of(&WorldView { engine: &self.engine })
    }

    /// Takes the final verdict of every observer, and fills in the report.
    fn conclude(&mut self) {
        let now = self.present();
        if self.report.violations.is_empty() {
            // A panic ends a step before the claims are judged.
            self.judge_claims();
        }
        self.guarded(|sim| {
            let world = WorldView { engine: &sim.engine };
            let violations = sim.checks.finish(&World::new(&world), now);
            sim.report.violations.extend(violations);
        });
        // A test may have spent a budget after the last step of the loop.
        self.report.exhausted = self.engine.core.kernel.exhausted();
        self.report.exhausted_by = self.exhausted_by();
        self.report.checks = self.checks.reports(&WorldView { engine: &self.engine });
        self.report.checks.extend(self.clients.report());
        self.report.checks.extend(self.triggers.reports());
        let failpoints = self.failpoint_reports();
        self.report.checks.extend(failpoints);
        self.report.measured = self.checks.measured().collect();
        if !self.report.violations.is_empty() {
            self.report.histories = self.checks.histories().collect();
            self.report.tables = self.checks.tables().collect();
        }
        let name = |(node, count)| (self.engine.core.kernel.name(node).to_string(), count);
        self.report.operations = self.operations.counts().into_iter().map(name).collect();
        self.report.faults = self.fault_records();
        self.report.traffic = self.network().traffic();
        self.report.steps = now.step;
        self.report.ended_at = now.at;
        self.report.digest = self.digest();
        self.report.outside_waits = outside_waits(&self.engine);
        self.report.leak = self.leak();
        if self.outcome() != Outcome::Held {
            self.report.last_events = self.describe_ring();
        }
        self.notify_records();
        // Dropping the state of nodes runs their code, which may panic; this is no part of the run.
        self.guarded(|sim| sim.engine.shut_down());
        self.report.outcome = self.outcome();
        if self.report.outcome != Outcome::Held && self.report.last_events.is_empty() {
            self.report.last_events = self.describe_ring();
        }
        self.notify_end();
    }

    /// Leaves the memory of a concluded run to the next one. From here on the run knows no node.
    fn leave_memory(&mut self) {
        self.arenas.keep(self.engine.leave());
    }

    fn leak(&self) -> Option<String> {
        match self.engine.core.kernel.foreign_wakes() {
            0 => None,
            1 => Some("another thread of the machine woke a task; which step saw the wake depends on the machine".to_owned()),
            wakes => {
                Some(format!("other threads of the machine woke tasks {wakes} times; which steps saw them depends on the machine"))
            }
        }
    }

    fn describe_ring(&self) -> Vec<String> {
        self.engine.core.kernel.ring().iter().map(|record| self.describe(record)).collect()
    }

    fn outcome(&self) -> Outcome {
        let report = &self.report;
        // A panic of a test or a trigger is not one of the system.
        let is_of_test = matches!(&report.panic, Some(PanicFinding { site: PanicSite::Test | PanicSite::Trigger { .. }, .. }));
        if report.exceeded.is_some() && report.leak.is_none() && !is_of_test {
            Outcome::AssumptionExceeded
        } else if !report.violations.is_empty() {
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

/// Pending rules as violations.
fn overdue(waiting: Vec<(String, Evidence)>, why: &str, now: Now) -> impl Iterator<Item = Violation> {
    waiting.into_iter().map(move |(name, mut evidence)| {
        let reason = if evidence.message.is_empty() { String::new() } else { format!(": {}", evidence.message) };
        evidence.message = format!("{why}{reason}");
        now.violation(&name, evidence)
    })
}
