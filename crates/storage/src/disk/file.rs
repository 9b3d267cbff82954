//! A file: what node code reads, what is durable, and which sectors differ.

use std::sync::Arc;

use super::sectors::{SectorSet, Sectors, runs, sectors};
use crate::content::{Content, Piece, piece_within_page, pieces};
use crate::pages::PAGE;

/// A file in the cache and on the medium.
#[derive(Debug, Clone, Default)]
pub(super) struct File {
    /// The bytes that node code reads.
    pub(super) current: Content,
    /// The bytes that were synced.
    pub(super) durable: Content,
    /// The sectors written since the last sync, by page.
    pub(super) unsynced: SectorSet,
    /// The shortest length since the last sync: what is beyond it was written anew.
    pub(super) shortest: u64,
    /// The sectors that a failed sync left in the cache alone, by page: they count as synced.
    pub(super) left: SectorSet,
    /// The length that a failed sync left in the cache alone.
    left_length: Option<u64>,
}

impl File {
    /// A file of zeros in the cache, which costs no memory.
    pub(super) fn of_zeros(length: u64) -> Self {
        let mut file = Self::default();
        file.set_len(length);
        file
    }

    /// Writes bytes into the cache.
    #[inline]
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        // The sectors between the old end and the new bytes change from nothing to zeros with the length alone.
        self.current.write(offset, bytes);
        match piece_within_page(offset, bytes.len()) {
            Some(piece) => self.mark_written(&piece),
            None => pieces(offset, bytes.len()).for_each(|piece| self.mark_written(&piece)),
        }
    }

    /// Marks the sectors that a write touched as unsynced.
    #[inline]
    fn mark_written(&mut self, piece: &Piece) {
        let written = sectors(piece.from, piece.to);
        self.unsynced.add(piece.page, written);
        if !self.left.is_empty() {
            self.left.remove(piece.page, written);
        }
    }

    /// Sets the length in the cache.
    pub(super) fn set_len(&mut self, length: u64) {
        if length < self.current.len() {
            let (page, from) = (length / PAGE as u64, (length % PAGE as u64) as usize);
            if from > 0 && self.current.page(page).is_some() {
                self.unsynced.add(page, sectors(from, PAGE));
            }
            let cut: Vec<u64> = self.current.pages_from(page + u64::from(from > 0)).collect();
            cut.into_iter().for_each(|page| self.unsynced.add(page, Sectors::MAX));
            for (page, sectors) in self.left.split_off(page).iter() {
                self.unsynced.add(page, sectors);
            }
        }
        self.current.set_len(length);
        self.shortest = self.shortest.min(length);
    }

    /// Whether a sync would make anything durable.
    pub(super) fn is_unsynced(&self) -> bool {
        let length = self.left_length.unwrap_or(self.durable.len());
        !self.unsynced.is_empty() || self.current.len() != length || self.shortest != length
    }

    /// Whether a failed sync left something in the cache alone.
    pub(super) fn is_left(&self) -> bool {
        self.left_length.is_some()
    }

    /// The sectors of a page that are newer in the cache.
    pub(super) fn newer(&self, page: u64) -> Sectors {
        self.unsynced.of(page) | self.left.of(page)
    }

    /// Counts all of it as synced, without making it durable: the pages are clean after a failed sync.
    pub(super) fn forget_to_sync(&mut self) {
        for (page, sectors) in self.unsynced.iter() {
            self.left.add(page, sectors);
        }
        self.unsynced.clear();
        self.shortest = self.current.len();
        self.left_length = Some(self.current.len());
    }

    /// Makes all of it durable.
    pub(super) fn sync(&mut self) {
        if !self.is_unsynced() {
            return;
        }
        let last = self.current.len().saturating_sub(1) / PAGE as u64;
        let mut unsynced = std::mem::take(&mut self.unsynced);
        for (page, sectors) in unsynced.iter() {
            // The last page of a log is written again and again: it keeps two copies, else each sync would copy all of it.
            let is_shared = sectors == Sectors::MAX || page != last && self.left.of(page) == 0;
            if !is_shared {
                self.persist(page, sectors);
            } else {
                self.durable.set_page(page, self.current.page(page).map(Arc::clone));
            }
        }
        // Its memory is used again.
        unsynced.clear();
        self.unsynced = unsynced;
        self.durable.set_len(self.current.len());
        self.shortest = self.current.len();
        // Sectors may still be left: what is written beside them is durable, they are not.
        self.left_length = self.left_length.filter(|_| !self.left.is_empty()).map(|_| self.current.len());
    }

    /// Makes the length durable, and the bytes beyond the shortest length since the last sync; the others stay unsynced.
    pub(super) fn commit_length(&mut self) {
        let (from, length) = (self.shortest, self.current.len());
        self.durable.fit(from.min(self.durable.len()));
        self.durable.copy_from(&self.current, from..length);
        self.shortest = length;
        let (page, first) = (from / PAGE as u64, (from % PAGE as u64) as usize);
        drop(self.unsynced.split_off(page + 1));
        // The sector with the old end has bytes on both sides.
        let kept = if first == 0 { 0 } else { sectors(0, first) };
        self.unsynced.remove(page, !kept);
    }

    /// Makes what a crash left on the medium what node code reads.
    pub(super) fn settle(&mut self) {
        self.current = self.durable.clone();
        self.unsynced.clear();
        self.left.clear();
        self.shortest = self.durable.len();
        self.left_length = None;
    }

    /// Makes some sectors of a page durable.
    pub(super) fn persist(&mut self, page: u64, sectors: Sectors) {
        let Some(bytes) = self.current.page(page) else {
            let durable = self.durable.page_mut(page);
            runs(sectors).for_each(|range| durable[range].fill(0));
            return;
        };
        let durable = self.durable.page_mut(page);
        runs(sectors).for_each(|range| durable[range.clone()].copy_from_slice(&bytes[range]));
    }
}

#[cfg(test)]
mod tests {
    use super::super::sectors::SECTOR;
    use super::*;

    #[test]
    fn only_what_was_synced_is_left_when_the_rest_is_forgotten() {
        let mut file = File::default();
        file.write(0, b"durable");
        file.sync();
        file.write(3, b"torn and more");
        file.set_len(9);
        assert!(file.is_unsynced());
        file.settle();
        assert_eq!((file.current.to_vec(), file.is_unsynced()), (b"durable".to_vec(), false));
    }

    #[test]
    fn a_sync_makes_writes_and_cuts_durable() {
        let mut file = File::default();
        file.write(0, &[7; 3 * PAGE]);
        file.sync();
        file.set_len(PAGE as u64 + 10);
        file.write(SECTOR as u64, b"new");
        file.sync();
        file.settle();
        let bytes = file.current.to_vec();
        assert_eq!((bytes.len(), &bytes[SECTOR..SECTOR + 3], bytes[PAGE + 9]), (PAGE + 10, &b"new"[..], 7));
        file.set_len(2 * PAGE as u64);
        assert!(file.current.to_vec()[PAGE + 10..].iter().all(|byte| *byte == 0), "what was cut off is zeros");
    }

    #[test]
    fn random_writes_syncs_and_losses_agree_with_a_plain_vector() {
        let mut state = 7_u64;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let (mut file, mut current, mut durable) = (File::default(), Vec::new(), Vec::new());
        for step in 0..4_000 {
            let at = next(5 * PAGE as u64) as usize;
            match next(6) {
                0..=2 => {
                    let bytes = vec![step as u8; next(3_000) as usize];
                    file.write(at as u64, &bytes);
                    if !bytes.is_empty() {
                        current.resize(current.len().max(at + bytes.len()), 0);
                        current[at..at + bytes.len()].copy_from_slice(&bytes);
                    }
                }
                3 => {
                    file.set_len(at as u64);
                    current.resize(at, 0);
                }
                4 => {
                    file.sync();
                    durable.clone_from(&current);
                }
                _ => {
                    file.settle();
                    current.clone_from(&durable);
                }
            }
            assert!(file.current.to_vec() == current, "step {step}");
            assert!(file.durable.to_vec() == durable, "durable at step {step}");
        }
    }
}
