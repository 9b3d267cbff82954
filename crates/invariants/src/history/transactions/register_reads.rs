//! Finds the anomalies of each read of a register, and the transactions that it orders.

use std::fmt::Debug;
use std::hash::Hash;

use super::anomaly::{Anomalies, AnomalyKind, EdgeKind};
use super::graph::Edges;
use super::input::NONE;
use super::registers::Registers;

/// The pass over all reads, with what it remembers of each key.
struct Pass<'p, 'h, K: Hash + Eq + Debug, V: Hash + Eq + Debug> {
    registers: &'p Registers<'h, K, V>,
    edges: &'p mut Edges,
    anomalies: &'p mut Anomalies,
    /// The transaction that wrote the key last.
    written: Vec<u32>,
    /// The last write of the key up to the step that is looked at, and its transaction.
    written_before: Vec<(u32, u32)>,
    /// The transaction that read the key last without a write of its own, and the version.
    read: Vec<(u32, u32)>,
    /// The transaction whose reads of the key differ.
    differs: Vec<u32>,
    /// Versions with those that read them.
    readers: Vec<(u32, u32)>,
    /// Versions with those that wrote a later one.
    overwriters: Vec<(u32, u32)>,
}

/// Adds what the reads contradict, and all edges that registers give.
pub(super) fn add_dependencies<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(
    registers: &Registers<'_, K, V>,
    edges: &mut Edges,
    anomalies: &mut Anomalies,
) {
    let keys = registers.input.keys.len();
    let mut pass = Pass {
        registers,
        edges,
        anomalies,
        written: vec![NONE; keys],
        written_before: vec![(NONE, NONE); keys],
        read: vec![(NONE, NONE); keys],
        differs: vec![NONE; keys],
        readers: Vec::new(),
        overwriters: Vec::new(),
    };
    for transaction in registers.input.committed() {
        pass.compare_reads(transaction);
        pass.add_reads(transaction);
    }
    pass.find_lost_updates();
    pass.add_later_versions();
    pass.add_overwriters();
}

impl<K: Hash + Eq + Debug, V: Hash + Eq + Debug> Pass<'_, '_, K, V> {
    /// Finds the keys that a transaction writes, and those of which it reads two versions without a write of its own.
    fn compare_reads(&mut self, transaction: u32) {
        let registers = self.registers;
        for (step, place) in registers.input.places(transaction).iter().enumerate() {
            let key = place.key as usize;
            if place.write != NONE {
                self.written[key] = transaction;
            }
            let Some(version) = registers.version_read(transaction, step).filter(|_| self.written[key] != transaction) else {
                continue;
            };
            let (reader, first) = self.read[key];
            if reader != transaction {
                self.read[key] = (transaction, version);
            } else if first != version && self.differs[key] != transaction {
                self.differs[key] = transaction;
                self.anomalies.add_plain(AnomalyKind::NonRepeatableRead, &[transaction], || {
                    let (key, first, again) = (registers.input.key(place.key), registers.value(first), registers.value(version));
                    format!("T{transaction} read {key} as {first}, and then as {again}")
                });
            }
        }
    }

    fn add_reads(&mut self, transaction: u32) {
        let registers = self.registers;
        for (step, place) in registers.input.places(transaction).iter().enumerate() {
            let key = place.key as usize;
            if place.write != NONE {
                self.written_before[key] = (transaction, place.write);
            } else if let Some(version) = registers.version_read(transaction, step) {
                let (writer, own) = self.written_before[key];
                let own = (writer == transaction).then_some(own);
                if self.check_own(transaction, version, own) && own.is_none() {
                    self.add_read(transaction, version);
                }
            }
        }
    }

    /// Reports a read of another version than its own transaction wrote; returns whether there is nothing to report.
    fn check_own(&mut self, transaction: u32, version: u32, own: Option<u32>) -> bool {
        let registers = self.registers;
        let key = registers.input.key(registers.key_of(version));
        if own.is_some_and(|own| own != version) {
            self.anomalies.add_plain(AnomalyKind::Internal, &[transaction], || {
                let (own, read) = (own.map(|own| registers.value(own)).unwrap_or_default(), registers.value(version));
                format!("T{transaction} wrote {own} to {key}, and then read it as {read}")
            });
            return false;
        }
        let is_later =
            own.is_none() && registers.input.writes.get(version as usize).is_some_and(|write| write.transaction == transaction);
        if is_later {
            self.anomalies.add_plain(AnomalyKind::Internal, &[transaction], || {
                format!("T{transaction} read {key} as {}, which it wrote only later", registers.value(version))
            });
        }
        !is_later
    }

    /// Adds what a read before an own write of the key orders.
    fn add_read(&mut self, transaction: u32, version: u32) {
        let (registers, key) = (self.registers, self.registers.key_of(version));
        if let Some(write) = registers.input.writes.get(version as usize) {
            let writer = write.transaction;
            if registers.input.is_aborted(version) {
                self.anomalies.add_plain(AnomalyKind::AbortedRead, &[writer, transaction], || {
                    let (key, value) = (registers.input.key(key), registers.value(version));
                    format!("T{writer} wrote {value} to {key} and aborted, and T{transaction} read it")
                });
                return;
            }
            self.edges.add(writer, transaction, EdgeKind::WriteRead);
            if !write.is_last {
                self.anomalies.add_plain(AnomalyKind::IntermediateRead, &[writer, transaction], || {
                    let (key, value) = (registers.input.key(key), registers.value(version));
                    format!("T{writer} wrote {value} to {key} and then another value, and T{transaction} read the first")
                });
                return;
            }
        }
        if self.differs[key as usize] != transaction {
            self.readers.push((version, transaction));
            if self.written[key as usize] == transaction {
                self.overwriters.push((version, transaction));
            }
        }
    }

    /// Reports versions that more than one transaction read and replaced.
    fn find_lost_updates(&mut self) {
        self.overwriters.sort_unstable();
        self.overwriters.dedup();
        for group in self.overwriters.chunk_by(|left, right| left.0 == right.0) {
            let (version, first) = group[0];
            for (_, second) in &group[1..] {
                self.anomalies.add_plain(AnomalyKind::LostUpdate, &[first, *second], || {
                    let key = self.registers.input.key(self.registers.key_of(version));
                    format!("T{first} and T{second} both read {key} as {} and wrote it", self.registers.value(version))
                });
            }
        }
    }

    /// Adds which versions are later for other reasons: all are later than nothing, and some by assumption.
    fn add_later_versions(&mut self) {
        let (registers, input) = (self.registers, &self.registers.input);
        for write in input.writes.iter().filter(|write| write.is_last && input.counts(write.transaction)) {
            self.overwriters.push((registers.initial(write.key), write.transaction));
        }
        for &(earlier, later) in &registers.assumed {
            let Some(overwriter) = input.committed_write(later) else { continue };
            self.overwriters.push((earlier, overwriter.transaction));
            if let Some(writer) = input.committed_write(earlier) {
                self.edges.add(writer.transaction, overwriter.transaction, EdgeKind::WriteWrite);
            }
        }
    }

    /// Adds the edges from those that read a version to those that wrote a later one.
    fn add_overwriters(&mut self) {
        for pairs in [&mut self.readers, &mut self.overwriters] {
            pairs.sort_unstable();
            pairs.dedup();
        }
        for group in self.readers.chunk_by(|left, right| left.0 == right.0) {
            let version = group[0].0;
            let start = self.overwriters.partition_point(|(earlier, _)| *earlier < version);
            let overwriters = self.overwriters[start..].iter().take_while(|(earlier, _)| *earlier == version);
            let overwriters: Vec<u32> = overwriters.map(|(_, transaction)| *transaction).collect();
            let readers: Vec<u32> = group.iter().map(|(_, transaction)| *transaction).collect();
            self.edges.add_all(&readers, &overwriters, EdgeKind::ReadWrite);
        }
    }
}
