//! Records of events, the digest over them, and the ring of the last ones.
//!
//! Each record is folded into a running 64-bit hash with all of its fields: instant, kind, node, peer, detail, label, length,
//! payload digest. There are kinds for lives (boot, crash, kill, pause, resume), messages (send, copy, drop, deliver), sessions,
//! timers, calls, cuts, links, seeds, and tasks (spawn, poll, end). A heal, a change of links and a reseed concern no node and
//! name `NodeId::CLUSTER`.
//!
//! The digest excludes memory addresses, capacities, wall time and log text, and also facts, views and verdicts: it states what
//! happened between the nodes, not how they interpret it. Folding facts would make the `Debug` output of every fact type part of
//! every digest.
//!
//! `every_field_changes_the_digest` proves that no field is left out. DETERMINISM.md lists the consequences. To compare two runs,
//! `Sim::keep_records` and `Sim::keep_fates` keep every record and fate.

use std::fmt;

use cluster_sim_types::{NodeId, VirtualInstant};
use serde::{Deserialize, Serialize};

use crate::random::finalize;

/// The kind of a recorded event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
#[non_exhaustive]
pub enum RecordKind {
    /// `node` began a life; `detail` is its number.
    Boot = 1,
    /// `node` crashed and lost its memory.
    Crash,
    /// `node` was killed for good.
    Kill,
    /// `node` was paused.
    Pause,
    /// `node` was resumed.
    Resume,
    /// `node` sent `peer` a message.
    Send,
    /// The network made a further copy of a message.
    Copy,
    /// A message from `node` to `peer` was lost; `detail` numbers the cause.
    Drop,
    /// A message from `peer` reached `node`.
    Deliver,
    /// A timer of `node` came due; `label` is its token.
    Timer,
    /// `node` was called from outside.
    Call,
    /// A cut came into force; `label` is its id.
    Cut,
    /// A cut was healed; `label` is its id.
    Heal,
    /// A class of links changed; `detail` is its number.
    Links,
    /// Another seed took over; `label` is that seed.
    Reseed,
    /// A task of `node` was spawned; `label` is its path.
    Spawn,
    /// A task of `node` was polled; `label` is its path, `detail` the number of the poll.
    Poll,
    /// A task of `node` ended; `label` is its path.
    ///
    /// `detail` is 0 for a result, 1 for an abort, 2 if it was dropped with its life or by a panic.
    TaskEnd,
    /// `node` requested a session with `peer`; `detail` numbers the attempt.
    ///
    /// `label` names the session, as in all session records.
    Connect,
    /// `node` accepted a session that `peer` requested.
    Accept,
    /// `node` refused a session that `peer` requested.
    Refuse,
    /// `node` sent `peer` a message in a session; `detail` is its number there.
    SessionSend,
    /// `node` retransmitted its message number `detail`.
    Retransmit,
    /// `node` received message number `detail` of `peer`.
    SessionDeliver,
    /// `node` closed its sending side of a session.
    SessionClose,
    /// A session broke for `node`; `detail` numbers the reason.
    SessionReset,
    /// The disk of `node` answered an operation.
    ///
    /// `detail` numbers the operation, and in its lowest byte the error, from 1; `label` is the hash of the path, `length` and
    /// `payload` are those of the bytes.
    Disk,
    /// A crash of `node` decided about the unsynced sectors of a file.
    ///
    /// `label` is the hash of the path, `detail` the number of unsynced sectors, `length` that of those kept whole; `payload` has
    /// the number of torn sectors in its upper half, that of sectors with garbage in its lower half.
    DiskCrash,
    /// A crash of `node` decided about `detail` unsynced changes of names, and kept `length` of them.
    DiskNames,
    /// `node` was asked to stop.
    StopAsked,
    /// `node` stopped by itself after it was asked to.
    Stop,
}

/// One recorded event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The instant, in nanoseconds since the start of the run.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The kind of event.
    pub kind: RecordKind,
    /// The node concerned.
    pub node: NodeId,
    /// The other node; the node itself where there is none.
    pub peer: NodeId,
    /// A number whose meaning depends on the kind.
    pub detail: u32,
    /// The label of a message, the token of a timer, the id of a cut, the path of a task.
    pub label: u64,
    /// The encoded length of a message, in bytes.
    pub length: u32,
    /// The digest of a message's content.
    pub payload: u64,
}

impl Record {
    /// Creates a record that concerns `node` alone.
    pub fn of(at: VirtualInstant, kind: RecordKind, node: NodeId) -> Self {
        Self { at, kind, node, peer: node, detail: 0, label: 0, length: 0, payload: 0 }
    }

    /// Packs every field into the words that the digest folds.
    #[inline(always)]
    fn words(&self) -> [u64; 6] {
        [
            self.at.as_nanoseconds(),
            u64::from(self.node.0) << 32 | u64::from(self.peer.0),
            (self.kind as u64) << 32 | u64::from(self.detail),
            self.label,
            u64::from(self.length),
            self.payload,
        ]
    }
}

/// A running hash of all records.
///
/// Covers kinds, instants, ids, labels, lengths and contents; never addresses, capacities, wall time or log text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(u64);

impl Digest {
    /// Folds one record.
    #[inline(always)]
    pub fn fold(&mut self, record: &Record) {
        let [a, b, c, d, e, f] = record.words();
        self.0 = fold_pair(fold_pair(fold_pair(self.0, a, b), c, d), e, f);
    }

    /// Folds the digest of a whole run, for one digest over many.
    pub fn fold_run(&mut self, run: Self) {
        self.0 = fold_pair(self.0, run.0, 0);
    }
}

/// Mixes two words into a state by one folded multiplication.
///
/// The constants are the first bits of the square roots of 5 and 7.
#[inline]
fn fold_pair(state: u64, left: u64, right: u64) -> u64 {
    let product = u128::from(state ^ left ^ 0x3c6e_f372_fe94_f82b) * u128::from(right ^ 0xa54f_f53a_5f1d_36f1);
    (product as u64) ^ ((product >> 64) as u64) ^ state.rotate_left(29)
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", finalize(self.0))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = std::num::ParseIntError;

    /// Parses a printed digest; the finalizer is a bijection, so the state is recovered.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(|printed| Self(unfinalize(printed)))
    }
}

/// Inverts [`finalize`].
const fn unfinalize(state: u64) -> u64 {
    let state = (state ^ (state >> 31) ^ (state >> 62)).wrapping_mul(0x3196_42b2_d24d_8ec3);
    let state = (state ^ (state >> 27) ^ (state >> 54)).wrapping_mul(0x96de_1b17_3f11_9089);
    state ^ (state >> 30) ^ (state >> 60)
}

/// The last records of a run.
#[derive(Debug, Default)]
pub struct Ring {
    /// Absent before the first record. Those of an earlier run remain until they are overwritten.
    records: Option<Box<[Record; Self::LENGTH]>>,
    /// The number of records of this run.
    count: usize,
}

impl Ring {
    /// The number of records kept.
    pub const LENGTH: usize = 256;

    /// Removes all records; keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, record: Record) {
        let records = match &mut self.records {
            Some(records) => records,
            absent => Self::allocate(absent),
        };
        // The remainder is below the length of the array, so the index needs no check.
        records[self.count % Self::LENGTH] = record;
        self.count += 1;
    }

    /// Allocates the memory for all records at once, since nearly every run fills it.
    #[cold]
    fn allocate(records: &mut Option<Box<[Record; Self::LENGTH]>>) -> &mut Box<[Record; Self::LENGTH]> {
        let blank = Record::of(VirtualInstant::ZERO, RecordKind::Boot, NodeId::CLUSTER);
        records.insert(Box::new([blank; Self::LENGTH]))
    }

    /// Returns the record added last.
    pub(super) fn last(&self) -> Option<Record> {
        let number = self.count.checked_sub(1)?;
        Some(self.records.as_ref()?[number % Self::LENGTH])
    }

    /// Iterates over the last records, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        let numbers = self.count.saturating_sub(Self::LENGTH)..self.count;
        self.records.iter().flat_map(move |records| numbers.clone().map(|number| &records[number % Self::LENGTH]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Record {
        Record {
            at: VirtualInstant::from_nanoseconds(1),
            kind: RecordKind::Send,
            node: NodeId(2),
            peer: NodeId(3),
            detail: 4,
            label: 5,
            length: 6,
            payload: 7,
        }
    }

    /// The sample with one field changed, for every field.
    fn changed() -> [(&'static str, Record); 8] {
        let base = sample();
        [
            ("at", Record { at: VirtualInstant::from_nanoseconds(9), ..base }),
            ("kind", Record { kind: RecordKind::Drop, ..base }),
            ("node", Record { node: NodeId(9), ..base }),
            ("peer", Record { peer: NodeId(9), ..base }),
            ("detail", Record { detail: 9, ..base }),
            ("label", Record { label: 9, ..base }),
            ("length", Record { length: 9, ..base }),
            ("payload", Record { payload: 9, ..base }),
        ]
    }

    fn digest_of(records: &[Record]) -> Digest {
        let mut digest = Digest::default();
        records.iter().for_each(|record| digest.fold(record));
        digest
    }

    /// A digest that ignores one field, by overwriting it before folding.
    fn digest_without(field: &str, record: &Record) -> Digest {
        let mut record = *record;
        let base = sample();
        match field {
            "at" => record.at = base.at,
            "kind" => record.kind = base.kind,
            "node" => record.node = base.node,
            "peer" => record.peer = base.peer,
            "detail" => record.detail = base.detail,
            "label" => record.label = base.label,
            "length" => record.length = base.length,
            "payload" => record.payload = base.payload,
            other => panic!("no field {other}"),
        }
        digest_of(&[record])
    }

    #[test]
    fn every_field_changes_the_digest() {
        for (field, record) in changed() {
            assert_ne!(digest_of(&[sample()]), digest_of(&[record]), "{field} is not folded");
            assert_eq!(digest_of(&[sample()]), digest_without(field, &record), "a digest without {field} still changes");
        }
    }

    #[test]
    fn order_and_number_of_records_matter() {
        let [(_, one), (_, two), ..] = changed();
        assert_ne!(digest_of(&[one, two]), digest_of(&[two, one]));
        assert_ne!(digest_of(&[one]), digest_of(&[one, one]));
    }

    #[test]
    fn order_and_number_of_runs_matter() {
        let [one, two] = [0, 1].map(|index| digest_of(&[changed()[index].1]));
        let folded = |runs: &[Digest]| {
            let mut digest = Digest::default();
            runs.iter().for_each(|run| digest.fold_run(*run));
            digest
        };
        let all = [&[][..], &[one], &[two], &[one, one], &[one, two], &[two, one]].map(folded);
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn a_digest_survives_printing() {
        let digest = digest_of(&[sample()]);
        assert_eq!(digest.to_string().len(), 16);
        assert_eq!(Digest::try_from(digest.to_string()), Ok(digest));
    }

    #[test]
    fn the_ring_keeps_the_last_records() {
        let mut ring = Ring::default();
        for nanoseconds in 0..300 {
            ring.push(Record { at: VirtualInstant::from_nanoseconds(nanoseconds), ..sample() });
        }
        let kept: Vec<u64> = ring.iter().map(|record| record.at.as_nanoseconds()).collect();
        assert_eq!((kept.len(), kept[0], kept[255]), (256, 44, 299));
    }
}
