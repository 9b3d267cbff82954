//! Ending a run: the calm, the last judgement, the report.

use cluster_sim_invariants::{Invariant, World};
use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_vocabulary::VirtualInstant;

use super::Sim;
use super::checking::Moment;
use super::observed::Glance;
use crate::report::{Outcome, Report};

impl Sim {
    /// Ends the run: all chaos stops, and the run goes on until every `eventually` has held for the settling time or the calm is spent.
    pub fn finish(mut self) -> Report {
        if !self.over {
            self.guarded(|sim| {
                sim.calm_down();
                sim.check_changes();
            });
        }
        if !self.over && self.checks.has_eventually() {
            self.run_calm();
        }
        self.conclude()
    }

    /// The observer of that name as it stands, for a test that measures more than the report tells.
    pub fn observer<I: Invariant>(&self, name: &str) -> Option<&I> {
        self.checks.observer(name)
    }

    /// Runs until everything that must hold in the end has held for as long as it must, or the calm is spent.
    fn run_calm(&mut self) {
        let end = self.now() + self.definition.calm;
        let mut held_since: Option<VirtualInstant> = None;
        while !self.over {
            let pending = !self.pending().is_empty();
            held_since = if pending { None } else { held_since.or(Some(self.now())) };
            if held_since.is_some_and(|since| self.now() - since >= self.definition.settle) {
                return;
            }
            if self.now() >= end {
                let moment = self.moment();
                let world = Glance { engine: &self.engine, network: self.network };
                let overdue = self.checks.overdue(&World::new(&world), moment);
                self.report.violations.extend(overdue);
                return;
            }
            // One event at a time while something is pending; to the end of the settling time once nothing is, checking at each event.
            let next = self.engine.kernel.next_at().unwrap_or(end);
            let settled = held_since.map_or(end, |since| since + self.definition.settle);
            self.run_to(next.min(settled).min(end).max(self.now()));
        }
    }

    fn pending(&mut self) -> Vec<(String, cluster_sim_invariants::Witness)> {
        let world = Glance { engine: &self.engine, network: self.network };
        self.checks.pending(&World::new(&world))
    }

    fn moment(&self) -> Moment {
        Moment { at: self.engine.kernel.now(), step: self.engine.kernel.steps() }
    }

    fn conclude(mut self) -> Report {
        let moment = self.moment();
        let world = Glance { engine: &self.engine, network: self.network };
        let violations = self.checks.finish(&World::new(&world), moment);
        self.report.violations.extend(violations);
        self.report.checks = self.checks.reports();
        self.report.measured = self.checks.measured().collect();
        self.report.faults = self.fault_records();
        self.report.traffic = self.network().traffic();
        self.report.steps = moment.step;
        self.report.ended_at = moment.at;
        self.report.digest = self.digest();
        self.report.outcome = self.outcome();
        if self.report.outcome != Outcome::Held {
            self.report.last_events = self.engine.kernel.ring().iter().map(|record| self.describe(record)).collect();
        }
        self.report
    }

    fn outcome(&self) -> Outcome {
        let report = &self.report;
        if !report.violations.is_empty() {
            Outcome::Violated
        } else if report.panic.is_some() {
            Outcome::Panicked
        } else if report.exhausted.is_some() {
            Outcome::Exhausted
        } else if report.checks.iter().any(|check| check.unknown.is_some()) {
            Outcome::Unknown
        } else {
            Outcome::Held
        }
    }

    /// One event as a person reads it.
    fn describe(&self, record: &Record) -> String {
        let name = |node: cluster_sim_vocabulary::NodeId| {
            if node.0 < self.engine.kernel.node_count() { &**self.engine.kernel.name(node) } else { "cluster" }
        };
        let Record { at, kind, node, peer, detail, label, length, .. } = *record;
        let (node, peer) = (name(node), name(peer));
        let what = match kind {
            RecordKind::Boot => format!("{node} boots, life {detail}"),
            RecordKind::Crash => format!("{node} crashes"),
            RecordKind::Kill => format!("{node} is killed"),
            RecordKind::Pause => format!("{node} pauses"),
            RecordKind::Resume => format!("{node} resumes"),
            RecordKind::Send => format!("{node} -> {peer}  sends {label:016x}, {length} bytes"),
            RecordKind::Copy => format!("{node} -> {peer}  copies {label:016x}"),
            RecordKind::Drop => format!("{node} -> {peer}  loses {label:016x} to {}", self.network().cause(detail)),
            RecordKind::Deliver => format!("{peer} -> {node}  delivers {label:016x}"),
            RecordKind::Timer => format!("{node} timer {label}"),
            RecordKind::Call => format!("{node} is called"),
            RecordKind::Cut => format!("cut {label} begins, {node} from {peer}"),
            RecordKind::Heal => format!("cut {label} heals"),
            RecordKind::Links => format!("links of class {detail} change"),
            RecordKind::Reseed => format!("seed {label:#x} decides from here on"),
        };
        format!("{at}  {what}")
    }
}
