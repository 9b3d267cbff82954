//! Carries out the readies of raft: what is to be applied, written and sent, in the order that raft prescribes.

use std::mem;

use cluster_sim::prelude::*;
use raft::{Ready, StateRole};

use super::facts::{Applied, Wrote};
use super::glue::{Replica, Unsynced};
use super::mistakes::Flaw;
use super::packet::Packet;

impl Replica {
    /// Applies a snapshot or committed entries.
    fn apply(&mut self, ready: &mut Ready, effects: &mut Effects<Packet>) {
        if !ready.snapshot().is_empty() {
            let state = self.status.state;
            effects.emit(self.status.install(ready.snapshot()));
            if self.flaw == Some(Flaw::KeepsItsState) {
                self.status.state = state;
            }
        }
        for entry in ready.take_committed_entries() {
            effects.emit(Applied(self.status.apply(&entry)));
            // A new leader begins with an empty entry.
            if let Ok((client, value)) = postcard::from_bytes(&entry.data)
                && self.raw.raft.state == StateRole::Leader
            {
                effects.send(client, Packet::Applied(value));
            }
        }
    }

    /// Carries out one ready, and sends what need not be durable first.
    pub(super) fn carry_out(&mut self, mut ready: Ready, effects: &mut Effects<Packet>) {
        let [mut messages, mut promises] = [ready.take_messages(), ready.take_persisted_messages()];
        // Raft takes snapshots of what is applied, and leaves the state to its host.
        for message in messages.iter_mut().chain(&mut promises).filter(|message| message.has_snapshot()) {
            message.mut_snapshot().data = self.status.data().into();
        }
        self.apply(&mut ready, effects);
        let snapshot = Some(ready.snapshot()).filter(|snapshot| !snapshot.is_empty());
        if ready.hs().is_some() || snapshot.is_some() || !ready.entries().is_empty() {
            // Later readies read it before it is durable.
            self.append(snapshot.cloned(), ready.entries(), effects).store(self.raw.store());
        }
        for entry in ready.entries() {
            let written = self.status.write(entry);
            effects.emit(Wrote(written));
            if self.flaw == Some(Flaw::AppliesTheWritten) {
                effects.emit(Applied(written));
            }
        }
        let mut unsynced = Unsynced { ready: ready.number(), state: self.raw.raft.hard_state(), promises: Vec::new() };
        unsynced.promises = promises.into_iter().map(|message| (self.status.promise(&message), message)).collect();
        if self.flaw.is_some_and(|flaw| flaw.sends_early(&ready)) {
            self.send(mem::take(&mut unsynced.promises), effects);
        }
        self.journal.keep_until_synced(unsynced);
        self.raw.advance_append_async(ready);
        self.raw.store().wl().mut_hard_state().commit = self.status.applied;
        self.send(messages.into_iter().map(|message| (None, message)), effects);
        self.compact(effects);
    }

    /// Whether what it found when it booted, or a snapshot of another replica, is not durable yet: raft must not go on before it is.
    pub(super) fn must_wait(&self) -> bool {
        self.status.durable.is_none() || self.raw.raft.raft_log.persisted < self.status.applied
    }
}
