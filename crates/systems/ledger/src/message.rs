//! Messages between clients and stores, and among stores.

use cluster_sim_node::{Incarnation, Label};
use serde::{Deserialize, Serialize};

use crate::entry::{Deposit, Entry, LogEnd, RequestId};

/// A message of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerMessage {
    /// From client to store: append a deposit.
    Write(Deposit),
    /// From primary to client: the deposit is committed.
    Written {
        /// The request.
        request: RequestId,
        /// The number of its entry.
        index: u64,
    },
    /// From client to store: what is the balance?
    Read {
        /// The request.
        request: RequestId,
    },
    /// From primary to client: the balance.
    Balance {
        /// The request.
        request: RequestId,
        /// The number of the last committed entry.
        commit: u64,
        /// The sum of all amounts up to it.
        balance: u64,
    },
    /// From store to client: ask another, I am not the primary or have no lease.
    Refused {
        /// The request.
        request: RequestId,
    },
    /// From a store that wants to lead an epoch: do you promise to follow no earlier one?
    Prepare {
        /// The epoch.
        epoch: u64,
        /// The end of the sender's log.
        last: LogEnd,
    },
    /// From a store whose epoch is at least that one on its disk.
    Promise {
        /// The epoch.
        epoch: u64,
        /// Its log, if that is better than the one of the store that asked.
        better: Option<Vec<Entry>>,
    },
    /// From primary to backup: entries, or a heartbeat.
    Append {
        /// The epoch.
        epoch: u64,
        /// The number of the heartbeat; 0 if it is none.
        beat: u64,
        /// The entry before the first of these.
        previous: LogEnd,
        /// The entries.
        entries: Vec<Entry>,
        /// The number of the last committed entry.
        commit: u64,
    },
    /// From backup to primary: what is durable.
    Accepted {
        /// The epoch.
        epoch: u64,
        /// The heartbeat that it answers; 0 for none.
        beat: u64,
        /// The number up to which the primary's entries are durable here.
        upto: u64,
    },
    /// From backup to primary: the entry before does not match; send those after this number.
    Missing {
        /// The epoch.
        epoch: u64,
        /// The number.
        after: u64,
    },
    /// From a store that has promised a later epoch to one that asks in an earlier one.
    Stale {
        /// The later epoch.
        epoch: u64,
    },
    /// From a learner: what do you have?
    Query {
        /// The life of the learner.
        life: Incarnation,
        /// How often it had read its disk in that life: an answer to an earlier query says nothing about what it lost since.
        reading: u64,
    },
    /// To a learner.
    State {
        /// The life of the learner.
        life: Incarnation,
        /// The number of its query.
        reading: u64,
        /// The sender's epoch.
        epoch: u64,
        /// The sender's log.
        entries: Vec<Entry>,
    },
}

/// Labels a message by kind and subject, so that its fate does not depend on the rest.
pub fn label(message: &LedgerMessage) -> Label {
    let of_request = |request: &RequestId| u64::from(request.life.0) << 32 | request.number;
    let of_life = |life: &Incarnation, reading: u64| u64::from(life.0) << 32 | reading;
    let of_epoch = |epoch: u64, subject: u64| epoch << 32 | subject;
    let (kind, id) = match message {
        LedgerMessage::Write(deposit) => (0, of_request(&deposit.request)),
        LedgerMessage::Written { request, .. } => (1, of_request(request)),
        LedgerMessage::Read { request } => (2, of_request(request)),
        LedgerMessage::Balance { request, .. } => (3, of_request(request)),
        LedgerMessage::Refused { request } => (4, of_request(request)),
        LedgerMessage::Prepare { epoch, .. } => (5, *epoch),
        LedgerMessage::Promise { epoch, .. } => (6, *epoch),
        LedgerMessage::Append { epoch, beat: 0, previous, .. } => (7, of_epoch(*epoch, previous.index)),
        LedgerMessage::Append { epoch, beat, .. } => (8, of_epoch(*epoch, *beat)),
        LedgerMessage::Accepted { epoch, beat: 0, upto } => (9, of_epoch(*epoch, *upto)),
        LedgerMessage::Accepted { epoch, beat, .. } => (10, of_epoch(*epoch, *beat)),
        LedgerMessage::Missing { epoch, after } => (11, of_epoch(*epoch, *after)),
        LedgerMessage::Stale { epoch } => (12, *epoch),
        LedgerMessage::Query { life, reading } => (13, of_life(life, *reading)),
        LedgerMessage::State { life, reading, .. } => (14, of_life(life, *reading)),
    };
    Label::Key { kind, id }
}

/// The messages and facts of one event.
pub(crate) type Outbox = cluster_sim_node::ProtocolOutbox<LedgerMessage>;

#[cfg(test)]
mod tests {
    use cluster_sim_node::NodeId;

    use super::*;

    #[test]
    fn a_label_depends_on_kind_and_subject_but_not_content() {
        let append =
            |beat, commit| LedgerMessage::Append { epoch: 3, beat, previous: LogEnd::default(), entries: Vec::new(), commit };
        assert_eq!(label(&append(7, 1)), label(&append(7, 2)));
        assert_ne!(label(&append(7, 1)), label(&append(8, 1)));
        assert_ne!(label(&append(0, 1)), label(&append(8, 1)));
        let request = |life| RequestId { client: NodeId(3), life: Incarnation(life), number: 0 };
        assert_ne!(label(&LedgerMessage::Read { request: request(0) }), label(&LedgerMessage::Read { request: request(1) }));
    }
}
