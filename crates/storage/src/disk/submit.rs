//! Submits operations, and says when they are answered.

use cluster_sim_runtime::{Address, Choice, Kernel, Order, Rank, Site, Stream};
use cluster_sim_types::{NodeId, VirtualInstant};

use super::device::Disks;
use super::in_flight::{OpKey, Owner, Pending, State};
use super::node_disk::NodeDisk;
use super::turns::{Submitted, about, count};
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
    fn admit(&mut self, kernel: &mut Kernel, node: NodeId, op: &DiskOp) -> (VirtualInstant, Address) {
        let of_life = kernel.address(node).number(u64::from(kernel.incarnation(node).0));
        if let DiskOp::Open { file, path, .. } = op {
            self.submitted.open(*file, of_life.name(path));
        }
        let Submitted { turns, counts } = &mut self.submitted;
        let mut turn = op.file().and_then(|file| turns.get_mut(&file));
        let about = match (&turn, op.path()) {
            (Some(turn), _) => turn.about(op),
            (None, Some(path)) => about(of_life.name(path), op),
            (None, None) => about(of_life, op),
        };
        let address = count(counts, about);
        let table = match op {
            DiskOp::Append { .. } | DiskOp::Write { .. } => &self.times.write,
            DiskOp::Sync { .. } | DiskOp::SyncDir { .. } => &self.times.sync,
            DiskOp::Read { .. } | DiskOp::List { .. } | DiskOp::Metadata { .. } | DiskOp::Space | DiskOp::Open { .. } => {
                &self.times.read
            }
            _ => &self.times.write,
        };
        let site = Site { choice: Choice::DiskTime, stream: TIME, address, node, peer: node };
        let time = kernel.choose(site, |roll| table.sample(roll));
        let time = self.faults.as_mut().map_or(time, |faults| faults.stretch(time));
        let at = kernel.now().after_nanoseconds(time);
        (turn.as_mut().map_or(at, |turn| turn.take(at)), address)
    }
}
