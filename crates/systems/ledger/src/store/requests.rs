//! A primary answers clients.

use cluster_sim_node::{ClockReadings, NodeId};

use super::{LedgerStore, Role};
use crate::entry::{Body, Deposit, RequestId};
use crate::message::{LedgerMessage, Outbox};

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

    /// Answers by itself while it has a lease, else once a backup has answered the next heartbeat.
    pub(super) fn on_read(&mut self, clocks: ClockReadings, from: NodeId, request: RequestId, outbox: &mut Outbox) {
        if self.has_lease(clocks) {
            return self.send_balance(from, request, outbox);
        }
        match &mut self.role {
            Role::Primary(primary) => drop(primary.reads.insert((primary.beat + 1, request))),
            _ => outbox.send(from, LedgerMessage::Refused { request }),
        }
    }

    /// Answers reads that came before a heartbeat which a backup has answered: no later epoch had a primary when they came.
    pub(super) fn answer_reads(&mut self, outbox: &mut Outbox) {
        while let Role::Primary(primary) = &mut self.role
            && self.commit >= primary.begin
            && primary.reads.first().is_some_and(|(beat, _)| *beat <= primary.answered)
        {
            let Some((_, request)) = primary.reads.pop_first() else { return };
            self.send_balance(request.client, request, outbox);
        }
    }

    fn send_balance(&self, client: NodeId, request: RequestId, outbox: &mut Outbox) {
        outbox.send(client, LedgerMessage::Balance { request, commit: self.commit, balance: self.balance });
    }
}
