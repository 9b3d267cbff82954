//! The device: the disks of all nodes, and what the engine tells them.

use std::sync::Arc;

use cluster_sim_runtime::{Device, DeviceId, HostWake, Kernel, LifeEnd, Order, Rank};
use cluster_sim_types::{DiskState, Incarnation, NodeId, VirtualInstant};
use rustc_hash::FxHashMap;
use slab::Slab;

use super::fault_rules::GATE;
use super::file::File;
use super::in_flight::{Pending, State};
use super::model::CompiledDisk;
use super::namespace::Directory;
use super::node_disk::{NodeDisk, key_of};
use crate::image::DiskImage;
use crate::journal::OpenJournals;
use crate::operation::FileId;

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
    pub(super) paths: Paths,
    /// The last crash of a node that had something of a file unsynced, and the lengths of the file before and after; by the hash of
    /// its path.
    pub(super) lengths: FxHashMap<(NodeId, u64), (VirtualInstant, [u64; 2])>,
}

/// The paths that records name by hashes.
#[derive(Debug, Default)]
pub(super) struct Paths(FxHashMap<u64, Arc<str>>);

impl Paths {
    /// The most paths that are kept; records of others show the hash.
    const MOST: usize = 65_536;

    pub(super) fn note(&mut self, path: &str) {
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
            lengths: FxHashMap::default(),
        }
    }

    /// Gives a node a disk of another model. Must be called before its first operation.
    pub fn set_model(&mut self, node: NodeId, model: CompiledDisk) {
        if self.models.len() <= node.index() {
            self.models.resize_with(node.index() + 1, || None);
        }
        self.models[node.index()] = Some(model);
    }

    #[inline]
    pub(super) fn disk(&mut self, node: NodeId) -> &mut NodeDisk {
        if !matches!(self.disks.get(node.index()), Some(Some(_))) {
            self.add_disk(node);
        }
        self.disks[node.index()].as_mut().expect("it was added")
    }

    #[cold]
    fn add_disk(&mut self, node: NodeId) {
        if self.disks.len() <= node.index() {
            self.disks.resize_with(node.index() + 1, || None);
        }
        let model = self.models.get(node.index()).and_then(Option::as_ref).unwrap_or(&self.default);
        self.disks[node.index()] = Some(Box::new(NodeDisk::new(model)));
    }

    /// Returns the path that a record names by its hash.
    pub fn path(&self, key: u64) -> Option<&Arc<str>> {
        self.paths.0.get(&key)
    }

    /// Returns the lengths of a file before and after a crash at that instant.
    ///
    /// `None` if a later crash changed the file.
    pub fn lengths_at_crash(&self, at: VirtualInstant, node: NodeId, key: u64) -> Option<[u64; 2]> {
        self.lengths.get(&(node, key)).filter(|(crashed_at, _)| *crashed_at == at).map(|(_, lengths)| *lengths)
    }

    /// Returns the subject of a choice of a crash, such as `wal/0 at byte 512`.
    ///
    /// `None` for sites of other choices, and in a run that does not log its choices.
    pub fn subject(&self, site: u64) -> Option<&str> {
        self.subjects.get(&site).map(String::as_str)
    }

    /// Returns the state of a node's disk, for rules.
    ///
    /// `None` before its first operation took effect: that is its first change, and a rule is asked again only after changes.
    pub fn state(&self, node: NodeId) -> Option<&dyn DiskState> {
        self.disks.get(node.index())?.as_deref().filter(|disk| disk.is_used).map(|disk| disk as &dyn DiskState)
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
        names: fn(&Directory) -> &std::collections::BTreeMap<Box<str>, super::namespace::Inode>,
        content: fn(&File) -> &crate::content::Content,
    ) -> DiskImage {
        let disk = self.disks.get(node.index()).and_then(Option::as_ref);
        disk.map_or_else(DiskImage::default, |disk| disk.tree.image(names, content))
    }

    /// Returns a number for a file that a task opens, unused in this life.
    pub fn next_file(&mut self, node: NodeId) -> FileId {
        let disk = self.disk(node);
        disk.next_file += 1;
        FileId(disk.next_file)
    }

    /// Returns the directories in which tasks of the node have journals open.
    pub fn open_journals(&mut self, node: NodeId) -> OpenJournals {
        self.disk(node).journals.get_or_insert_default().clone()
    }
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
