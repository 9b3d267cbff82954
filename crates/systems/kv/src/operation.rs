//! Operations on keys, the requests for them, and the registers that a correct store looks like.

use std::fmt;

use cluster_sim_invariants::history::models::{RegisterAnswer, RegisterOp, Registers};
use cluster_sim_node::{Incarnation, NodeId};
use serde::{Deserialize, Serialize};

/// The identity of a request, which is also the value that it writes.
///
/// So no two requests write equal values. It contains the client's life: the numbers begin anew with each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId {
    /// The client.
    pub client: NodeId,
    /// The client's life.
    pub life: Incarnation,
    /// The number of the request within that life, from 0.
    pub number: u64,
}

/// Short, as values fill the explanations of broken rules: `n3#12` for request 12 of node 3, `n3.1#0` in its second life.
impl fmt::Debug for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.client)?;
        if self.life.0 > 0 {
            write!(formatter, ".{}", self.life.0)?;
        }
        write!(formatter, "#{}", self.number)
    }
}

/// Names a register of the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KvKey(pub u64);

impl fmt::Debug for KvKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "k{}", self.0)
    }
}

/// An operation: a key, and what is asked of its register.
pub type KvOp = (KvKey, RegisterOp<RequestId>);

/// The answer that a client hears.
pub type KvAnswer = RegisterAnswer<RequestId>;

/// A correct store: a register per key.
pub type KvModel = Registers<KvKey, RequestId>;
