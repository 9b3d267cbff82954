//! Executes operations whose time has come, and hands over the answers.

use std::task::Context;

use cluster_sim_runtime::{HostWake, Kernel, Record, RecordKind, Waiter, Waiting, finalize, fold_bytes};
use cluster_sim_types::{Change, Health, NodeId};

use super::device::Disks;
use super::fault_rules::Decider;
use super::in_flight::{HostDone, OpKey, Owner, State};
use crate::operation::{DiskOp, DiskOutput, DiskResult};

impl Disks {
    /// Returns the answer to an operation of a task, or lets the polling task wait for it.
    pub fn poll(&mut self, kernel: &mut Kernel, key: OpKey, context: &Context<'_>) -> Option<DiskResult> {
        let pending = self.pending.get_mut(key.slot as usize).filter(|pending| pending.generation == key.generation)?;
        if matches!(pending.state, State::Done(_)) {
            return match self.pending.remove(key.slot as usize).state {
                State::Done(result) => Some(result),
                State::Submitted(_) | State::Over => None,
            };
        }
        pending.owner = Owner::Task(Some(Waiter::of(context, kernel)));
        kernel.waits_for(Waiting::Device(self.id, u64::from(key.slot)));
        None
    }

    /// Forgets the task that waits for an operation, which takes effect all the same.
    pub fn forget(&mut self, key: OpKey) {
        let Some(pending) = self.pending.get_mut(key.slot as usize) else { return };
        if pending.generation == key.generation {
            match pending.state {
                State::Submitted(_) => pending.owner = Owner::Dropped,
                State::Done(_) => drop(self.pending.remove(key.slot as usize)),
                State::Over => {}
            }
        }
    }

    /// Returns the answer for which a host was woken.
    #[inline(always)]
    pub fn take_of_host(&mut self, number: u32) -> Option<HostDone> {
        let pending = self.pending.try_remove(number as usize)?;
        match (pending.owner, pending.state) {
            (Owner::Host(tag), State::Done(result)) => Some(HostDone { tag, result }),
            _ => None,
        }
    }

    /// Executes an operation whose time has come.
    #[inline(always)]
    pub(super) fn execute(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        let pending = &mut self.pending[slot as usize];
        pending.is_scheduled = false;
        let is_plain = matches!(pending.state, State::Submitted(_)) && {
            let disk = self.disks[pending.node.index()].as_ref();
            disk.is_some_and(|disk| disk.faults.is_none())
        };
        if is_plain { self.complete(kernel, slot) } else { self.execute_other(kernel, slot) }
    }

    /// As [`execute`](Self::execute), where faults are in force, a host was paused, or a life ended.
    #[cold]
    fn execute_other(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        let pending = &self.pending[slot as usize];
        let node = pending.node;
        match pending.state {
            State::Submitted(_) => {
                if self.waits(kernel, node, slot) {
                    return None;
                }
                self.complete_apart(kernel, slot)
            }
            State::Done(_) => self.wake_held(kernel, node, slot),
            State::Over => {
                drop(self.pending.remove(slot as usize));
                None
            }
        }
    }

    /// As [`complete`](Self::complete), not inlined.
    #[cold]
    pub(super) fn complete_apart(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        self.complete(kernel, slot)
    }

    /// Executes an operation that was submitted, and hands over the answer.
    #[inline(always)]
    fn complete(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        let pending = &mut self.pending[slot as usize];
        let (node, about) = (pending.node, pending.address);
        let State::Submitted(op) = &pending.state else { return None };
        let disk = self.disks[node.index()].as_mut().expect("an operation was submitted to it");
        disk.is_used = true;
        let (place, result) = match disk.faults {
            None => disk.execute_at_place(op),
            Some(_) => (disk.key_of_place(op), disk.execute_under_rules(op, &mut Decider { kernel, node, about })),
        };
        if let Some(path) = op.path() {
            self.paths.note(path);
        }
        record(kernel, node, place, op, &result);
        kernel.change(Change::Disk(node));
        // The operation is dropped here: its answer takes its place.
        pending.state = State::Done(result);
        match &mut pending.owner {
            Owner::Host(_) if kernel.takes_at_once(node) => Some(HostWake::new(node, slot)),
            Owner::Host(_) => self.wake_held(kernel, node, slot),
            Owner::Task(waiter) => {
                waiter.take().into_iter().for_each(|waiter| kernel.wake(waiter));
                None
            }
            Owner::Dropped => {
                drop(self.pending.remove(slot as usize));
                None
            }
        }
    }

    /// Wakes the host with an answer, or holds it while the node is paused or busy.
    #[cold]
    fn wake_held(&mut self, kernel: &mut Kernel, node: NodeId, slot: u32) -> Option<HostWake> {
        if kernel.health(node) == Health::Paused {
            self.held.push((node, slot));
            return None;
        }
        if !kernel.takes(node) {
            kernel.wait(node, self.id, slot);
            return None;
        }
        Some(HostWake::new(node, slot))
    }
}

/// Records an operation with its answer.
#[inline(always)]
fn record(kernel: &mut Kernel, node: NodeId, place: u64, op: &DiskOp, result: &DiskResult) {
    // One look at the kind for all that differs by it.
    let (bytes, offset): (&[u8], u64) = match op {
        DiskOp::Append { data, .. } => (data, 0),
        DiskOp::Write { data, offset, .. } => (data, *offset),
        DiskOp::Sync { .. } => (&[], 0),
        op => (result.as_ref().map_or(&[], |output| if let DiskOutput::Data(data) = output { data } else { &[] }), op.offset()),
    };
    let error = result.as_ref().err().map_or(0, |error| error.kind as u32 + 1);
    kernel.record(Record {
        detail: op.number() << 8 | error,
        label: place,
        length: bytes.len() as u32,
        payload: finalize(fold_bytes(offset, bytes)),
        ..Record::of(kernel.now(), RecordKind::Disk, node)
    });
}
