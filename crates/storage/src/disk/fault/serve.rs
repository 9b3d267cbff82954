//! Serves the queue of operations that wait for a stall or a limit.
//!
//! An operation whose time has come waits in the queue of its disk while a stall or limit keeps it, or others wait before it. The
//! queue is served one operation per event, in order, so operations on one file keep theirs.

use cluster_sim_runtime::{HostWake, Kernel, Order, Rank};
use cluster_sim_types::{NodeId, VirtualInstant};

use crate::disk::device::Disks;
use crate::disk::fault_rules::{Faults, GATE};

impl Disks {
    /// Whether an operation whose time has come has to wait.
    pub(in crate::disk) fn waits(&mut self, kernel: &mut Kernel, node: NodeId, slot: u32) -> bool {
        let now = kernel.now();
        let Some(faults) = self.faults_of(node) else { return false };
        let opens_at = faults.opens_at();
        if faults.queue.is_empty() && opens_at.is_some_and(|at| at <= now) {
            self.pass(node, slot, now);
            return false;
        }
        faults.note_wait(now);
        faults.queue.push_back(slot);
        if let Some(at) = opens_at.filter(|_| faults.queue.len() == 1) {
            self.look_at(kernel, node, at);
        }
        true
    }

    fn faults_of(&mut self, node: NodeId) -> Option<&mut Faults> {
        self.disks.get_mut(node.index())?.as_mut()?.faults.as_deref_mut()
    }

    fn pass(&mut self, node: NodeId, slot: u32, now: VirtualInstant) {
        let op = self.pending.get(slot as usize).and_then(|pending| pending.op());
        let faults = self.disks.get_mut(node.index()).and_then(|disk| disk.as_mut()?.faults.as_deref_mut());
        if let (Some(op), Some(faults)) = (op, faults) {
            faults.pass(now, op);
        }
    }

    /// Looks at the queue of a node at an instant.
    fn look_at(&mut self, kernel: &mut Kernel, node: NodeId, at: VirtualInstant) {
        let (id, at) = (self.id, at.max(kernel.now()));
        if let Some(faults) = self.faults_of(node) {
            faults.looks_at = Some(at);
            let order = Order::new(Rank::DEFAULT, kernel.address(node).name("disk queue"));
            kernel.schedule(at, order, id, GATE | node.0);
        }
    }

    /// Looks at the queue once what kept it has ended.
    pub(super) fn look_now(&mut self, kernel: &mut Kernel, node: NodeId) {
        if self.faults_of(node).is_some_and(|faults| !faults.queue.is_empty() && faults.opens_at().is_some()) {
            self.look_at(kernel, node, kernel.now());
        }
    }

    /// Serves the front of the queue of a node, if it may pass.
    pub(in crate::disk) fn serve(&mut self, kernel: &mut Kernel, node: NodeId) -> Option<HostWake> {
        let now = kernel.now();
        let faults = self.faults_of(node)?;
        if faults.looks_at != Some(now) {
            return None;
        }
        faults.looks_at = None;
        match faults.opens_at()? {
            at if at > now => {
                self.look_at(kernel, node, at);
                None
            }
            _ => {
                let slot = faults.queue.pop_front()?;
                self.pass(node, slot, now);
                let wake = self.complete_apart(kernel, slot);
                let faults = self.faults_of(node)?;
                match faults.opens_at() {
                    Some(at) if !faults.queue.is_empty() => self.look_at(kernel, node, at),
                    _ => self.forget_faults_if_over(node),
                }
                wake
            }
        }
    }
}
