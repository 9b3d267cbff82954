//! The state of a disk, for rules.

use std::ops::Range;

use cluster_sim_types::{DiskLayer, DiskState, FileChange, SeenFiles};

use super::file::File;
use super::namespace::{Directory, Inode, Names, ROOT};
use super::node_disk::NodeDisk;
use super::sectors::{SECTOR, Sectors, each_sector};
use super::seen::Seen;
use super::tree::Tree;
use crate::content::Content;
use crate::pages::PAGE;
use crate::path::DiskPath;

impl Tree {
    /// Finds the file or directory that a path stands for in a layer.
    fn find_in(&self, layer: DiskLayer, path: &str) -> Option<Inode> {
        DiskPath::parse(path).ok()?.names().try_fold(ROOT, |at, name| self.directory(at).ok()?.names_in(layer).get(name).copied())
    }

    fn content(&self, layer: DiskLayer, path: &str) -> Option<&Content> {
        Some(self.file(self.find_in(layer, path)?)?.content_in(layer))
    }

    /// The files that stand in a directory, by name.
    fn files_in(&self, layer: DiskLayer, directory: &str) -> impl Iterator<Item = (&str, &Content)> + Clone {
        let directory = self.find_in(layer, directory).and_then(|inode| self.directory(inode).ok());
        let names = directory.into_iter().flat_map(move |directory| directory.names_in(layer));
        names.filter_map(move |(name, inode)| Some((&**name, self.file(*inode)?.content_in(layer))))
    }
}

impl Directory {
    fn names_in(&self, layer: DiskLayer) -> &Names {
        match layer {
            DiskLayer::Cache => &self.current,
            DiskLayer::Medium => &self.durable,
        }
    }
}

impl DiskState for NodeDisk {
    fn paths(&self, layer: DiskLayer) -> Vec<String> {
        let image = match layer {
            DiskLayer::Cache => self.tree.image(|directory| &directory.current, |file| &file.current),
            DiskLayer::Medium => self.tree.image(|directory| &directory.durable, |file| &file.durable),
        };
        image.list("/").map(ToOwned::to_owned).collect()
    }

    fn len(&self, layer: DiskLayer, path: &str) -> Option<u64> {
        self.tree.content(layer, path).map(Content::len)
    }

    fn read(&self, layer: DiskLayer, path: &str, offset: u64, length: usize) -> Option<Vec<u8>> {
        self.tree.content(layer, path).map(|content| content.read(offset, length))
    }

    fn files(&self, layer: DiskLayer, directory: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
        let files = self.tree.files_in(layer, directory).filter(|(name, _)| wanted(name));
        files.map(|(name, content)| (name.to_owned(), content.to_vec())).collect()
    }

    fn changes(&self, layer: DiskLayer, directory: &str, seen: &mut SeenFiles) -> Vec<FileChange> {
        seen.of::<Seen>().update(self.tree.files_in(layer, directory))
    }

    fn unsynced(&self, path: &str) -> Option<Vec<Range<u64>>> {
        let file = self.tree.file(self.tree.find_in(DiskLayer::Cache, path)?)?;
        Some(file.unsynced_ranges())
    }

    fn is_name_durable(&self, path: &str) -> bool {
        let [cache, medium] = [DiskLayer::Cache, DiskLayer::Medium].map(|layer| self.tree.find_in(layer, path));
        cache.is_some() && cache == medium
    }
}

impl File {
    fn content_in(&self, layer: DiskLayer) -> &Content {
        match layer {
            DiskLayer::Cache => &self.current,
            DiskLayer::Medium => &self.durable,
        }
    }

    /// The bytes that a crash may change, as ranges that do not touch.
    fn unsynced_ranges(&self) -> Vec<Range<u64>> {
        let length = self.current.len();
        let of_page = |(page, bits): (u64, Sectors)| {
            let start = page * PAGE as u64;
            each_sector(bits).map(move |range| start + range.start as u64..start + range.end as u64)
        };
        // Beyond both the old length and the shortest one, even bytes that were never written depend on the length.
        let grown = self.shortest.min(self.durable.len());
        let written = self.unsynced.iter().flat_map(of_page).filter(|range| range.start < grown.next_multiple_of(SECTOR as u64));
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for range in written.chain(std::iter::once(grown..length)).filter(|range| range.start < range.end.min(length)) {
            let end = range.end.min(length);
            match ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(end),
                _ => ranges.push(range.start..end),
            }
        }
        ranges
    }
}
