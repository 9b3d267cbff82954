//! Applies faults, and ends those with a duration.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_runtime::Kernel;
use cluster_sim_transport::{ClassId, CutId, DropCount, Network, NetworkPartition};
use cluster_sim_types::{Health, Incarnation, NodeId, Ratio, VirtualInstant};

use super::Sim;
use crate::fault::{Fault, FaultPlan, PlanError, ScheduledFault, check_fault};
use crate::report::FaultRecord;

/// An action on the cluster at a scheduled instant.
#[derive(Debug)]
enum Scheduled {
    /// Applies a fault, by the index of its record.
    Apply(usize),
    /// Heals a cut, by its index among the cuts.
    EndCut(usize),
    /// Restarts a node, if it is still down after the incarnation that was crashed.
    Restart(NodeId, Incarnation),
    /// Resumes a node, if it is still in the pause of this record.
    Resume(NodeId, usize),
    /// Ends a loss rule, if it is still the one of this record.
    EndLoss(usize),
}

/// A cut that a fault made, and the record that counts its losses.
#[derive(Debug)]
struct HeldCut {
    record: usize,
    id: CutId,
    dropped: DropCount,
    /// None once the test that made the cut took it.
    guard: Option<NetworkPartition>,
}

/// A loss rule in force, and the record that counts its losses.
#[derive(Debug)]
struct OpenLoss {
    record: usize,
    links: ClassId,
    rule: String,
}

/// A fault in force, with the state that shows that it still is.
#[derive(Debug)]
enum InForce {
    Cut(CutId),
    Down(NodeId, Incarnation),
    Pause(NodeId),
    Loss,
    Links(ClassId),
}

/// The faults of one run.
#[derive(Debug)]
pub(super) struct FaultState {
    scheduled: Vec<Scheduled>,
    records: Vec<FaultRecord>,
    cuts: Vec<HeldCut>,
    losses: Vec<OpenLoss>,
    /// The record of the last pause of each node.
    pauses: BTreeMap<NodeId, usize>,
    /// The records of faults in force.
    in_force: Vec<(usize, InForce)>,
    /// Whether the fault phase is over: scheduled faults are then not applied.
    is_over: bool,
}

impl FaultState {
    pub(super) fn new(plan: FaultPlan, kernel: &mut Kernel) -> Self {
        let mut state = Self {
            scheduled: Vec::new(),
            records: Vec::new(),
            cuts: Vec::new(),
            losses: Vec::new(),
            pauses: BTreeMap::new(),
            in_force: Vec::new(),
            is_over: false,
        };
        for ScheduledFault { at, fault } in plan.faults() {
            let record = state.record(*at, fault.clone(), false);
            state.schedule(kernel, *at, Scheduled::Apply(record));
        }
        state
    }

    fn record(&mut self, at: VirtualInstant, fault: Fault, by_hand: bool) -> usize {
        self.records.push(FaultRecord { at, fault, by_hand, applied: false, effect: 0, ended_at: None });
        self.records.len() - 1
    }

    /// Takes the guard of the last cut: the cut heals when its new owner drops it.
    pub(super) fn release_last_cut(&mut self) -> Option<NetworkPartition> {
        self.cuts.last_mut()?.guard.take()
    }

    fn schedule(&mut self, kernel: &mut Kernel, at: VirtualInstant, what: Scheduled) {
        self.scheduled.push(what);
        kernel.schedule_driver(at, (self.scheduled.len() - 1) as u32);
    }
}

impl Sim {
    /// Applies a fault now; its record shows that the test did it.
    ///
    /// # Errors
    /// If it names a node or class of links that the scenario does not have; the run is unchanged.
    pub fn inject(&mut self, fault: Fault) -> Result<(), PlanError> {
        let has_links = |links: &str| links == "default" || self.definition.classes.iter().any(|class| class.name == links);
        check_fault(self.faults.records.len(), &fault, |node| self.node(node).is_some(), has_links)?;
        self.by_hand(fault);
        Ok(())
    }

    /// Applies a fault with checked names now, and returns whether it had an effect. Does nothing once the run is over.
    pub(super) fn by_hand(&mut self, fault: Fault) -> bool {
        if self.over {
            return false;
        }
        self.apply_heals();
        let record = self.faults.record(self.now(), fault, true);
        self.guarded(|sim| {
            sim.apply(record);
            sim.note_ended_faults();
            sim.check_changes();
        });
        self.faults.records[record].effect > 0
    }

    pub(super) fn carry_out_event(&mut self, event: u32) {
        match self.faults.scheduled[event as usize] {
            Scheduled::Apply(record) if !self.faults.is_over => self.apply(record),
            Scheduled::Apply(_) => {}
            Scheduled::EndCut(held) => {
                let id = self.faults.cuts[held].id;
                let (network, kernel) = self.engine.core.device::<Network>();
                network.fabric.heal(kernel, id);
            }
            Scheduled::Restart(node, life) if self.engine.core.kernel.incarnation(node) == life => drop(self.engine.restart(node)),
            Scheduled::Resume(node, record) if self.faults.pauses.get(&node) == Some(&record) => {
                self.engine.resume(node);
            }
            Scheduled::Restart(..) | Scheduled::Resume(..) => {}
            Scheduled::EndLoss(record) => self.end_loss(|open| open.record == record),
        }
        self.note_ended_faults();
    }

    fn apply(&mut self, record: usize) {
        let FaultRecord { at, fault, .. } = self.faults.records[record].clone();
        self.faults.records[record].applied = true;
        let id = |sim: &Self, name: &str| sim.node(name).expect("a fault is checked against the nodes before it is applied");
        let class = |sim: &Self, name: &str| {
            sim.network().fabric.class_named(name).expect("a fault is checked against the classes of links")
        };
        let effect = match fault {
            Fault::Cut { from, to, both_ways, duration } => {
                let [from, to] = self.ids_of([&from, &to]);
                self.hold_cut(record, &from, &to, both_ways);
                if let Some(duration) = duration {
                    let end = Scheduled::EndCut(self.faults.cuts.len() - 1);
                    self.faults.schedule(&mut self.engine.core.kernel, at + duration, end);
                }
                false
            }
            Fault::HealAll => self.heal_cuts(),
            Fault::Crash { node, down_for } => {
                let node = id(self, &node);
                let crashed = self.engine.crash(node);
                let life = self.engine.core.kernel.incarnation(node);
                if crashed {
                    self.faults.in_force.push((record, InForce::Down(node, life)));
                }
                if let Some(down_for) = down_for.filter(|_| crashed) {
                    self.faults.schedule(&mut self.engine.core.kernel, at + down_for, Scheduled::Restart(node, life));
                }
                crashed
            }
            Fault::Resume { node } => self.engine.resume(id(self, &node)),
            Fault::Restart { node } => self.engine.restart(id(self, &node)),
            Fault::Kill { node } => self.engine.kill(id(self, &node)),
            Fault::Pause { node, duration } => {
                let node = id(self, &node);
                let paused = self.engine.pause(node);
                if paused {
                    self.faults.pauses.insert(node, record);
                    self.faults.in_force.push((record, InForce::Pause(node)));
                }
                if let Some(duration) = duration.filter(|_| paused) {
                    self.faults.schedule(&mut self.engine.core.kernel, at + duration, Scheduled::Resume(node, record));
                }
                paused
            }
            Fault::Loss { links, rule, ratio, duration } => {
                let links = class(self, &links);
                self.end_loss(|open| open.links == links && open.rule == rule);
                self.note_ended_faults();
                let (network, kernel) = self.engine.core.device::<Network>();
                network.fabric.set_loss_rule(kernel, links, &rule, ratio);
                self.faults.losses.push(OpenLoss { record, links, rule });
                self.faults.in_force.push((record, InForce::Loss));
                if let Some(duration) = duration {
                    self.faults.schedule(&mut self.engine.core.kernel, at + duration, Scheduled::EndLoss(record));
                }
                false
            }
            Fault::Links { links, model } => {
                let links = class(self, &links);
                self.end_in_force(|open| matches!(open, InForce::Links(known) if *known == links));
                self.faults.in_force.push((record, InForce::Links(links)));
                let (network, kernel) = self.engine.core.device::<Network>();
                let set = network.fabric.set_model(kernel, links, &model);
                set.expect("a fault is checked for a possible model before it is applied");
                true
            }
        };
        self.faults.records[record].effect += u64::from(effect);
    }

    /// The numbers of nodes named on both sides of a cut.
    fn ids_of(&self, sides: [&Vec<String>; 2]) -> [Vec<NodeId>; 2] {
        let kernel = &self.engine.core.kernel;
        // A map, because a side may hold most nodes of a large cluster.
        let ids: BTreeMap<&str, NodeId> = (0..kernel.node_count()).map(|id| (&**kernel.name(NodeId(id)), NodeId(id))).collect();
        sides.map(|side| side.iter().map(|name| ids[name.as_str()]).collect())
    }

    fn hold_cut(&mut self, record: usize, from: &[NodeId], to: &[NodeId], both_ways: bool) {
        let name = self.name_cut(from, to, both_ways);
        let (network, kernel) = self.engine.core.device::<Network>();
        let guard = network.fabric.cut(kernel, &name, from, to, both_ways);
        self.faults.in_force.push((record, InForce::Cut(guard.id())));
        self.faults.cuts.push(HeldCut { record, id: guard.id(), dropped: guard.counter(), guard: Some(guard) });
    }

    /// The name of a cut, under which its losses are counted.
    fn name_cut(&self, from: &[NodeId], to: &[NodeId], both_ways: bool) -> String {
        let side = |nodes: &[NodeId]| match nodes {
            [first, second, third, rest @ ..] if !rest.is_empty() => {
                let names = [first, second, third].map(|node| &**self.engine.core.kernel.name(*node)).join(" ");
                format!("{names} and {} more", rest.len())
            }
            few => few.iter().map(|node| &**self.engine.core.kernel.name(*node)).collect::<Vec<_>>().join(" "),
        };
        format!("cut [{}] {} [{}]", side(from), if both_ways { "|" } else { "-/->" }, side(to))
    }

    /// Ends the loss rules for which `which` holds, and adds what they dropped to their records.
    fn end_loss(&mut self, which: impl Fn(&OpenLoss) -> bool) {
        let (ended, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.faults.losses).into_iter().partition(which);
        self.faults.losses = open;
        let (network, kernel) = self.engine.core.device::<Network>();
        for loss in ended {
            self.faults.records[loss.record].effect += network.fabric.dropped_by(loss.links, &loss.rule);
            network.fabric.set_loss_rule(kernel, loss.links, &loss.rule, Ratio::ZERO);
        }
    }

    /// Heals every cut, and returns whether one was in force.
    fn heal_cuts(&mut self) -> bool {
        let (network, kernel) = self.engine.core.device::<Network>();
        let some = network.fabric.living_cuts().next().is_some();
        network.fabric.heal_all(kernel);
        some
    }

    /// Sets the end of faults that are no longer in force in their records.
    pub(super) fn note_ended_faults(&mut self) {
        if self.faults.in_force.is_empty() {
            return;
        }
        let cuts: BTreeSet<CutId> = self.network().fabric.living_cuts().map(|(id, _)| id).collect();
        let losses: BTreeSet<usize> = self.faults.losses.iter().map(|open| open.record).collect();
        let records = self.faults.in_force.iter().filter(|(record, what)| {
            let kernel = &self.engine.core.kernel;
            !match what {
                InForce::Cut(id) => cuts.contains(id),
                InForce::Down(node, life) => kernel.health(*node) == Health::Down && kernel.incarnation(*node) == *life,
                InForce::Pause(node) => kernel.health(*node) == Health::Paused && self.faults.pauses.get(node) == Some(record),
                InForce::Loss => losses.contains(record),
                InForce::Links(_) => true,
            }
        });
        let ended: BTreeSet<usize> = records.map(|(record, _)| *record).collect();
        self.end_records(&ended);
    }

    /// Ends the faults in force for which `which` holds.
    fn end_in_force(&mut self, which: impl Fn(&InForce) -> bool) {
        let ended = self.faults.in_force.iter().filter(|(_, what)| which(what)).map(|(record, _)| *record).collect();
        self.end_records(&ended);
    }

    fn end_records(&mut self, ended: &BTreeSet<usize>) {
        let now = self.now();
        self.faults.in_force.retain(|(record, _)| !ended.contains(record));
        ended.iter().for_each(|record| self.faults.records[*record].ended_at = Some(now));
    }

    /// Ends the fault phase: heals cuts, restores links, resumes paused nodes, and restarts all nodes except killed ones.
    pub(super) fn end_faults(&mut self) {
        self.faults.is_over = true;
        self.apply_heals();
        self.heal_cuts();
        self.end_loss(|_| true);
        self.engine.end_fault_phase();
        for node in (0..self.engine.core.kernel.node_count()).map(NodeId) {
            self.engine.resume(node);
            self.engine.restart(node);
        }
        self.end_in_force(|_| true);
    }

    /// The records of all faults, with their effects so far.
    pub(super) fn fault_records(&mut self) -> Vec<FaultRecord> {
        let mut records = std::mem::take(&mut self.faults.records);
        for cut in &self.faults.cuts {
            records[cut.record].effect += cut.dropped.count();
        }
        let network = self.engine.core.devices.find::<Network>();
        for loss in &self.faults.losses {
            records[loss.record].effect += network.fabric.dropped_by(loss.links, &loss.rule);
        }
        records
    }
}
