//! The order in which each list grew, as its longest read shows it.

use std::fmt::Debug;
use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::anomaly::{Anomalies, AnomalyKind};
use super::input::{Input, NONE, TransactionError};
use super::steps::{AppendHistory, AppendOp, Step, shortened};

/// A history over lists, with the order of each list's appends.
pub(super) struct Lists<'h, K: Hash + Eq + Debug, V: Hash + Eq + Debug> {
    pub(super) input: Input<'h, AppendOp<K, V>>,
    /// For each key the transaction that read the longest list, [`NONE`] if none read it, and that list.
    longest: Vec<(u32, &'h [V])>,
    /// For each key the writes of that list; [`NONE`] for a value that was not written or came before in the list.
    order: Vec<Vec<u32>>,
    /// For each write its place in that list; [`NONE`] if it is in none.
    position: Vec<u32>,
    /// Whether a read shows the write.
    seen: Vec<bool>,
    /// The reads, by transaction and step, that are no beginning of the longest, as writes.
    odd: FxHashMap<(u32, u32), Vec<u32>>,
}

impl<'h, K: Hash + Eq + Debug, V: Hash + Eq + Debug> Lists<'h, K, V> {
    pub(super) fn new(history: &'h AppendHistory<K, V>, anomalies: &mut Anomalies) -> Result<Self, TransactionError> {
        let input = Input::new(history)?;
        let (keys, writes) = (input.keys.len(), input.writes.len());
        let mut lists = Self {
            input,
            longest: vec![(NONE, &[]); keys],
            order: Vec::with_capacity(keys),
            position: vec![NONE; writes],
            seen: vec![false; writes],
            odd: FxHashMap::default(),
        };
        lists.find_longest();
        for key in 0..keys as u32 {
            lists.order_key(key, anomalies);
        }
        lists.find_odd_reads(anomalies);
        for write in 0..writes as u32 {
            if lists.seen[write as usize] {
                lists.input.mark_seen(write);
            }
        }
        Ok(lists)
    }

    fn find_longest(&mut self) {
        for transaction in self.input.committed() {
            for (step, place) in self.input.places(transaction).iter().enumerate() {
                let Some((list, _)) = base(&self.input, transaction, step) else { continue };
                let longest = &mut self.longest[place.key as usize];
                if longest.0 == NONE || list.len() > longest.1.len() {
                    *longest = (transaction, list);
                }
            }
        }
    }

    fn order_key(&mut self, key: u32, anomalies: &mut Anomalies) {
        let (reader, list) = self.longest[key as usize];
        let mut order = self.resolve(reader, key, list, anomalies);
        for (place, write) in order.iter_mut().enumerate().filter(|(_, write)| **write != NONE) {
            let position = &mut self.position[*write as usize];
            if *position == NONE {
                *position = place as u32;
            } else {
                *write = NONE;
            }
        }
        self.order.push(order);
    }

    /// Finds the reads that are no beginning of the longest.
    fn find_odd_reads(&mut self, anomalies: &mut Anomalies) {
        let mut odd = Vec::new();
        for transaction in self.input.committed() {
            for (step, place) in self.input.places(transaction).iter().enumerate() {
                let Some((list, _)) = base(&self.input, transaction, step) else { continue };
                let (reader, longest) = self.longest[place.key as usize];
                if !longest.starts_with(list) {
                    odd.push((transaction, step, place.key, list, reader, longest));
                }
            }
        }
        for (transaction, step, key, list, reader, longest) in odd {
            let writes = self.resolve(transaction, key, list, anomalies);
            if !has_repetition(&writes) && !self.order[key as usize].contains(&NONE) {
                anomalies.add_plain(AnomalyKind::IncompatibleOrder, &[reader, transaction], || {
                    let (list, longest) = (shortened(list), shortened(longest));
                    format!("T{reader} read {} as {longest}, and T{transaction} read it as {list}", self.input.key(key))
                });
            }
            self.odd.insert((transaction, step as u32), writes);
        }
    }

    /// Returns the writes of a list, [`NONE`] for what was not written, and marks them as seen.
    fn resolve(&mut self, reader: u32, key: u32, list: &[V], anomalies: &mut Anomalies) -> Vec<u32> {
        let writes: Vec<u32> = list.iter().map(|value| self.input.write_of(key, value)).collect();
        for (value, write) in list.iter().zip(&writes) {
            match self.seen.get_mut(*write as usize) {
                Some(seen) => *seen = true,
                None => anomalies.add_plain(AnomalyKind::UnwrittenRead, &[reader], || {
                    format!("T{reader} read {} as {}, and no transaction appended {value:?}", self.input.key(key), shortened(list))
                }),
            }
        }
        if has_repetition(&writes) {
            anomalies.add_plain(AnomalyKind::DuplicateElement, &[reader], || {
                format!("T{reader} read {} as {}, with one append more than once", self.input.key(key), shortened(list))
            });
        }
        writes
    }

    /// Returns what a step read of its key.
    pub(super) fn read(&self, transaction: u32, step: usize) -> Option<ListRead<'_>> {
        let (list, own) = base(&self.input, transaction, step)?;
        let key = self.input.places(transaction)[step].key;
        let (writes, is_regular) = match self.odd.get(&(transaction, step as u32)) {
            Some(writes) => (writes.as_slice(), false),
            None => (&self.order[key as usize][..list.len()], true),
        };
        Some(ListRead { transaction, step, key, writes, own, is_regular })
    }

    /// Returns the order of a key's writes, and the transaction that read it.
    pub(super) fn order(&self, key: u32) -> (&[u32], u32) {
        (&self.order[key as usize], self.longest[key as usize].0)
    }

    /// Returns the place of a write in the order of its key; `None` if the longest read does not have it.
    pub(super) fn position(&self, write: u32) -> Option<u32> {
        let position = self.position[write as usize];
        (position != NONE).then_some(position)
    }

    /// Whether some read shows the write.
    pub(super) fn is_seen(&self, write: u32) -> bool {
        self.seen[write as usize]
    }
}

/// One read of a list by a transaction that committed.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListRead<'r> {
    pub(super) transaction: u32,
    pub(super) step: usize,
    pub(super) key: u32,
    /// The writes that it shows, without own ones at the end.
    pub(super) writes: &'r [u32],
    /// The number of own writes at the end.
    pub(super) own: usize,
    /// Whether it is a beginning of the longest read.
    pub(super) is_regular: bool,
}

/// Returns the list that a step read without the transaction's own appends at its end, and their number.
///
/// The transaction may have kept those to itself until it committed, so they say nothing of the order of the list.
fn base<'h, K: Hash + Eq + Debug, V: Hash + Eq + Debug>(
    input: &Input<'h, AppendOp<K, V>>,
    transaction: u32,
    step: usize,
) -> Option<(&'h [V], usize)> {
    let list = input.read(transaction, step)?;
    let steps = &input.operations[transaction as usize].op;
    let key = input.places(transaction)[step].key;
    let made = input.places(transaction)[..step].iter().zip(steps).rev().filter(|(place, _)| place.key == key);
    let made = made.filter_map(|(_, step)| step.written());
    let own = made.zip(list.iter().rev()).take_while(|(made, read)| made == read).count();
    Some((&list[..list.len() - own], own))
}

fn has_repetition(writes: &[u32]) -> bool {
    let mut sorted: Vec<u32> = writes.iter().copied().filter(|write| *write != NONE).collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}
