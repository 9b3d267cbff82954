//! Submits operations, and says when they are answered.

use cluster_sim_runtime::{Address, Choice, Kernel, Order, QuantileTable, Rank, Site, Stream};
use cluster_sim_types::{NodeId, VirtualInstant};

use super::device::Disks;
use super::fault_rules::Faults;
use super::in_flight::{OpKey, Owner, Pending, State};
use super::node_disk::NodeDisk;
use super::turns::{Subject, Submitted, about};
use crate::operation::{DiskOp, FileId};

const TIME: Stream = Stream::named("disk time");

impl Disks {
    /// Submits an operation of a host, which is woken with the answer.
    #[inline]
    pub fn submit_of_host(&mut self, kernel: &mut Kernel, node: NodeId, tag: u64, op: DiskOp) {
        self.submit(kernel, node, Owner::Host(tag), op);
    }

    /// Submits an operation of a task.
    pub fn submit_of_task(&mut self, kernel: &mut Kernel, node: NodeId, op: DiskOp) -> OpKey {
        self.submit(kernel, node, Owner::Task(None), op)
    }

    /// Closes a file that a task dropped, after what was submitted for it.
    pub fn close(&mut self, kernel: &mut Kernel, node: NodeId, file: FileId) {
        self.submit(kernel, node, Owner::Dropped, DiskOp::Close { file });
    }

    fn submit(&mut self, kernel: &mut Kernel, node: NodeId, owner: Owner, op: DiskOp) -> OpKey {
        let (at, address) = self.disk(node).admit(kernel, node, &op);
        self.generation += 1;
        let generation = self.generation;
        let (state, is_scheduled) = (State::Submitted(op), true);
        let slot = self.pending.insert(Pending { node, generation, owner, address, state, is_scheduled }) as u32;
        kernel.schedule(at, Order::new(Rank::DEFAULT, address), self.id, slot);
        if kernel.failpoints.aims_beyond_points() {
            self.crash_in_flight(kernel, node, (slot, address));
        }
        OpKey { slot, generation }
    }

    /// Crashes a node with the operation in flight that it submitted, if a fault wants that.
    #[cold]
    fn crash_in_flight(&self, kernel: &mut Kernel, node: NodeId, (slot, address): (u32, Address)) {
        if !matches!(self.pending[slot as usize].state, State::Submitted(DiskOp::Close { .. })) {
            kernel.crashes_in_operation(node, address);
        }
    }
}

impl NodeDisk {
    /// When an operation is answered, after its own time and not before an earlier one on the same file; and its address.
    #[inline]
    fn admit(&mut self, kernel: &mut Kernel, node: NodeId, op: &DiskOp) -> (VirtualInstant, Address) {
        let Submitted { turns, counts } = &mut self.submitted;
        // Most operations, so that they need no hash of a name.
        let (file, is_append) = match op {
            DiskOp::Append { file, .. } => (*file, true),
            DiskOp::Sync { file } => (*file, false),
            _ => return self.admit_other(kernel, node, op),
        };
        let Some(turn) = turns.get_mut(file) else { return self.admit_other(kernel, node, op) };
        let (subject, table) = if is_append { (&mut turn.append, &self.times.write) } else { (&mut turn.sync, &self.times.sync) };
        let address = counts.count(subject);
        let at = answered_at(kernel, node, address, table, self.faults.as_deref_mut());
        (turn.take(at), address)
    }

    /// As [`admit`](Self::admit), for any operation.
    #[inline(never)]
    fn admit_other(&mut self, kernel: &mut Kernel, node: NodeId, op: &DiskOp) -> (VirtualInstant, Address) {
        let of_life = kernel.address(node).number(u64::from(kernel.incarnation(node).0));
        if let DiskOp::Open { file, path, .. } = op {
            self.submitted.open(*file, of_life.name(path));
        }
        let Submitted { turns, counts } = &mut self.submitted;
        let turn = op.file().and_then(|file| turns.get_mut(file));
        let about = match (&turn, op.path()) {
            (Some(turn), _) => turn.about(op),
            (None, Some(path)) => about(of_life.name(path), op),
            (None, None) => about(of_life, op),
        };
        let address = counts.count(&mut Subject::new(about));
        let table = match op {
            DiskOp::Sync { .. } | DiskOp::SyncDir { .. } => &self.times.sync,
            DiskOp::Read { .. } | DiskOp::List { .. } | DiskOp::Metadata { .. } | DiskOp::Space | DiskOp::Open { .. } => {
                &self.times.read
            }
            _ => &self.times.write,
        };
        let at = answered_at(kernel, node, address, table, self.faults.as_deref_mut());
        (turn.map_or(at, |turn| turn.take(at)), address)
    }
}

/// When the operation of that address would be answered if it were the only one.
#[inline(always)]
fn answered_at(
    kernel: &mut Kernel,
    node: NodeId,
    address: Address,
    table: &QuantileTable,
    faults: Option<&mut Faults>,
) -> VirtualInstant {
    let site = Site { choice: Choice::DiskTime, stream: TIME, address, node, peer: node };
    let time = kernel.choose(site, |roll| table.sample(roll));
    kernel.now().after_nanoseconds(faults.map_or(time, |faults| faults.stretch(time)))
}
