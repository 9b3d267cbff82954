//! Operations on registers, and the registers that a correct store looks like.

use std::fmt;

use cluster_sim_invariants::history::models::{RegisterAnswer, RegisterOp, Registers};
use cluster_sim_node::{Incarnation, NodeId};
use serde::{Deserialize, Serialize};

/// Names a register of the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreKey(pub u64);

impl fmt::Debug for StoreKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "k{}", self.0)
    }
}

/// A value: the client that wrote it, in which life, and with which operation. So no two are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StoreValue {
    /// The client.
    pub client: NodeId,
    /// The client's life.
    pub life: Incarnation,
    /// The number of the operation in that life.
    pub number: u64,
}

/// Short, as values fill the explanations of broken rules: `n3#12`, or `n3.1#0` in a second life.
impl fmt::Debug for StoreValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.client)?;
        if self.life.0 > 0 {
            write!(formatter, ".{}", self.life.0)?;
        }
        write!(formatter, "#{}", self.number)
    }
}

/// An operation: a key, and what is asked of its register.
pub type StoreOp = (StoreKey, RegisterOp<StoreValue>);

/// The answer that a client hears.
pub type StoreAnswer = RegisterAnswer<StoreValue>;

/// A correct store: a register per key.
pub type StoreModel = Registers<StoreKey, StoreValue>;
