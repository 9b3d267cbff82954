//! Sentences about appends to lists and reads of them.

use std::fmt::Debug;
use std::hash::Hash;

use super::anomaly::EdgeKind;
use super::input::NONE;
use super::lists::{ListRead, Lists};
use super::sentences::{Explain, Reason};
use super::steps::{Step, shortened};

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Explain for Lists<'_, K, V> {
    fn dependency(&self, from: u32, to: u32, kind: EdgeKind) -> Option<Reason> {
        match kind {
            EdgeKind::WriteWrite => self.appended_after(from, to),
            EdgeKind::WriteRead => self.appended_and_read(from, to),
            _ => self.read_before_append(from, to),
        }
    }
}

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Lists<'_, K, V> {
    /// Iterates over the appends of a transaction: step, key, write.
    fn appends(&self, transaction: u32) -> impl Iterator<Item = (usize, u32, u32)> {
        let places = self.input.places(transaction).iter().enumerate();
        places.filter(|(_, place)| place.write != NONE).map(|(step, place)| (step, place.key, place.write))
    }

    /// Iterates over the reads of a transaction.
    fn reads(&self, transaction: u32) -> impl Iterator<Item = ListRead<'_>> {
        (0..self.input.places(transaction).len()).filter_map(move |step| self.read(transaction, step))
    }

    fn value(&self, transaction: u32, step: usize) -> String {
        self.input.operations[transaction as usize].op[step].written().map(|value| format!("{value:?}")).unwrap_or_default()
    }

    fn list(&self, transaction: u32, step: usize) -> String {
        self.input.read(transaction, step).map(shortened).unwrap_or_default()
    }

    /// Whether a write comes after the first `length` of its key.
    fn is_after(&self, write: u32, length: u32) -> bool {
        self.position(write).map_or(!self.is_seen(write), |position| position >= length)
    }

    fn appended_after(&self, from: u32, to: u32) -> Option<Reason> {
        for (step, key, write) in self.appends(from) {
            let Some(position) = self.position(write) else { continue };
            let mut later = self.appends(to).filter(|(_, later_key, _)| *later_key == key);
            if let Some((later_step, _, later)) = later.find(|(_, _, later)| self.is_after(*later, position + 1)) {
                let (value, later_value) = (self.value(from, step), self.value(to, later_step));
                let (key, unseen) = (self.input.key(key), if self.is_seen(later) { "" } else { ", which no read shows" });
                return Some(Reason {
                    label: format!("{key}: {value}, then {later_value}"),
                    message: format!("T{from} appended {value} to {key} and T{to} appended {later_value} after it{unseen}"),
                });
            }
        }
        None
    }

    fn appended_and_read(&self, from: u32, to: u32) -> Option<Reason> {
        for ListRead { step: read_step, key, writes, .. } in self.reads(to) {
            // The last one, as only that decides.
            let own: Vec<(usize, u32)> =
                self.appends(from).filter(|append| append.1 == key).map(|(step, _, write)| (step, write)).collect();
            let found = writes.iter().rev().find_map(|read| own.iter().find(|(_, write)| write == read));
            if let Some((step, _)) = found {
                let (key, value, list) = (self.input.key(key), self.value(from, *step), self.list(to, read_step));
                return Some(Reason {
                    label: format!("{key}: {value} in {list}"),
                    message: format!("T{from} appended {value} to {key} and T{to} read it as {list}"),
                });
            }
        }
        None
    }

    fn read_before_append(&self, from: u32, to: u32) -> Option<Reason> {
        for ListRead { step: read_step, key, writes, is_regular, .. } in self.reads(from) {
            let mut later = self.appends(to).filter(|(_, later_key, _)| is_regular && *later_key == key);
            if let Some((step, _, write)) = later.find(|(_, _, write)| self.is_after(*write, writes.len() as u32)) {
                let (key, value, list) = (self.input.key(key), self.value(to, step), self.list(from, read_step));
                let unseen = if self.is_seen(write) { "" } else { ", which no read shows" };
                return Some(Reason {
                    label: format!("{key}: {list}, then {value}"),
                    message: format!("T{from} read {key} as {list} before T{to} appended {value} to it{unseen}"),
                });
            }
        }
        None
    }
}
