//! Carrying out faults, and undoing those that end by themselves.

use std::collections::BTreeMap;

use cluster_sim_runtime::Kernel;
use cluster_sim_transport::{CutId, DropCount, Network, NetworkPartition};
use cluster_sim_types::{Incarnation, NodeId};

use super::Sim;
use crate::fault::{Fault, FaultPlan, PlanError, ScheduledFault, check_fault};
use crate::report::FaultRecord;

/// Something the run does to the cluster at a scheduled instant.
#[derive(Debug)]
enum Happening {
    /// A fault strikes: its place among the records.
    Strike(usize),
    /// A cut ends: its place among the cuts held.
    EndCut(usize),
    /// A node comes back, if it is still down after the life that was crashed.
    Restart(NodeId, Incarnation),
    /// A node goes on, if it is still in the pause that this record began.
    Resume(NodeId, usize),
    /// A loss rule ends, if it is still the one that this record put in force.
    EndLoss(usize),
}

/// A cut that a fault put in force, and the record that tells what it ate.
#[derive(Debug)]
struct HeldCut {
    record: usize,
    id: CutId,
    eaten: DropCount,
    /// Gone once it was handed to whoever made the cut by hand.
    guard: Option<NetworkPartition>,
}

/// A loss rule in force, and the record that tells what it ate.
#[derive(Debug)]
struct OpenLoss {
    record: usize,
    links: String,
    rule: String,
}

/// The faults of one run.
#[derive(Debug)]
pub(super) struct FaultState {
    happenings: Vec<Happening>,
    pub(super) records: Vec<FaultRecord>,
    cuts: Vec<HeldCut>,
    losses: Vec<OpenLoss>,
    /// Which record began the last pause of a node.
    pauses: BTreeMap<NodeId, usize>,
    /// The chaos is over: faults that are still to strike do not.
    pub(super) calm: bool,
}

impl FaultState {
    pub(super) fn new(plan: FaultPlan, kernel: &mut Kernel) -> Self {
        let mut faulting = Self {
            happenings: Vec::new(),
            records: Vec::new(),
            cuts: Vec::new(),
            losses: Vec::new(),
            pauses: BTreeMap::new(),
            calm: false,
        };
        for ScheduledFault { at, fault } in plan.faults() {
            faulting.records.push(FaultRecord { at: *at, fault: fault.clone(), by_hand: false, applied: false, effect: 0 });
            faulting.schedule(kernel, *at, Happening::Strike(faulting.records.len() - 1));
        }
        faulting
    }

    /// Hands over the guard of the last cut: it heals when whoever asked for it drops the guard.
    pub(super) fn release_last_cut(&mut self) -> Option<NetworkPartition> {
        self.cuts.last_mut()?.guard.take()
    }

    fn schedule(&mut self, kernel: &mut Kernel, at: cluster_sim_types::VirtualInstant, happening: Happening) {
        self.happenings.push(happening);
        kernel.schedule_driver(at, (self.happenings.len() - 1) as u32);
    }
}

impl Sim {
    /// Carries out a fault now. What it does is recorded as taken by hand.
    ///
    /// # Errors
    /// If it names a node or class of links that the scenario does not have; nothing was done.
    pub fn inject(&mut self, fault: Fault) -> Result<(), PlanError> {
        let has_links = |links: &str| links == "default" || self.definition.classes.iter().any(|class| class.name == links);
        check_fault(self.faulting.records.len(), &fault, |node| self.node(node).is_some(), has_links)?;
        self.by_hand(fault);
        Ok(())
    }

    /// Carries out a fault that names nothing unknown, now, and says whether it changed anything; a run that is over stays as it is.
    pub(super) fn by_hand(&mut self, fault: Fault) -> bool {
        if self.over {
            return false;
        }
        self.apply_heals();
        let index = self.faulting.records.len();
        self.faulting.records.push(FaultRecord { at: self.now(), fault, by_hand: true, applied: false, effect: 0 });
        self.guarded(|sim| {
            sim.strike(index);
            sim.check_changes();
        });
        self.faulting.records[index].effect > 0
    }

    pub(super) fn carry_out_event(&mut self, event: u32) {
        match self.faulting.happenings[event as usize] {
            Happening::Strike(record) if !self.faulting.calm => self.strike(record),
            Happening::Strike(_) => {}
            Happening::EndCut(held) => {
                let id = self.faulting.cuts[held].id;
                self.engine.core.devices.get_mut::<Network>(self.network).heal(&mut self.engine.core.kernel, id);
            }
            Happening::Restart(node, life) if self.engine.core.kernel.incarnation(node) == life => drop(self.engine.restart(node)),
            Happening::Resume(node, record) if self.faulting.pauses.get(&node) == Some(&record) => {
                self.engine.resume(node);
            }
            Happening::Restart(..) | Happening::Resume(..) => {}
            Happening::EndLoss(record) => self.end_loss(|open| open.record == record),
        }
    }

    fn strike(&mut self, record: usize) {
        let FaultRecord { at, fault, .. } = self.faulting.records[record].clone();
        self.faulting.records[record].applied = true;
        let id = |sim: &Self, name: &str| sim.node(name).expect("a fault is checked against the nodes before it strikes");
        let effect = match fault {
            Fault::Cut { from, to, both_ways, duration } => {
                let [from, to] = self.ids_of([&from, &to]);
                self.hold_cut(record, &from, &to, both_ways);
                if let Some(lasting) = duration {
                    let end = Happening::EndCut(self.faulting.cuts.len() - 1);
                    self.faulting.schedule(&mut self.engine.core.kernel, at + lasting, end);
                }
                false
            }
            Fault::HealAll => self.heal_cuts(),
            Fault::Crash { node, down_for } => {
                let node = id(self, &node);
                let crashed = self.engine.crash(node);
                if let Some(down_for) = down_for.filter(|_| crashed) {
                    let end = Happening::Restart(node, self.engine.core.kernel.incarnation(node));
                    self.faulting.schedule(&mut self.engine.core.kernel, at + down_for, end);
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
                    self.faulting.pauses.insert(node, record);
                }
                if let Some(lasting) = duration.filter(|_| paused) {
                    self.faulting.schedule(&mut self.engine.core.kernel, at + lasting, Happening::Resume(node, record));
                }
                paused
            }
            Fault::Loss { links, rule, ratio, duration } => {
                self.end_loss(|open| open.links == links && open.rule == rule);
                let network: &mut Network = self.engine.core.devices.get_mut(self.network);
                network.set_loss_rule(&mut self.engine.core.kernel, &links, &rule, ratio);
                self.faulting.losses.push(OpenLoss { record, links, rule });
                if let Some(lasting) = duration {
                    self.faulting.schedule(&mut self.engine.core.kernel, at + lasting, Happening::EndLoss(record));
                }
                false
            }
            Fault::Links { links, model } => {
                let network: &mut Network = self.engine.core.devices.get_mut(self.network);
                let set = network.set_model(&mut self.engine.core.kernel, &links, &model);
                set.expect("a fault is checked for a possible model before it strikes")
            }
        };
        self.faulting.records[record].effect += u64::from(effect);
    }

    /// The numbers of nodes named on both sides of a cut.
    fn ids_of(&self, sides: [&Vec<String>; 2]) -> [Vec<NodeId>; 2] {
        let kernel = &self.engine.core.kernel;
        // A map, since a side may be most of a large cluster.
        let ids: BTreeMap<&str, NodeId> = (0..kernel.node_count()).map(|id| (&**kernel.name(NodeId(id)), NodeId(id))).collect();
        sides.map(|side| side.iter().map(|name| ids[name.as_str()]).collect())
    }

    fn hold_cut(&mut self, record: usize, from: &[NodeId], to: &[NodeId], both_ways: bool) {
        let name = self.name_cut(from, to, both_ways);
        let network: &mut Network = self.engine.core.devices.get_mut(self.network);
        let guard = network.cut(&mut self.engine.core.kernel, &name, from, to, both_ways);
        self.faulting.cuts.push(HeldCut { record, id: guard.id(), eaten: guard.counter(), guard: Some(guard) });
    }

    /// What a cut is called: under this name the messages it eats are counted.
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

    /// Ends the loss rules for which `which` holds, and says what they ate.
    fn end_loss(&mut self, which: impl Fn(&OpenLoss) -> bool) {
        let (ended, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.faulting.losses).into_iter().partition(which);
        self.faulting.losses = open;
        let network: &mut Network = self.engine.core.devices.get_mut(self.network);
        for loss in ended {
            self.faulting.records[loss.record].effect += network.dropped_by(&loss.links, &loss.rule);
            network.set_loss_rule(&mut self.engine.core.kernel, &loss.links, &loss.rule, cluster_sim_types::Ratio::ZERO);
        }
    }

    /// Heals every cut; true if one was in force.
    fn heal_cuts(&mut self) -> bool {
        let network: &mut Network = self.engine.core.devices.get_mut(self.network);
        let some = network.living_cuts().next().is_some();
        network.heal_all(&mut self.engine.core.kernel);
        some
    }

    /// Ends the chaos: no fault strikes any more, cuts heal, links are as declared, paused nodes go on, all but the killed come back.
    pub(super) fn end_faults(&mut self) {
        self.faulting.calm = true;
        self.apply_heals();
        self.heal_cuts();
        self.end_loss(|_| true);
        self.engine.core.devices.get_mut::<Network>(self.network).restore_links(&mut self.engine.core.kernel);
        for node in (0..self.engine.core.kernel.node_count()).map(NodeId) {
            self.engine.resume(node);
            self.engine.restart(node);
        }
    }

    /// The records of all faults, with what each did by now.
    pub(super) fn fault_records(&mut self) -> Vec<FaultRecord> {
        let mut records = std::mem::take(&mut self.faulting.records);
        for cut in &self.faulting.cuts {
            records[cut.record].effect += cut.eaten.count();
        }
        let network: &Network = self.engine.core.devices.get(self.network);
        for loss in &self.faulting.losses {
            records[loss.record].effect += network.dropped_by(&loss.links, &loss.rule);
        }
        records
    }
}
