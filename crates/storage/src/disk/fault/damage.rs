//! Damage that is done to a disk at once: bit rot, damaged files, an older state, none.

use cluster_sim_runtime::{Address, Kernel, finalize};
use cluster_sim_types::{Change, NodeId, Ratio};

use super::flip::flip;
use crate::disk::device::Disks;
use crate::disk::fault_rules::{Decider, Rot, is_below};
use crate::disk::file::File;
use crate::disk::namespace::{self, Inode, ROOT};
use crate::disk::sectors::SECTOR;
use crate::disk::tree::{Entry, Tree};
use crate::pages::PAGE;
use crate::path::DiskPath;

/// A whole disk as its medium was at one moment. Shares its pages with the disk.
#[derive(Debug)]
pub struct DiskSnapshot(Tree);

impl Tree {
    /// The files below a path, in order.
    pub(super) fn files_below(&self, selected: &str) -> Vec<(String, Inode)> {
        let mut files = Vec::new();
        let mut left = vec![(String::new(), ROOT)];
        while let Some((path, inode)) = left.pop() {
            match self.entries.get(inode.0) {
                Some(Entry::File(_)) if is_below(&path, selected) => files.push((path, inode)),
                Some(Entry::Directory(directory)) => {
                    let prefix = if path.is_empty() { path } else { path + "/" };
                    left.extend(directory.current.iter().map(|(name, inode)| (format!("{prefix}{name}"), *inode)));
                }
                _ => {}
            }
        }
        files.sort_unstable();
        files
    }

    /// Forgets all that is not durable.
    fn forget(&mut self) {
        self.changes.clear();
        for (_, entry) in &mut self.entries {
            match entry {
                Entry::File(file) => file.settle(),
                Entry::Directory(directory) => directory.current.clone_from(&directory.durable),
            }
        }
        self.collect([]);
    }
}

impl File {
    /// Flips bits of a sector on the medium, and in the cache where it holds nothing newer; returns whether there is such a sector.
    fn rot(&mut self, sector: u64, rot: Rot, pick: impl FnMut(u64) -> u64) -> bool {
        let offset = sector * SECTOR as u64;
        let mut bytes = self.durable.read(offset, SECTOR);
        flip(&mut bytes, rot, pick);
        let (page, bit) = (offset / PAGE as u64, (offset % PAGE as u64) as usize / SECTOR);
        let is_clean = self.newer(page) & (1 << bit) == 0;
        self.durable.write(offset, &bytes);
        if is_clean && offset < self.current.len() {
            let length = (self.current.len() - offset).min(bytes.len() as u64) as usize;
            self.current.write(offset, &bytes[..length]);
        }
        !bytes.is_empty()
    }

    /// Cuts the file off, in the cache and on the medium.
    fn cut(&mut self, length: u64) -> bool {
        let is_longer = self.current.len() > length || self.durable.len() > length;
        self.current.set_len(self.current.len().min(length));
        self.durable.set_len(self.durable.len().min(length));
        self.shortest = self.shortest.min(length);
        is_longer
    }
}

impl Disks {
    /// Rots each sector below a path with a probability; returns how many it rotted.
    ///
    /// `number` tells one rot from another.
    pub fn rot(&mut self, kernel: &mut Kernel, node: NodeId, path: &DiskPath, share: Ratio, rot: Rot) -> u64 {
        let of_node = kernel.address(node).name("rot").name(path.as_str());
        let disk = self.disk(node);
        let number = disk.rots.entry(of_node.key()).or_default();
        *number += 1;
        let of_rot = of_node.number(u64::from(*number));
        let mut rotten = 0;
        for (path, inode) in disk.tree.files_below(path.as_str()) {
            let sectors = disk.tree.file(inode).map_or(0, |file| file.durable.len().div_ceil(SECTOR as u64));
            for sector in 0..sectors {
                let mut decider = Decider { kernel, node, about: of_rot.name(&path).number(sector) };
                if decider.holds(Address::new(), share) {
                    let rots = |file: &mut File| file.rot(sector, rot, |places| decider.place(Address::new(), places));
                    rotten += u64::from(disk.tree.change(inode, rots) == Some(true));
                }
            }
        }
        kernel.change(Change::Disk(node));
        rotten
    }

    /// Cuts a file off at a length, in the cache and on the medium; returns whether it was longer. `None` without such a file.
    pub fn cut(&mut self, kernel: &mut Kernel, node: NodeId, path: &DiskPath, length: u64) -> Option<bool> {
        let tree = &mut self.disk(node).tree;
        let inode = tree.find(path).ok()?;
        kernel.change(Change::Disk(node));
        tree.change(inode, |file| file.cut(length))
    }

    /// Removes a file, in the cache and on the medium; returns whether there was one.
    pub fn lose_file(&mut self, kernel: &mut Kernel, node: NodeId, path: &DiskPath) -> bool {
        let tree = &mut self.disk(node).tree;
        let (Ok(inode), Ok((directory, name))) = (tree.find(path), tree.parent(path)) else { return false };
        if tree.is_directory(inode) {
            return false;
        }
        let is_of_name = |change: &namespace::Change| matches!(change, namespace::Change::Name(change) if change.path == *path);
        tree.forget_changes(is_of_name);
        if let Some(Entry::Directory(names)) = tree.entries.get_mut(directory.0) {
            names.current.remove(name);
            names.durable.remove(name);
        }
        kernel.change(Change::Disk(node));
        true
    }

    /// Appends random bytes to a file, in the cache and on the medium; `None` without such a file.
    pub fn append_garbage(&mut self, kernel: &mut Kernel, node: NodeId, path: &DiskPath, bytes: u32) -> Option<()> {
        let about = kernel.address(node).name("garbage").name(path.as_str());
        let inode = self.disk(node).tree.find(path).ok()?;
        let from = Decider { kernel, node, about }.place(Address::new(), u64::MAX);
        let garbage: Vec<u8> = (0..u64::from(bytes)).map(|number| finalize(from ^ finalize(number)) as u8).collect();
        kernel.change(Change::Disk(node));
        self.disk(node).tree.change(inode, |file| {
            let (end, is_unsynced) = (file.current.len(), file.is_unsynced());
            file.current.write(end, &garbage);
            file.durable.write(end, &garbage);
            if !is_unsynced {
                file.shortest = file.durable.len();
            }
        })
    }

    /// Returns the state of a node's medium, without what is unsynced.
    pub fn snapshot(&mut self, node: NodeId) -> DiskSnapshot {
        let mut tree = self.disk(node).tree.clone();
        tree.forget();
        DiskSnapshot(tree)
    }

    /// Whether a disk, as it is durable, differs from a snapshot.
    pub fn differs(&self, node: NodeId, DiskSnapshot(tree): &DiskSnapshot) -> bool {
        self.durable(node) != tree.image(|directory| &directory.durable, |file| &file.durable)
    }

    /// Sets a disk back to a snapshot, of a node that is down; returns whether any file differs.
    pub fn set_back(&mut self, kernel: &mut Kernel, node: NodeId, DiskSnapshot(tree): DiskSnapshot) -> bool {
        let before = self.durable(node);
        self.disk(node).tree = tree;
        kernel.change(Change::Disk(node));
        self.durable(node) != before
    }

    /// Empties the disk of a node that is down; returns whether there was anything.
    pub fn reformat(&mut self, kernel: &mut Kernel, node: NodeId) -> bool {
        let empty = DiskSnapshot(Tree::new(self.disk(node).model.crash));
        self.set_back(kernel, node, empty)
    }
}
