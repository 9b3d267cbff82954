//! A primary answers clients.

use cluster_sim_node::NodeId;

use super::{LedgerStore, Role};
use crate::entry::{Body, Deposit, RequestId};
use crate::message::LedgerMessage;
use crate::protocol::{ClockReadings, Outbox};

impl LedgerStore {
    /// Appends a deposit that is new, and answers once its entry is committed.
    pub(super) fn on_write(&mut self, from: NodeId, deposit: Deposit, outbox: &mut Outbox) {
        let request = deposit.request;
        if !matches!(self.role, Role::Primary(_)) {
            return outbox.send(from, LedgerMessage::Refused { request });
        }
        let index = match self.log.find(&deposit) {
            Some(index) => index,
            None => self.replicate(Body::Deposit(deposit), outbox),
        };
        if index <= self.commit {
            return outbox.send(from, LedgerMessage::Written { request, index });
        }
        if let Role::Primary(primary) = &mut self.role {
            primary.waiting.insert((index, request));
        }
    }

    pub(super) fn answer_committed(&mut self, outbox: &mut Outbox) {
        let Role::Primary(primary) = &mut self.role else { return };
        while primary.waiting.first().is_some_and(|(index, _)| *index <= self.commit) {
            let Some((index, request)) = primary.waiting.pop_first() else { return };
            outbox.send(request.client, LedgerMessage::Written { request, index });
        }
    }

    /// Answers by itself while it has a lease.
    pub(super) fn on_read(&self, clocks: ClockReadings, from: NodeId, request: RequestId, outbox: &mut Outbox) {
        let answer = if self.has_lease(clocks) {
            LedgerMessage::Balance { request, commit: self.commit, balance: self.balance }
        } else {
            LedgerMessage::Refused { request }
        };
        outbox.send(from, answer);
    }
}
