//! Histories of stores whose sessions are judged.

use cluster_sim_invariants::history::SessionOp;
use cluster_sim_invariants::history::models::{RegisterAnswer, RegisterOp};

use super::{Chance, History, Object, Shape, record};

pub(crate) type VersionOp = SessionOp<u32>;
pub(crate) type ValueOp = (u32, RegisterOp<u32>);
pub(crate) type ValueAnswer = RegisterAnswer<u32>;

/// The keys of a store.
const KEYS: u64 = 1_000;

/// A store that tells the version of each key.
#[derive(Debug)]
struct Versions(Vec<u64>);

impl Object for Versions {
    type Op = VersionOp;
    type Answer = u64;

    fn ask(&mut self, _: u32, chance: &mut Chance) -> VersionOp {
        let key = chance.below(KEYS) as u32;
        if chance.one_in(2) { SessionOp::Read(key) } else { SessionOp::Write(key) }
    }

    fn apply(&mut self, op: &VersionOp, _: &mut Chance) -> u64 {
        let (SessionOp::Read(key) | SessionOp::Write(key)) = op;
        let version = &mut self.0[*key as usize];
        *version += u64::from(matches!(op, SessionOp::Write(_)));
        *version
    }
}

/// Records reads and writes of a store that tells versions.
pub(crate) fn versions(operations: usize) -> History<VersionOp, u64> {
    let mut object = Versions(vec![0; KEYS as usize]);
    record(&mut object, Shape { clients: 50, operations, open: 100 }, &mut Chance::new(2))
}

/// Records reads and writes of registers in which no value is written twice.
pub(crate) fn values(operations: usize) -> History<ValueOp, ValueAnswer> {
    super::register::registers(operations, KEYS as usize, 0)
}
