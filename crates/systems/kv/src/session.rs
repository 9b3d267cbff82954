//! The operations that a client calls for: the part that both styles share.

use std::collections::BTreeMap;

use cluster_sim_invariants::history::models::RegisterOp;
use cluster_sim_node::{Entropy, Incarnation, NodeId, Ratio};

use crate::config::{Config, REPLICAS};
use crate::message::Entry;
use crate::operation::{KvAnswer, KvKey, KvOp, RequestId};

/// The client's side of one life: which operation comes next, and which replica to ask.
#[derive(Debug)]
pub(crate) struct Session {
    keys: u64,
    moves: Ratio,
    client: NodeId,
    life: Incarnation,
    entropy: Entropy,
    /// The replica that it asks.
    pub(crate) target: NodeId,
    /// The values that it last saw or wrote.
    known: BTreeMap<KvKey, RequestId>,
}

/// The view of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientView {
    /// Operations of this life that are over: answered or given up.
    pub completed: u64,
    /// Those that were given up.
    pub given_up: u64,
    /// Whether no operation is left.
    pub is_done: bool,
}

impl Session {
    pub(crate) fn new(config: Config, client: NodeId, life: Incarnation, entropy: Entropy) -> Self {
        let (target, known) = (NodeId(client.0 % REPLICAS), BTreeMap::new());
        Self { keys: config.keys, moves: config.moves, client, life, entropy, target, known }
    }

    /// Returns the operation of that number: a read, a write, or a compare-and-set from a value that the client knows.
    ///
    /// Before some of them the client turns to another replica.
    pub(crate) fn next(&mut self, number: u64) -> Entry {
        if self.entropy.roll("moves", number).holds(self.moves) {
            self.target = NodeId(self.entropy.roll("replica", number).below(u64::from(REPLICAS)) as u32);
        }
        let request = RequestId { client: self.client, life: self.life, number };
        let key = KvKey(self.entropy.roll("key", number).below(self.keys));
        let op = match (self.entropy.roll("operation", number).below(3), self.known.get(&key)) {
            (0, _) => RegisterOp::Write(request),
            (1, Some(known)) => RegisterOp::CompareAndSet(*known, request),
            _ => RegisterOp::Read,
        };
        Entry { request, op: (key, op) }
    }

    /// Keeps what an answer says about the value.
    pub(crate) fn learn(&mut self, (key, op): KvOp, answer: KvAnswer) {
        let value = match (op, answer) {
            (_, KvAnswer::Value(value)) => value,
            (RegisterOp::Write(value) | RegisterOp::CompareAndSet(_, value), KvAnswer::Written) => Some(value),
            _ => None,
        };
        match value {
            Some(value) => drop(self.known.insert(key, value)),
            None => drop(self.known.remove(&key)),
        }
    }

    pub(crate) fn ask_next_replica(&mut self) {
        self.target = NodeId((self.target.0 + 1) % REPLICAS);
    }
}
