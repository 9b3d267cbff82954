//! Messages between clients and replicas, and among replicas.

use cluster_sim_node::{Incarnation, Label};
use serde::{Deserialize, Serialize};

use crate::operation::{KvAnswer, KvOp, RequestId};

/// An entry of the log: an operation in the order in which all replicas execute it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The request; retries repeat it.
    pub request: RequestId,
    /// The operation.
    pub op: KvOp,
}

/// The log of a replica, and the last epoch whose primary gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochLog {
    /// The epoch.
    pub epoch: u64,
    /// The entries.
    pub entries: Vec<Entry>,
}

impl EpochLog {
    /// Whether it has everything that is committed, if one of the two has.
    pub fn is_better_than(&self, other: &Self) -> bool {
        (self.epoch, self.entries.len()) > (other.epoch, other.entries.len())
    }
}

/// A message of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KvMessage {
    /// From client to replica: execute an operation.
    Ask(Entry),
    /// From primary to client: it is executed.
    Answer {
        /// The request.
        request: RequestId,
        /// The answer.
        answer: KvAnswer,
    },
    /// From replica to client: ask another, I am not the primary.
    Refused {
        /// The request.
        request: RequestId,
    },
    /// From a replica that wants to lead an epoch: do you promise to follow no earlier one?
    Prepare {
        /// The epoch.
        epoch: u64,
        /// The life of the sender.
        life: Incarnation,
    },
    /// From a replica that follows no earlier epoch.
    Promise {
        /// The epoch.
        epoch: u64,
        /// The life of the receiver: a later one has not heard what was promised before, nor can its giver.
        life: Incarnation,
        /// Its log.
        log: EpochLog,
    },
    /// From primary to backup: entries, or a heartbeat.
    Append {
        /// The epoch.
        epoch: u64,
        /// The number of the heartbeat; 0 if it is none.
        beat: u64,
        /// The number of entries before these.
        after: usize,
        /// The entries.
        entries: Vec<Entry>,
        /// How many entries are committed.
        commit: usize,
    },
    /// From backup to primary: how much of its log is here.
    Accepted {
        /// The epoch.
        epoch: u64,
        /// The heartbeat that it answers; 0 for none.
        beat: u64,
        /// The last request that came with it; absent if it brought none.
        last: Option<RequestId>,
        /// The number of entries.
        upto: usize,
    },
    /// From a replica in a later epoch to one that asks in an earlier one.
    Stale {
        /// The later epoch.
        epoch: u64,
    },
    /// From a replica that restarted and has forgotten everything: what do you have?
    Query {
        /// The life of the sender.
        life: Incarnation,
    },
    /// To such a replica.
    State {
        /// The life of the receiver.
        life: Incarnation,
        /// The sender's epoch.
        epoch: u64,
        /// The sender's log.
        log: EpochLog,
    },
}

/// Labels a message by kind and subject, so that its fate does not depend on the rest.
pub fn label(message: &KvMessage) -> Label {
    let of_request = |request: &RequestId| u64::from(request.life.0) << 32 | request.number;
    let of_epoch = |epoch: u64, subject: u64| epoch << 32 | subject;
    // Whichever entries are before it, so that the fate of one does not depend on how many others there are.
    let of_last = |request: Option<RequestId>| {
        request.map_or(0, |request| u64::from(request.client.0) << 48 | u64::from(request.life.0) << 32 | request.number)
    };
    let (kind, id) = match message {
        KvMessage::Ask(entry) => (0, of_request(&entry.request)),
        KvMessage::Answer { request, .. } => (1, of_request(request)),
        KvMessage::Refused { request } => (2, of_request(request)),
        KvMessage::Prepare { epoch, .. } => (3, *epoch),
        KvMessage::Promise { epoch, .. } => (4, *epoch),
        KvMessage::Append { beat: 0, entries, .. } => (5, of_last(entries.last().map(|entry| entry.request))),
        KvMessage::Append { epoch, beat, .. } => (6, of_epoch(*epoch, *beat)),
        KvMessage::Accepted { beat: 0, last, .. } => (7, of_last(*last)),
        KvMessage::Accepted { epoch, beat, .. } => (8, of_epoch(*epoch, *beat)),
        KvMessage::Stale { epoch } => (9, *epoch),
        KvMessage::Query { life } => (10, u64::from(life.0)),
        KvMessage::State { life, .. } => (11, u64::from(life.0)),
    };
    Label::Key { kind, id }
}

#[cfg(test)]
mod tests {
    use cluster_sim_invariants::history::models::RegisterOp;
    use cluster_sim_node::NodeId;

    use super::*;
    use crate::operation::KvKey;

    #[test]
    fn a_log_of_a_later_epoch_is_better_than_a_longer_one() {
        let entry =
            Entry { request: RequestId { client: NodeId(3), life: Incarnation(0), number: 0 }, op: (KvKey(0), RegisterOp::Read) };
        let log = |epoch, length| EpochLog { epoch, entries: vec![entry; length] };
        let ascending = [log(0, 0), log(0, 2), log(1, 0), log(1, 1), log(1, 3), log(4, 0)];
        for (place, one) in ascending.iter().enumerate() {
            for (other_place, other) in ascending.iter().enumerate() {
                assert_eq!(one.is_better_than(other), place > other_place, "{one:?} than {other:?}");
            }
        }
    }

    #[test]
    fn a_label_depends_on_kind_and_subject_but_not_content() {
        let append = |beat, commit| KvMessage::Append { epoch: 3, beat, after: 5, entries: Vec::new(), commit };
        assert_eq!(label(&append(7, 1)), label(&append(7, 2)));
        assert_ne!(label(&append(7, 1)), label(&append(8, 1)));
        assert_ne!(label(&append(0, 1)), label(&append(5, 1)));
        assert_ne!(label(&KvMessage::Prepare { epoch: 1, life: Incarnation(0) }), label(&KvMessage::Stale { epoch: 1 }));
    }
}
