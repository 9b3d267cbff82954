//! The versions of registers that transactions read.

use std::fmt::Debug;
use std::hash::Hash;

use super::anomaly::{Anomalies, AnomalyKind};
use super::input::{Input, NONE, TransactionError};
use super::steps::{Step, WriteHistory, WriteOp};

/// A history over registers, with the version that each step read.
///
/// A version is the number of the write that made it; behind those, each key has one for what it held before the first write.
pub(super) struct Registers<'h, K: Hash + Eq + Debug, V: Hash + Eq + Debug> {
    pub(super) input: Input<'h, WriteOp<K, V>>,
    /// For each step; [`NONE`] if it is no read, or if no transaction wrote what it read.
    read: Vec<u32>,
    /// Pairs of versions of one key, in ascending order, of which an assumption says that the first came earlier.
    pub(super) assumed: Vec<(u32, u32)>,
}

impl<'h, K: Hash + Eq + Debug, V: Hash + Eq + Debug> Registers<'h, K, V> {
    pub(super) fn new(history: &'h WriteHistory<K, V>, anomalies: &mut Anomalies) -> Result<Self, TransactionError> {
        let mut registers = Self { input: Input::new(history)?, read: Vec::new(), assumed: Vec::new() };
        let input = &registers.input;
        let mut read = Vec::new();
        for transaction in 0..history.operations().len() as u32 {
            for (step, place) in input.places(transaction).iter().enumerate() {
                let version = match input.read(transaction, step) {
                    None => NONE,
                    Some(None) => registers.initial(place.key),
                    Some(Some(value)) => input.write_of(place.key, value),
                };
                if let (NONE, Some(value)) = (version, input.read(transaction, step)) {
                    anomalies.add_plain(AnomalyKind::UnwrittenRead, &[transaction], || {
                        let (key, value) = (input.key(place.key), shown(value.as_ref()));
                        format!("T{transaction} read {key} as {value}, which no transaction wrote")
                    });
                }
                read.push(version);
            }
        }
        for write in read.iter().filter(|version| **version != NONE) {
            registers.input.mark_seen(*write);
        }
        registers.read = read;
        Ok(registers)
    }

    /// Returns the version that a key has before the first write.
    pub(super) fn initial(&self, key: u32) -> u32 {
        self.input.writes.len() as u32 + key
    }

    /// Whether a version is that before the first write.
    pub(super) fn is_initial(&self, version: u32) -> bool {
        version as usize >= self.input.writes.len()
    }

    /// Returns the number of versions of all keys.
    pub(super) fn versions(&self) -> usize {
        self.input.writes.len() + self.input.keys.len()
    }

    /// Returns the key of a version.
    pub(super) fn key_of(&self, version: u32) -> u32 {
        let writes = self.input.writes.len() as u32;
        self.input.writes.get(version as usize).map_or_else(|| version - writes, |write| write.key)
    }

    /// Returns the version that a step read.
    pub(super) fn version_read(&self, transaction: u32, step: usize) -> Option<u32> {
        let version = self.read[self.input.first_place(transaction) + step];
        (version != NONE).then_some(version)
    }

    /// Iterates over the reads of a transaction before its own write of the key, as versions of it.
    pub(super) fn external_reads(&self, transaction: u32) -> impl Iterator<Item = u32> {
        let places = self.input.places(transaction);
        places.iter().enumerate().filter_map(move |(step, place)| {
            let is_own = places[..step].iter().any(|before| before.key == place.key && before.write != NONE);
            self.version_read(transaction, step).filter(|_| !is_own)
        })
    }

    /// Iterates over the versions that a transaction left.
    pub(super) fn left(&self, transaction: u32) -> impl Iterator<Item = u32> {
        let writes = self.input.places(transaction).iter().map(|place| place.write).filter(|write| *write != NONE);
        writes.filter(|write| self.input.writes[*write as usize].is_last)
    }

    /// Returns the value of a version, for a sentence.
    pub(super) fn value(&self, version: u32) -> String {
        let Some(write) = self.input.writes.get(version as usize) else { return shown::<V>(None) };
        let place = self.input.places(write.transaction).iter().position(|place| place.write == version);
        let steps = &self.input.operations[write.transaction as usize].op;
        shown(place.and_then(|step| steps[step].written()))
    }
}

fn shown<V: Debug>(value: Option<&V>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"))
}
