//! The effects of executed entries: the values, and the last request of each client.

use std::collections::BTreeMap;

use cluster_sim_invariants::history::models::RegisterOp;
use cluster_sim_node::NodeId;

use crate::bug::Bug;
use crate::message::Entry;
use crate::operation::{KvAnswer, KvKey, KvOp, RequestId};

/// The state that executing a log from its beginning gives.
#[derive(Debug, Default)]
pub(crate) struct State {
    bug: Option<Bug>,
    /// The number of entries that are executed.
    pub(crate) applied: usize,
    values: BTreeMap<KvKey, RequestId>,
    /// The last request of each client, with its answer. A client has one request at a time, so all earlier ones are over.
    requests: BTreeMap<NodeId, (RequestId, KvAnswer)>,
    /// Entries that repeated the last request of their client.
    pub(crate) repeated: u64,
    /// Entries of clients that have begun another life since.
    pub(crate) of_ended_lives: u64,
    /// The number of entries whose requests are not kept, for [`Bug::ForgetsRequests`].
    forgotten: usize,
}

impl State {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { bug, ..Self::default() }
    }

    /// Executes the next entry of the log; returns what to answer, nothing to a request that its client has given up.
    ///
    /// A retry is answered as before.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Option<KvAnswer> {
        self.applied += 1;
        let Entry { request, op } = entry;
        match self.requests.get(&request.client) {
            Some((last, answer)) if last == request => {
                self.repeated += 1;
                return Some(*answer);
            }
            Some((last, _)) if last > request && self.bug != Some(Bug::RemembersLastRequestOnly) => {
                self.of_ended_lives += u64::from(last.life > request.life);
                return None;
            }
            _ => {}
        }
        let answer = self.execute(op);
        if self.applied > self.forgotten {
            self.requests.insert(request.client, (*request, answer));
        }
        Some(answer)
    }

    fn execute(&mut self, (key, op): &KvOp) -> KvAnswer {
        match op {
            RegisterOp::Read => return self.read(*key),
            RegisterOp::CompareAndSet(expected, _) if !self.has(*key, *expected) => return KvAnswer::Mismatch,
            RegisterOp::Write(value) | RegisterOp::CompareAndSet(_, value) => drop(self.values.insert(*key, *value)),
        }
        KvAnswer::Written
    }

    pub(crate) fn read(&self, key: KvKey) -> KvAnswer {
        KvAnswer::Value(self.values.get(&key).copied())
    }

    pub(crate) fn has(&self, key: KvKey, value: RequestId) -> bool {
        self.values.get(&key) == Some(&value)
    }

    /// Forgets the requests of that many entries, for [`Bug::ForgetsRequests`].
    pub(crate) fn forget_requests(&mut self, entries: usize) {
        self.requests.clear();
        self.forgotten = entries;
    }
}
