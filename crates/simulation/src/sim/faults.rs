//! When faults are applied, which are in force, and when they end; [`fault`](crate::fault) says what that means for each.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use cluster_sim_runtime::{Engine, Kernel};
use cluster_sim_transport::NetworkPartition;
use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

use super::Sim;
use crate::fault::{AfterStep, Applied, Declared, Fault, InForce, PlanError, Resolved, ScheduledFault};
use crate::report::FaultRecord;

/// An action on the cluster at a scheduled instant.
#[derive(Debug)]
enum Scheduled {
    /// Applies the fault of a record.
    Apply(usize, Resolved),
    /// Lets the fault of a record act again, if it is still in force.
    Act(usize),
    /// Ends the fault of a record, if it is still in force.
    End(usize),
    /// Restarts a node that is down since that life.
    Restart(NodeId, Incarnation),
}

/// The faults of one run.
#[derive(Debug, Default)]
pub(super) struct FaultState {
    /// Each is taken out when it is due.
    scheduled: Vec<Option<Scheduled>>,
    records: Vec<FaultRecord>,
    /// The faults that wait for a step, each with its record and its moment.
    waiting: VecDeque<(usize, AfterStep, Resolved)>,
    /// The faults in force with their records, in the order in which they were applied.
    in_force: Vec<(usize, InForce)>,
    /// The names of the nodes whose disks a fault has damaged.
    damaged: BTreeSet<String>,
    /// Whether the fault phase is over: scheduled faults are then not applied.
    is_over: bool,
}

impl FaultState {
    /// Schedules a plan whose names were replaced.
    pub(super) fn new(plan: Vec<(ScheduledFault, Resolved)>, kernel: &mut Kernel) -> Self {
        let mut state = Self::default();
        for (ScheduledFault { at, after, fault }, resolved) in plan {
            let record = state.record(FaultRecord { after, ..FaultRecord::planned(at, fault) });
            match after {
                Some(after) => state.waiting.push_back((record, after, resolved)),
                None => state.schedule_apply(kernel, at, record, resolved),
            }
        }
        state
    }

    fn record(&mut self, record: FaultRecord) -> usize {
        self.records.push(record);
        self.records.len() - 1
    }

    /// The number of faults so far.
    pub(super) fn count(&self) -> usize {
        self.records.len()
    }

    /// The last fault that was applied to one of these nodes, with its instant.
    pub(super) fn last_of(&self, nodes: &[&str]) -> Option<String> {
        let is_of = |name: &&str| nodes.contains(name);
        let hits = |record: &&FaultRecord| {
            record.applied && (record.fault.nodes().iter().any(is_of) || record.nodes.iter().any(|node| is_of(&node.as_str())))
        };
        self.records.iter().rev().find(hits).map(|record| format!("{} at {}", record.fault, record.at))
    }

    /// Whether the fault phase is over.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    fn schedule_apply(&mut self, kernel: &mut Kernel, at: VirtualInstant, record: usize, fault: Resolved) {
        self.scheduled.push(Some(Scheduled::Apply(record, fault)));
        kernel.schedule_driver(at, (self.scheduled.len() - 1) as u32);
    }

    /// Schedules an action on faults in force or on nodes.
    ///
    /// New faults of the instant come first, whenever they were scheduled: so a fault that a trigger scheduled during the run
    /// is applied in the order in which a plan of that run schedules it from the start.
    fn schedule(&mut self, kernel: &mut Kernel, at: VirtualInstant, what: Scheduled) {
        self.scheduled.push(Some(what));
        kernel.schedule_driver_second(at, (self.scheduled.len() - 1) as u32);
    }

    /// Applies a fault that a trigger fired.
    pub(super) fn apply_fired(&mut self, trigger: &str, now: AfterStep, (fault, resolved): (Fault, Resolved), engine: &mut Engine) {
        let planned = FaultRecord::planned(engine.core.kernel.now(), fault);
        let record = self.record(FaultRecord { trigger: Some(trigger.to_owned()), after: Some(now), ..planned });
        self.apply(record, resolved, engine);
    }

    /// Schedules a fault that a trigger fired.
    pub(super) fn schedule_fired(
        &mut self,
        trigger: &str,
        delay: Duration,
        (fault, resolved): (Fault, Resolved),
        kernel: &mut Kernel,
    ) {
        let at = kernel.now() + delay;
        let record = self.record(FaultRecord { trigger: Some(trigger.to_owned()), ..FaultRecord::planned(at, fault) });
        self.schedule_apply(kernel, at, record, resolved);
    }

    /// The instant of the next fault that waits for a step.
    pub(super) fn next_waiting(&self) -> Option<VirtualInstant> {
        self.waiting.front().filter(|_| !self.is_over).map(|(record, ..)| self.records[*record].at)
    }

    /// Applies the next fault that waits for a step, if its instant and its step have come. Returns whether it did.
    pub(super) fn apply_due(&mut self, now: AfterStep, engine: &mut Engine) -> bool {
        let is_due = self.waiting.front().is_some_and(|(record, after, _)| {
            let at = self.records[*record].at;
            at <= engine.core.kernel.now() && *after <= now
        });
        if is_due && let Some((record, _, fault)) = self.waiting.pop_front() {
            self.apply(record, fault, engine);
        }
        is_due
    }

    /// Restarts a node at that instant if it is still down since that life.
    pub(super) fn schedule_restart(&mut self, kernel: &mut Kernel, at: VirtualInstant, node: NodeId, life: Incarnation) {
        self.schedule(kernel, at, Scheduled::Restart(node, life));
    }

    fn apply(&mut self, record: usize, fault: Resolved, engine: &mut Engine) {
        self.records[record].applied = true;
        self.end_where(engine, |_, in_force| fault.replaces(in_force));
        let Applied { effect, in_force, again, reason, hit } = fault.apply(engine);
        self.records[record].nodes = hit.into_iter().map(|node| engine.core.kernel.name(node).to_string()).collect();
        self.records[record].effect += effect;
        self.records[record].reason = reason.map(str::to_owned);
        note_damage(&mut self.damaged, &self.records[record]);
        let Some(in_force) = in_force else { return };
        self.in_force.push((record, in_force));
        let kernel = &mut engine.core.kernel;
        // The end comes first in the queue: a fault that ends at this instant does not act once more.
        if let Some(duration) = self.records[record].fault.duration() {
            self.schedule(kernel, kernel.now() + duration, Scheduled::End(record));
        }
        if let Some(again) = again {
            self.schedule(kernel, kernel.now() + again, Scheduled::Act(record));
        }
    }

    /// Lets a fault act again, if it is still in force.
    fn act(&mut self, record: usize, engine: &mut Engine) {
        let Some((_, in_force)) = self.in_force.iter_mut().find(|(other, _)| *other == record) else { return };
        let again = in_force.act(engine);
        let kernel = &mut engine.core.kernel;
        self.schedule(kernel, kernel.now() + again, Scheduled::Act(record));
    }

    /// Ends the faults in force for which `which` holds.
    fn end_where(&mut self, engine: &mut Engine, which: impl Fn(usize, &InForce) -> bool) {
        for (record, in_force) in self.in_force.extract_if(.., |(record, in_force)| which(*record, in_force)) {
            let record = &mut self.records[record];
            record.effect += in_force.effect_of_end(engine);
            note(record, &in_force, engine);
            note_damage(&mut self.damaged, record);
            in_force.end(engine);
            record.ended_at = Some(engine.core.kernel.now());
        }
    }

    /// Ends in their records the faults that something else has ended.
    fn note_ended(&mut self, engine: &Engine) {
        for (record, in_force) in self.in_force.extract_if(.., |(_, in_force)| !in_force.is_in_force(engine)) {
            let record = &mut self.records[record];
            note(record, &in_force, engine);
            note_damage(&mut self.damaged, record);
            record.ended_at = Some(engine.core.kernel.now());
        }
    }

    /// The names of the nodes whose disks a fault has damaged.
    pub(super) fn damaged(&mut self, engine: &Engine) -> &BTreeSet<String> {
        for (record, in_force) in &self.in_force {
            let fault = &self.records[*record].fault;
            if fault.damages_disk() && in_force.effect(engine) > 0 {
                for node in fault.nodes() {
                    if !self.damaged.contains(node) {
                        self.damaged.insert(node.to_owned());
                    }
                }
            }
        }
        &self.damaged
    }

    /// Ends all faults; those that are still scheduled will not be applied.
    fn end_all(&mut self, engine: &mut Engine) {
        self.is_over = true;
        let mut ended = Vec::new();
        let mut all = Vec::new();
        for (record, in_force) in self.in_force.drain(..) {
            self.records[record].effect += in_force.effect_of_end(engine);
            note(&mut self.records[record], &in_force, engine);
            note_damage(&mut self.damaged, &self.records[record]);
            ended.push(record);
            all.push(in_force);
        }
        InForce::end_all(all, engine);
        for record in ended {
            self.records[record].ended_at = Some(engine.core.kernel.now());
        }
    }
}

/// Adds to the record of a fault in force what it came to.
fn note(record: &mut FaultRecord, in_force: &InForce, engine: &Engine) {
    record.effect += in_force.effect(engine);
    record.fired += in_force.fired(engine);
    record.reason = in_force.outcome(engine).or(record.reason.take());
}

/// Notes that a fault has damaged the disk of its node, if it did.
fn note_damage(damaged: &mut BTreeSet<String>, record: &FaultRecord) {
    if record.effect > 0 && record.fault.damages_disk() {
        damaged.extend(record.fault.nodes().into_iter().map(str::to_owned));
    }
}

impl Sim {
    /// Applies a fault now; its record shows that the test did it.
    ///
    /// # Errors
    /// If it does not fit the scenario, as when it names an unknown node; the run is unchanged.
    pub fn inject(&mut self, fault: impl Into<Fault>) -> Result<(), PlanError> {
        let fault = fault.into();
        let names = Declared::new(&self.nodes, self.network());
        let resolved = fault.resolve(self.faults.records.len(), names)?;
        self.by_hand(fault, resolved);
        Ok(())
    }

    /// Applies a fault now, and returns whether it had an effect. Does nothing once the run is over.
    pub(super) fn by_hand(&mut self, fault: Fault, resolved: Resolved) -> bool {
        if self.over {
            return false;
        }
        self.apply_heals();
        self.judge_claims_now();
        let record = self.faults.record(FaultRecord { by_hand: true, ..FaultRecord::planned(self.now(), fault) });
        self.guarded(|sim| {
            sim.faults.apply(record, resolved, &mut sim.engine);
            sim.note_ended_faults();
            sim.check_changes();
        });
        self.faults.records[record].effect > 0
    }

    /// Takes the guard of the last cut or hold, which ends when its new owner drops it.
    pub(super) fn release_last_guard(&mut self) -> Option<NetworkPartition> {
        match self.faults.in_force.last_mut()? {
            (_, InForce::Network(cut)) => cut.take_guard(),
            (_, InForce::Link(hold)) => hold.take_guard(),
            _ => None,
        }
    }

    pub(super) fn carry_out_event(&mut self, event: u32) {
        self.judge_claims_now();
        let faults = &mut self.faults;
        match faults.scheduled[event as usize].take() {
            Some(Scheduled::Apply(record, fault)) if !faults.is_over => faults.apply(record, fault, &mut self.engine),
            Some(Scheduled::Act(record)) => faults.act(record, &mut self.engine),
            Some(Scheduled::End(record)) => faults.end_where(&mut self.engine, |other, _| other == record),
            Some(Scheduled::Restart(node, life)) if self.engine.core.kernel.incarnation(node) == life => {
                self.engine.restart(node);
            }
            Some(Scheduled::Apply(..) | Scheduled::Restart(..)) | None => {}
        }
        self.note_ended_faults();
    }

    /// Sets the end of faults that are no longer in force in their records.
    pub(super) fn note_ended_faults(&mut self) {
        // A crash within a step is completed right after it.
        self.is_followed |= self.engine.core.kernel.failpoints.aims_beyond_points();
        self.faults.note_ended(&self.engine);
        self.judge_claims_now();
    }

    /// Ends the fault phase: heals cuts, restores links, resumes paused nodes, and restarts all nodes except killed ones.
    pub(super) fn end_faults(&mut self) {
        self.apply_heals();
        self.judge_claims_now();
        self.faults.end_all(&mut self.engine);
        self.stop_for_faults();
    }

    /// The records of all faults, with their effects.
    pub(super) fn fault_records(&mut self) -> Vec<FaultRecord> {
        let mut records = std::mem::take(&mut self.faults.records);
        for (record, in_force) in &self.faults.in_force {
            note(&mut records[*record], in_force, &self.engine);
        }
        records
    }
}
