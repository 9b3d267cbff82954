//! Finds the anomalies of each read of a list, and the transactions that it orders.

use std::fmt::Debug;
use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};

use super::anomaly::{Anomalies, AnomalyKind, EdgeKind};
use super::graph::Edges;
use super::input::NONE;
use super::lists::{ListRead, Lists};
use super::steps::shortened;

/// The pass over all reads, with what it remembers of each key.
struct Pass<'p, 'h, K: Hash + Eq + Debug, V: Hash + Eq + Debug> {
    lists: &'p Lists<'h, K, V>,
    edges: &'p mut Edges,
    anomalies: &'p mut Anomalies,
    /// The transaction that appended to the key last.
    appended: Vec<u32>,
    /// The transaction that read the key last without an append of its own, and the length read.
    read: Vec<(u32, usize)>,
    /// The transaction whose reads of the key differ.
    differs: Vec<u32>,
    /// For each key where the first aborted write is.
    first_aborted: Vec<usize>,
    /// Aborted writes that were reported.
    reported: FxHashSet<u32>,
    /// Keys and lengths with the first transaction that read such a list and appended to it.
    updates: FxHashMap<(u32, usize), u32>,
    /// Keys with the transactions that read all that any read shows.
    last_readers: Vec<(u32, u32)>,
}

/// Adds what the reads contradict, and all edges that lists give.
pub(super) fn add_dependencies<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(
    lists: &Lists<'_, K, V>,
    edges: &mut Edges,
    anomalies: &mut Anomalies,
) {
    let keys = lists.input.keys.len();
    let mut pass = Pass {
        lists,
        edges,
        anomalies,
        appended: vec![NONE; keys],
        read: vec![(NONE, 0); keys],
        differs: vec![NONE; keys],
        first_aborted: vec![usize::MAX; keys],
        reported: FxHashSet::default(),
        updates: FxHashMap::default(),
        last_readers: Vec::new(),
    };
    for key in 0..keys as u32 {
        pass.add_order(key);
    }
    for transaction in lists.input.committed() {
        pass.compare_reads(transaction);
        pass.add_reads(transaction);
    }
    pass.add_unseen();
}

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Pass<'_, '_, K, V> {
    /// Adds the edges between the appends of a list, and reports appends that cannot stand in that order.
    fn add_order(&mut self, key: u32) {
        let (input, (order, reader)) = (&self.lists.input, self.lists.order(key));
        self.first_aborted[key as usize] = order.iter().position(|write| input.is_aborted(*write)).unwrap_or(usize::MAX);
        let mut aborted = None;
        let mut last: Option<u32> = None;
        let mut latest: FxHashMap<u32, u32> = FxHashMap::default();
        for &write in order.iter().filter(|write| **write != NONE) {
            let transaction = input.writes[write as usize].transaction;
            if input.is_aborted(write) {
                aborted.get_or_insert(transaction);
                continue;
            }
            if let Some(aborted) = aborted.take() {
                self.anomalies.add_plain(AnomalyKind::DirtyUpdate, &[aborted, transaction, reader], || {
                    let key = self.lists.input.key(key);
                    format!("T{aborted} aborted, T{transaction} appended after it to {key}, and T{reader} read both")
                });
            }
            if latest.insert(transaction, write).is_some_and(|before| before > write) {
                self.anomalies.add_plain(AnomalyKind::Internal, &[transaction, reader], || {
                    format!("T{reader} read {} with the appends of T{transaction} in another order", self.lists.input.key(key))
                });
            }
            if let Some(last) = last.replace(transaction) {
                self.edges.add(last, transaction, EdgeKind::WriteWrite);
            }
        }
    }

    /// Finds the keys that a transaction appends to, and those of which it reads two lists without an append of its own.
    fn compare_reads(&mut self, transaction: u32) {
        let lists = self.lists;
        for (step, place) in lists.input.places(transaction).iter().enumerate() {
            let key = place.key as usize;
            if place.write != NONE {
                self.appended[key] = transaction;
            } else if self.appended[key] != transaction {
                if self.read[key].0 != transaction {
                    self.read[key] = (transaction, step);
                    continue;
                }
                let first = lists.input.read(transaction, self.read[key].1).unwrap_or_default();
                let again = lists.input.read(transaction, step).unwrap_or_default();
                if first != again && self.differs[key] != transaction {
                    self.differs[key] = transaction;
                    self.anomalies.add_plain(AnomalyKind::NonRepeatableRead, &[transaction], || {
                        let (first, again) = (shortened(first), shortened(again));
                        format!("T{transaction} read {} as {first}, and then as {again}", lists.input.key(place.key))
                    });
                }
            }
        }
    }

    fn add_reads(&mut self, transaction: u32) {
        let lists = self.lists;
        for step in 0..lists.input.places(transaction).len() {
            let Some(read) = lists.read(transaction, step) else { continue };
            let is_external = self.check_own(&read);
            self.check_aborted(&read);
            let is_intermediate = self.add_writer(&read);
            // An edge after an intermediate read would only repeat that it is one.
            if is_external && !is_intermediate && self.differs[read.key as usize] != transaction {
                self.add_overwriter(&read);
            }
        }
    }

    /// Reports a read that shows other appends of its own transaction than those made before.
    ///
    /// Returns whether it shows none but at the end, so that the rest is what other transactions left.
    fn check_own(&mut self, read: &ListRead<'_>) -> bool {
        let &ListRead { transaction, step, key, writes, own, .. } = read;
        if self.appended[key as usize] != transaction {
            return true;
        }
        let input = &self.lists.input;
        let is_own = |write: &u32| input.writes.get(*write as usize).is_some_and(|write| write.transaction == transaction);
        let before = &input.places(transaction)[..step];
        let made = before.iter().filter(|place| place.key == key && place.write != NONE).map(|place| place.write);
        let made: Vec<u32> = made.collect();
        let expected = &made[..made.len() - own];
        let shown: Vec<u32> = writes.iter().copied().filter(is_own).collect();
        if expected != shown {
            self.anomalies.add_plain(AnomalyKind::Internal, &[transaction], || {
                let list = input.read(transaction, step).map(shortened).unwrap_or_default();
                let key = self.lists.input.key(key);
                format!("T{transaction} read {key} as {list}, which are not the appends that it had made until then")
            });
        }
        expected.is_empty() && shown.is_empty()
    }

    fn check_aborted(&mut self, read: &ListRead<'_>) {
        let input = &self.lists.input;
        if read.is_regular && read.writes.len() <= self.first_aborted[read.key as usize] {
            return;
        }
        for &write in read.writes.iter().filter(|write| input.is_aborted(**write)) {
            if self.reported.insert(write) {
                let (writer, reader) = (input.writes[write as usize].transaction, read.transaction);
                self.anomalies.add_plain(AnomalyKind::AbortedRead, &[writer, reader], || {
                    format!("T{writer} appended to {} and aborted, and T{reader} read it", self.lists.input.key(read.key))
                });
            }
        }
    }

    /// Adds the edge from the last append that a read shows and its transaction did not make.
    ///
    /// Returns whether the read shows that one's transaction in half; it is reported then.
    fn add_writer(&mut self, read: &ListRead<'_>) -> bool {
        let input = &self.lists.input;
        let mut committed = read.writes.iter().rev().filter_map(|write| input.committed_write(*write));
        let Some(last) = committed.find(|write| write.transaction != read.transaction) else { return false };
        self.edges.add(last.transaction, read.transaction, EdgeKind::WriteRead);
        let is_whole = last.is_last || committed.any(|write| write.transaction == last.transaction && write.is_last);
        if !is_whole {
            let (writer, reader) = (last.transaction, read.transaction);
            self.anomalies.add_plain(AnomalyKind::IntermediateRead, &[writer, reader], || {
                format!("T{reader} read {} between two appends of T{writer}", self.lists.input.key(read.key))
            });
        }
        !is_whole
    }

    /// Adds the edge to the first append that a read does not show, and reports a second update of what it read.
    fn add_overwriter(&mut self, read: &ListRead<'_>) {
        let &ListRead { transaction, key, writes, .. } = read;
        if !read.is_regular {
            return;
        }
        let (input, (order, _)) = (&self.lists.input, self.lists.order(key));
        match order[writes.len()..].iter().find_map(|write| input.committed_write(*write)) {
            Some(next) => self.edges.add(transaction, next.transaction, EdgeKind::ReadWrite),
            None => self.last_readers.push((key, transaction)),
        }
        if self.appended[key as usize] == transaction {
            let first = *self.updates.entry((key, writes.len())).or_insert(transaction);
            if first != transaction {
                self.anomalies.add_plain(AnomalyKind::LostUpdate, &[first, transaction], || {
                    let list = input.read(transaction, read.step).map(shortened).unwrap_or_default();
                    format!("T{first} and T{transaction} both read {} as {list} and appended to it", self.lists.input.key(key))
                });
            }
        }
    }

    /// Adds the edges to appends that no read shows: they come after all that some read shows.
    fn add_unseen(&mut self) {
        let input = &self.lists.input;
        let is_unseen = |write: &u32| !self.lists.is_seen(*write) && input.committed_write(*write).is_some();
        let unseen = (0..input.writes.len() as u32).filter(is_unseen).map(|write| input.writes[write as usize]);
        let mut unseen: Vec<(u32, u32)> = unseen.map(|write| (write.key, write.transaction)).collect();
        for pairs in [&mut unseen, &mut self.last_readers] {
            pairs.sort_unstable();
            pairs.dedup();
        }
        for group in unseen.chunk_by(|left, right| left.0 == right.0) {
            let key = group[0].0;
            let targets: Vec<u32> = group.iter().map(|(_, transaction)| *transaction).collect();
            let start = self.last_readers.partition_point(|(reader_key, _)| *reader_key < key);
            let readers = self.last_readers[start..].iter().take_while(|(reader_key, _)| *reader_key == key);
            let readers: Vec<u32> = readers.map(|(_, transaction)| *transaction).collect();
            self.edges.add_all(&readers, &targets, EdgeKind::ReadWrite);
            let last = self.lists.order(key).0.iter().rev().find_map(|write| input.committed_write(*write));
            if let Some(last) = last {
                self.edges.add_all(&[last.transaction], &targets, EdgeKind::WriteWrite);
            }
        }
    }
}
