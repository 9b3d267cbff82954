//! The device: submits operations, answers them in virtual time, and hears of crashes.

use std::sync::Arc;
use std::task::Context;

use cluster_sim_runtime::{
    Address, Choice, Device, DeviceId, HostWake, Kernel, LifeEnd, Order, Rank, Record, RecordKind, Site, Stream, Waiter, Waiting,
    finalize, fold_bytes,
};
use cluster_sim_types::{Change, DiskState, Health, Incarnation, NodeId, VirtualInstant};
use rustc_hash::FxHashMap;
use slab::Slab;

use super::fault_rules::{Decider, GATE};
use super::file::File;
use super::in_flight::{HostDone, OpKey, Owner, Pending, State};
use super::model::CompiledDisk;
use super::node_disk::{NodeDisk, Turn, key_of};
use super::tree::Directory;
use crate::image::DiskImage;
use crate::operation::{DiskOp, DiskOutput, DiskResult, FileId};

const TIME: Stream = Stream::named("disk time");

/// The operations of a life whose addresses are counted; then counting starts again.
const COUNTED: usize = 4_096;

/// The disks of all nodes.
///
/// A node gets its disk with its first operation.
#[derive(Debug)]
pub struct Disks {
    pub(super) id: DeviceId,
    /// By node; absent before its first operation.
    pub(super) disks: Vec<Option<Box<NodeDisk>>>,
    /// By node; absent for the default.
    models: Vec<Option<CompiledDisk>>,
    default: CompiledDisk,
    pub(super) pending: Slab<Pending>,
    pub(super) generation: u64,
    /// Answers to hosts that are paused.
    pub(super) held: Vec<(NodeId, u32)>,
    /// The subjects of the choices of crashes, by site; kept while choices are logged.
    pub(super) subjects: FxHashMap<u64, String>,
    paths: Paths,
}

/// The paths that records name by hashes.
#[derive(Debug, Default)]
struct Paths(FxHashMap<u64, Arc<str>>);

impl Paths {
    /// The most paths that are kept; records of others show the hash.
    const MOST: usize = 65_536;

    fn note(&mut self, path: &str) {
        let path = path.strip_prefix('/').unwrap_or(path);
        let key = key_of(path);
        if self.0.len() < Self::MOST && !self.0.contains_key(&key) {
            self.0.insert(key, path.into());
        }
    }
}

impl Disks {
    /// Creates disks of one model for all nodes.
    pub fn new(default: CompiledDisk) -> Self {
        Self {
            id: DeviceId::default(),
            disks: Vec::new(),
            models: Vec::new(),
            default,
            pending: Slab::new(),
            generation: 0,
            held: Vec::new(),
            subjects: FxHashMap::default(),
            paths: Paths::default(),
        }
    }

    /// Gives a node a disk of another model. Must be called before its first operation.
    pub fn set_model(&mut self, node: NodeId, model: CompiledDisk) {
        if self.models.len() <= node.index() {
            self.models.resize_with(node.index() + 1, || None);
        }
        self.models[node.index()] = Some(model);
    }

    pub(super) fn disk(&mut self, node: NodeId) -> &mut NodeDisk {
        if self.disks.len() <= node.index() {
            self.disks.resize_with(node.index() + 1, || None);
        }
        let model = self.models.get(node.index()).and_then(Option::as_ref).unwrap_or(&self.default);
        self.disks[node.index()].get_or_insert_with(|| Box::new(NodeDisk::new(model)))
    }

    /// Returns the path that a record names by its hash.
    pub fn path(&self, key: u64) -> Option<&Arc<str>> {
        self.paths.0.get(&key)
    }

    /// Returns the subject of a choice of a crash, such as `wal/0 at byte 512`.
    ///
    /// `None` for sites of other choices, and in a run that does not log its choices.
    pub fn subject(&self, site: u64) -> Option<&str> {
        self.subjects.get(&site).map(String::as_str)
    }

    /// Returns the state of a node's disk, for rules; `None` before its first operation.
    pub fn state(&self, node: NodeId) -> Option<&dyn DiskState> {
        self.disks.get(node.index())?.as_deref().map(|disk| disk as &dyn DiskState)
    }

    /// Returns the files of a node's disk as node code sees them.
    pub fn image(&self, node: NodeId) -> DiskImage {
        self.image_of(node, |directory| &directory.current, |file| &file.current)
    }

    /// Returns the files of a node's disk as they are if all that is unsynced is lost.
    pub fn durable(&self, node: NodeId) -> DiskImage {
        self.image_of(node, |directory| &directory.durable, |file| &file.durable)
    }

    fn image_of(
        &self,
        node: NodeId,
        names: fn(&Directory) -> &std::collections::BTreeMap<Box<str>, super::tree::Inode>,
        content: fn(&File) -> &crate::content::Content,
    ) -> DiskImage {
        let disk = self.disks.get(node.index()).and_then(Option::as_ref);
        disk.map_or_else(DiskImage::default, |disk| disk.tree.image(names, content))
    }

    /// Submits an operation of a host, which is woken with the answer.
    pub fn submit_of_host(&mut self, kernel: &mut Kernel, node: NodeId, tag: u64, op: DiskOp) {
        self.submit(kernel, node, Owner::Host(tag), op);
    }

    /// Returns a number for a file that a task opens, unused in this life.
    pub fn next_file(&mut self, node: NodeId) -> FileId {
        let disk = self.disk(node);
        disk.next_file += 1;
        FileId(disk.next_file)
    }

    /// Closes a file that a task dropped, after what was submitted for it.
    pub fn close(&mut self, kernel: &mut Kernel, node: NodeId, file: FileId) {
        self.submit(kernel, node, Owner::Dropped, DiskOp::Close { file });
    }

    /// Submits an operation of a task.
    pub fn submit_of_task(&mut self, kernel: &mut Kernel, node: NodeId, op: DiskOp) -> OpKey {
        self.submit(kernel, node, Owner::Task(None), op)
    }

    fn submit(&mut self, kernel: &mut Kernel, node: NodeId, owner: Owner, op: DiskOp) -> OpKey {
        let life = kernel.incarnation(node);
        let (at, address) = self.answer_at(kernel, node, life, &op);
        self.generation += 1;
        let generation = self.generation;
        let (state, is_scheduled) = (State::Submitted(op), true);
        let slot = self.pending.insert(Pending { node, generation, owner, address, state, is_scheduled }) as u32;
        kernel.schedule(at, Order::new(Rank::DEFAULT, address), self.id, slot);
        OpKey { slot, generation }
    }

    /// When an operation is answered: after its own time, and not before an earlier one on the same file.
    fn answer_at(&mut self, kernel: &mut Kernel, node: NodeId, life: Incarnation, op: &DiskOp) -> (VirtualInstant, Address) {
        let of_node = kernel.address(node).number(u64::from(life.0));
        let disk = self.disk(node);
        let file = op.file();
        if let DiskOp::Open { file, path, .. } = op {
            let address = of_node.name(path);
            let answered = disk.turns.get(file).map_or(VirtualInstant::ZERO, |turn| turn.answered);
            disk.turns.insert(*file, Turn { answered, address });
        }
        let turn = file.and_then(|file| disk.turns.get(&file).copied());
        let place = match (turn, op.path()) {
            (Some(turn), _) => turn.address,
            (None, Some(path)) => of_node.name(path),
            (None, None) => of_node,
        };
        let address = disk.count(about(place, op));
        let times = Arc::clone(&disk.times);
        let table = match op {
            DiskOp::Read { .. } | DiskOp::List { .. } | DiskOp::Metadata { .. } | DiskOp::Space | DiskOp::Open { .. } => {
                &times.read
            }
            DiskOp::Sync { .. } | DiskOp::SyncDir { .. } => &times.sync,
            _ => &times.write,
        };
        let site = Site { choice: Choice::DiskTime, stream: TIME, address, node, peer: node };
        let time = kernel.choose(site, |roll| table.sample(roll));
        let time = self.disk(node).faults.as_mut().map_or(time, |faults| faults.stretch(time));
        let at = kernel.now().after_nanoseconds(time);
        let Some(file) = file else { return (at, address) };
        (self.take_turn(node, file, at), address)
    }

    fn take_turn(&mut self, node: NodeId, file: FileId, at: VirtualInstant) -> VirtualInstant {
        let Some(turn) = self.disk(node).turns.get_mut(&file) else { return at };
        // Of events of one instant a roll decides which is first.
        turn.answered = turn.answered.after_nanoseconds(1).max(at);
        turn.answered
    }

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
    pub fn take_of_host(&mut self, number: u32) -> Option<HostDone> {
        let pending = self.pending.try_remove(number as usize)?;
        match (pending.owner, pending.state) {
            (Owner::Host(tag), State::Done(result)) => Some(HostDone { tag, result }),
            _ => None,
        }
    }

    /// Executes an operation whose time has come.
    fn execute(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        let pending = &mut self.pending[slot as usize];
        pending.is_scheduled = false;
        let node = pending.node;
        match pending.state {
            State::Submitted(_) => {}
            State::Done(_) => return self.wake_held(kernel, node, slot),
            State::Over => {
                drop(self.pending.remove(slot as usize));
                return None;
            }
        }
        if self.disk(node).faults.is_some() && self.waits(kernel, node, slot) {
            return None;
        }
        self.complete(kernel, slot)
    }

    /// Executes an operation that was submitted, and hands over the answer.
    pub(super) fn complete(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        let pending = &mut self.pending[slot as usize];
        let (node, about) = (pending.node, pending.address);
        let State::Submitted(op) = std::mem::replace(&mut pending.state, State::Over) else { return None };
        if let Some(path) = op.path() {
            self.paths.note(path);
        }
        let disk = self.disk(node);
        let place = disk.key_of_place(&op);
        let result = match disk.faults {
            None => disk.execute(&op),
            Some(_) => disk.execute_under_rules(&op, &mut Decider { kernel, node, about }),
        };
        record(kernel, node, place, &op, &result);
        kernel.change(Change::Disk(node));
        self.pending[slot as usize].state = State::Done(result);
        match std::mem::replace(&mut self.pending[slot as usize].owner, Owner::Dropped) {
            Owner::Host(tag) => {
                self.pending[slot as usize].owner = Owner::Host(tag);
                self.wake_held(kernel, node, slot)
            }
            Owner::Task(waiter) => {
                self.pending[slot as usize].owner = Owner::Task(None);
                waiter.into_iter().for_each(|waiter| kernel.wake(waiter));
                None
            }
            Owner::Dropped => {
                drop(self.pending.remove(slot as usize));
                None
            }
        }
    }

    /// Wakes the host with an answer, or holds it while the node is paused.
    fn wake_held(&mut self, kernel: &Kernel, node: NodeId, slot: u32) -> Option<HostWake> {
        if kernel.health(node) == Health::Paused {
            self.held.push((node, slot));
            return None;
        }
        Some(HostWake::new(node, slot))
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

impl NodeDisk {
    /// The address of an operation among equal ones of this life.
    fn count(&mut self, address: Address) -> Address {
        if self.counts.len() >= COUNTED {
            self.counts.clear();
        }
        let count = self.counts.entry(address.key()).or_default();
        *count += 1;
        address.number(u64::from(*count))
    }
}

/// Records an operation with its answer.
fn record(kernel: &mut Kernel, node: NodeId, place: u64, op: &DiskOp, result: &DiskResult) {
    let (written, read): (&[u8], &[u8]) = match (op, result) {
        (DiskOp::Write { data, .. } | DiskOp::Append { data, .. }, _) => (data, &[]),
        (_, Ok(DiskOutput::Data(data))) => (&[], data),
        _ => (&[], &[]),
    };
    let bytes = if written.is_empty() { read } else { written };
    let error = result.as_ref().err().map_or(0, |error| error.kind as u32 + 1);
    kernel.record(Record {
        detail: op.number() << 8 | error,
        label: place,
        length: bytes.len() as u32,
        payload: finalize(fold_bytes(op.offset(), bytes)),
        ..Record::of(kernel.now(), RecordKind::Disk, node)
    });
}

impl Device for Disks {
    fn registered(&mut self, id: DeviceId) {
        self.id = id;
    }

    fn fire(&mut self, kernel: &mut Kernel, slot: u32) -> Option<HostWake> {
        match slot.checked_sub(GATE) {
            Some(node) => self.serve(kernel, NodeId(node)),
            None => self.execute(kernel, slot),
        }
    }

    fn life_ended(&mut self, kernel: &mut Kernel, node: NodeId, life: Incarnation, end: LifeEnd) {
        self.end_life(kernel, node, life, end);
    }

    fn node_resumed(&mut self, kernel: &mut Kernel, node: NodeId) {
        let (now, address) = (kernel.now(), kernel.address(node));
        for (held, slot) in std::mem::take(&mut self.held) {
            if held == node {
                self.pending[slot as usize].is_scheduled = true;
                kernel.schedule(now, Order::new(Rank::DEFAULT, address), self.id, slot);
            } else {
                self.held.push((held, slot));
            }
        }
    }

    fn describe(&self, _: &Kernel, what: u64) -> String {
        match self.pending.get(what as usize).map(|pending| &pending.state) {
            Some(State::Submitted(op)) => format!("the disk to {}", op.name()),
            _ => "the disk".to_owned(),
        }
    }
}
