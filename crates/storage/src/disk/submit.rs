//! Submits operations: what addresses them, and when they are answered.

use cluster_sim_runtime::{Address, Choice, Kernel, Order, Rank, Site, Stream};
use cluster_sim_types::{NodeId, VirtualInstant};
use rustc_hash::FxHashMap;

use super::device::Disks;
use super::in_flight::{OpKey, Owner, Pending, State};
use super::node_disk::NodeDisk;
use crate::operation::{DiskOp, FileId};

const TIME: Stream = Stream::named("disk time");

/// The operations of a life whose addresses are counted; then counting starts again.
const COUNTED: usize = 4_096;

/// The order of the operations on one file, and their addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// When the last operation on it that was submitted is answered.
    answered: VirtualInstant,
    /// Its path, as an address.
    place: Address,
    /// The addresses of appends and syncs, which most operations are.
    append: Address,
    sync: Address,
}

impl Turn {
    fn new(place: Address, answered: VirtualInstant) -> Self {
        Self { answered, place, append: place.name("append"), sync: place.name("sync") }
    }

    /// The address of an operation on the file.
    fn about(&self, op: &DiskOp) -> Address {
        match op {
            DiskOp::Append { .. } => self.append,
            DiskOp::Sync { .. } => self.sync,
            op => about(self.place, op),
        }
    }

    /// The instant of an answer that would come at `at`: after that of the operation before.
    fn take(&mut self, at: VirtualInstant) -> VirtualInstant {
        // Of events of one instant a roll decides which is first.
        self.answered = self.answered.after_nanoseconds(1).max(at);
        self.answered
    }
}

/// The address of an operation on a file or path.
fn about(place: Address, op: &DiskOp) -> Address {
    let place = place.name(op.name());
    match op {
        DiskOp::Read { offset, .. } | DiskOp::Write { offset, .. } => place.number(*offset),
        DiskOp::SetLen { length, .. } => place.number(*length),
        DiskOp::Rename { to, .. } => place.name(to),
        _ => place,
    }
}

/// The operations of one life that were submitted.
#[derive(Debug, Default)]
pub(super) struct Submitted {
    /// By number of the file, from the submission of the open on.
    turns: FxHashMap<FileId, Turn>,
    /// How often an operation was submitted, by address: equal ones get different rolls.
    counts: FxHashMap<u64, u32>,
}

impl Submitted {
    /// Forgets them at the end of the life.
    pub(super) fn clear(&mut self) {
        self.turns.clear();
        self.counts.clear();
    }

    fn open(&mut self, file: FileId, place: Address) {
        let turn = self.turns.entry(file).or_insert_with(|| Turn::new(place, VirtualInstant::ZERO));
        *turn = Turn::new(place, turn.answered);
    }
}

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
        OpKey { slot, generation }
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

/// The address of an operation among equal ones of this life.
fn count(counts: &mut FxHashMap<u64, u32>, address: Address) -> Address {
    if counts.len() >= COUNTED {
        counts.clear();
    }
    let count = counts.entry(address.key()).or_default();
    *count += 1;
    address.number(u64::from(*count))
}
