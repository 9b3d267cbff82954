//! Many objects of one model, each with a key.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use super::register::Register;
use crate::history::model::{Access, Model};

/// One object of a model per key; an operation is a key and what is asked of its object.
///
/// All objects begin in the state in which the model does.
///
/// ```
/// use cluster_sim_invariants::history::models::{RegisterAnswer, RegisterOp, Registers};
/// use cluster_sim_invariants::history::{Bounds, Linearization, check_linearizable};
/// use cluster_sim_invariants::{History, Process, VirtualInstant};
///
/// let mut history = History::default();
/// let at = VirtualInstant::from_nanoseconds;
/// history.invoke(Process(0), at(10), ("x", RegisterOp::Write(1)))?;
/// history.ok(Process(0), at(20), RegisterAnswer::Written)?;
/// history.invoke(Process(0), at(30), ("y", RegisterOp::Read))?;
/// history.ok(Process(0), at(40), RegisterAnswer::Value(None))?;
/// assert_eq!(check_linearizable(&Registers::default(), &history, Bounds::default()), Linearization::Possible);
/// # Ok::<(), cluster_sim_invariants::HistoryError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Keyed<K, M>(M, PhantomData<fn(K)>);

/// A map of registers.
pub type Registers<K, V> = Keyed<K, Register<V>>;

impl<K, M> Keyed<K, M> {
    /// Judges each key by that model.
    pub fn new(model: M) -> Self {
        Self(model, PhantomData)
    }

    /// Returns the model of each key.
    pub fn model(&self) -> &M {
        &self.0
    }
}

impl<K, M: Default> Default for Keyed<K, M> {
    fn default() -> Self {
        Self::new(M::default())
    }
}

impl<K: Clone + Ord + Hash + Debug, M: Model> Model for Keyed<K, M> {
    type Op = (K, M::Op);
    type Answer = M::Answer;
    type State = M::State;
    type Key = (K, M::Key);

    fn key(&self, (key, op): &Self::Op) -> Self::Key {
        (key.clone(), self.0.key(op))
    }

    fn initial(&self) -> M::State {
        self.0.initial()
    }

    fn step(&self, state: &M::State, (_, op): &Self::Op, answer: Option<&M::Answer>) -> Option<M::State> {
        self.0.step(state, op, answer)
    }

    fn describe(&self, (key, op): &Self::Op, answer: Option<&M::Answer>) -> String {
        format!("{key:?}: {}", self.0.describe(op, answer))
    }

    fn describe_state(&self, state: &M::State) -> String {
        self.0.describe_state(state)
    }

    fn changes_nothing(&self, (_, op): &Self::Op, answer: Option<&M::Answer>) -> bool {
        self.0.changes_nothing(op, answer)
    }

    fn heap_bytes(&self, state: &M::State) -> usize {
        self.0.heap_bytes(state)
    }

    fn access(&self, (_, op): &Self::Op, answer: Option<&M::Answer>) -> Access<M::State> {
        self.0.access(op, answer)
    }
}
