//! Sentences about writes of registers and reads of them.

use std::fmt::Debug;
use std::hash::Hash;

use super::anomaly::EdgeKind;
use super::registers::Registers;
use super::sentences::{Explain, Reason};

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Explain for Registers<'_, K, V> {
    fn dependency(&self, from: u32, to: u32, kind: EdgeKind) -> Option<Reason> {
        match kind {
            EdgeKind::WriteWrite => self.wrote_before(from, to),
            EdgeKind::WriteRead => self.wrote_and_read(from, to),
            _ => self.read_before_write(from, to),
        }
    }
}

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Registers<'_, K, V> {
    fn wrote_before(&self, from: u32, to: u32) -> Option<Reason> {
        let is_assumed = |pair: &(u32, u32)| self.assumed.binary_search(pair).is_ok();
        let mut pairs = self.left(from).flat_map(|earlier| self.left(to).map(move |later| (earlier, later)));
        let (earlier, later) = pairs.find(is_assumed)?;
        let (key, earlier, later) = (self.input.key(self.key_of(earlier)), self.value(earlier), self.value(later));
        Some(Reason {
            label: format!("{key}: {earlier}, then {later}"),
            message: format!("T{from} wrote {earlier} to {key}, which held it before the {later} that T{to} wrote"),
        })
    }

    fn wrote_and_read(&self, from: u32, to: u32) -> Option<Reason> {
        let is_from = |version: &u32| self.input.writes.get(*version as usize).is_some_and(|write| write.transaction == from);
        let version = self.external_reads(to).find(is_from)?;
        let (key, value) = (self.input.key(self.key_of(version)), self.value(version));
        Some(Reason { label: format!("{key}: {value}"), message: format!("T{from} wrote {value} to {key} and T{to} read it") })
    }

    fn read_before_write(&self, from: u32, to: u32) -> Option<Reason> {
        for read in self.external_reads(from) {
            let key = self.key_of(read);
            let Some(left) = self.left(to).find(|left| self.key_of(*left) == key) else { continue };
            let (key, value, later) = (self.input.key(key), self.value(read), self.value(left));
            let message = if self.is_initial(read) {
                format!("T{from} read {key} as {value} before T{to} wrote {later} to it")
            } else if self.external_reads(to).any(|version| version == read) {
                format!("T{from} read {key} as {value} and T{to} replaced {value} by {later}")
            } else if self.assumed.binary_search(&(read, left)).is_ok() {
                format!("T{from} read {key} as {value}, which it held before the {later} that T{to} wrote")
            } else {
                continue;
            };
            return Some(Reason { label: format!("{key}: {value}, then {later}"), message });
        }
        None
    }
}
