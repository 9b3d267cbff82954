//! Histories of registers: 102 as those of etcd that Porcupine is tried on, and a large one over many keys.

use cluster_sim_invariants::history::models::{RegisterAnswer, RegisterOp};

use super::{Chance, History, Object, Shape, record};

pub(crate) type Op = RegisterOp<u8>;
pub(crate) type Answer = RegisterAnswer<u8>;
pub(crate) type KeyedOp = (u32, RegisterOp<u32>);
pub(crate) type KeyedAnswer = RegisterAnswer<u32>;

/// A compare-and-set register with five values, whose reads may be stale.
#[derive(Debug)]
struct Etcd {
    value: Option<u8>,
    /// The value before the last change.
    before: Option<u8>,
    /// One read in that many shows it; 0 for none.
    stale: u64,
}

impl Object for Etcd {
    type Op = Op;
    type Answer = Answer;

    fn ask(&mut self, _: u32, chance: &mut Chance) -> Op {
        let value = chance.below(5) as u8;
        match chance.below(3) {
            0 => RegisterOp::Read,
            1 => RegisterOp::Write(value),
            _ => RegisterOp::CompareAndSet(value, chance.below(5) as u8),
        }
    }

    fn apply(&mut self, op: &Op, chance: &mut Chance) -> Answer {
        let next = match *op {
            RegisterOp::Read => {
                let is_stale = chance.one_in(self.stale);
                return RegisterAnswer::Value(if is_stale { self.before } else { self.value });
            }
            RegisterOp::CompareAndSet(expected, _) if self.value != Some(expected) => return RegisterAnswer::Mismatch,
            RegisterOp::Write(value) | RegisterOp::CompareAndSet(_, value) => value,
        };
        self.before = self.value.replace(next);
        RegisterAnswer::Written
    }
}

/// Records 102 histories of five clients and 170 operations, one call in ten without an answer; reads are stale in every other.
pub(crate) fn etcd() -> Vec<History<Op, Answer>> {
    etcd_of(102, 170)
}

/// Records that many histories of that many operations.
pub(crate) fn etcd_of(histories: u64, operations: usize) -> Vec<History<Op, Answer>> {
    let one = |seed| {
        let mut object = Etcd { value: None, before: None, stale: if seed % 2 == 0 { 0 } else { 20 } };
        record(&mut object, Shape { clients: 5, operations, open: 10 }, &mut Chance::new(seed))
    };
    (0..histories).map(one).collect()
}

/// Registers by key, written half of the time.
#[derive(Debug)]
struct Registers {
    values: Vec<Option<u32>>,
    /// Written values are below it; 0 if each is written once.
    distinct: u64,
    writes: u32,
}

impl Object for Registers {
    type Op = KeyedOp;
    type Answer = KeyedAnswer;

    fn ask(&mut self, _: u32, chance: &mut Chance) -> KeyedOp {
        let key = chance.below(self.values.len() as u64) as u32;
        if chance.one_in(2) {
            return (key, RegisterOp::Read);
        }
        self.writes += 1;
        (key, RegisterOp::Write(if self.distinct == 0 { self.writes } else { chance.below(self.distinct) as u32 }))
    }

    fn apply(&mut self, (key, op): &KeyedOp, _: &mut Chance) -> KeyedAnswer {
        let value = &mut self.values[*key as usize];
        match op {
            RegisterOp::Write(next) => {
                *value = Some(*next);
                RegisterAnswer::Written
            }
            _ => RegisterAnswer::Value(*value),
        }
    }
}

/// Records reads and writes of `keys` registers by 50 clients; `distinct` values, or each once if 0.
pub(crate) fn registers(operations: usize, keys: usize, distinct: u64) -> History<KeyedOp, KeyedAnswer> {
    let mut object = Registers { values: vec![None; keys], distinct, writes: 0 };
    record(&mut object, Shape { clients: 50, operations, open: 0 }, &mut Chance::new(1))
}
