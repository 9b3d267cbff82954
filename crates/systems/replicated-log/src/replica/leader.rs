//! A leader sends its entries to all others until their logs are equal (§3.5), and leads only while a majority hears it (§6.2).

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use cluster_sim_node::{LocalInstant, NodeId};

use super::membership::Joining;
use super::reads::PendingRead;
use super::transfer::Transfer;
use super::{Outbox, Refused, Replica, State};
use crate::entry::{Entry, EntryContent, EntryId};
use crate::log_fact::LogFact;
use crate::log_message::Body;

/// The state of a leader, which ends with its term.
#[derive(Debug, Default)]
pub(super) struct Leader {
    peers: BTreeMap<NodeId, Peer>,
    /// The index of the first entry of its term.
    pub(super) first: u64,
    /// The last round of heartbeats, and when the latest ones began.
    pub(super) round: u64,
    rounds: VecDeque<(u64, LocalInstant)>,
    pub(super) reads: VecDeque<PendingRead>,
    pub(super) transfer: Option<Transfer>,
    /// Whether it asked another to stand for election, which may happen at any time from then on.
    pub(super) made_room: bool,
    pub(super) joining: Option<Joining>,
}

/// A leader's knowledge of another server.
#[derive(Debug, Clone, Copy)]
struct Peer {
    /// The last entry that it is known to have on its disk, equal to the leader's. Never falls (figure 3.1, matchIndex).
    matched: u64,
    /// The next entry to send: above `matched`, and beyond what it answered if messages are on their way (figure 3.1, nextIndex).
    next: u64,
    /// The latest round that it answered, and when that began.
    round: u64,
    heard: LocalInstant,
    /// A snapshot is sent no earlier than this: the last one may be on its way.
    snapshot_from: LocalInstant,
}

impl Leader {
    pub(super) fn matched(&self, peer: NodeId) -> u64 {
        self.peers.get(&peer).map_or(0, |peer| peer.matched)
    }

    /// Returns the latest round that a server answered.
    pub(super) fn answered(&self, peer: NodeId) -> u64 {
        self.peers.get(&peer).map_or(0, |peer| peer.round)
    }

    /// Returns when the latest round began that a server answered.
    pub(super) fn heard(&self, peer: NodeId) -> LocalInstant {
        self.peers.get(&peer).map_or(LocalInstant::ZERO, |peer| peer.heard)
    }
}

impl Replica {
    /// Begins its term with an entry of it: only that commits what earlier terms left (§3.6.2).
    pub(super) fn begin_to_lead(&mut self, now: LocalInstant, out: &mut Outbox) {
        let first = self.log.last().index + 1;
        self.state = State::Leader(Box::new(Leader { first, ..Leader::default() }));
        self.meet_members(now);
        self.create(&EntryContent::Blank, out);
        self.begin_round(now, out);
        self.deadline = Some(now + self.config.heartbeat);
    }

    /// Keeps a record of each other voter, and of one that is to join.
    pub(super) fn meet_members(&mut self, now: LocalInstant) {
        let (next, mut known) = (self.log.last().index + 1, self.others());
        let State::Leader(leader) = &mut self.state else { return };
        known.extend(leader.joining.iter().map(|joining| joining.server));
        leader.peers.retain(|peer, _| known.contains(peer));
        for peer in known {
            let new = Peer { matched: 0, next, round: 0, heard: now, snapshot_from: now };
            leader.peers.entry(peer).or_insert(new);
        }
    }

    /// Appends a command, if it leads (§3.5).
    pub(super) fn propose(&mut self, command: Bytes, out: &mut Outbox) {
        let result = match &self.state {
            State::Leader(leader) if leader.transfer.is_none() => Ok(()),
            State::Leader(_) => Err(Refused::Transferring),
            _ => Err(Refused::NotLeader(self.leader)),
        };
        out.proposed = Some(result.map(|()| self.create(&EntryContent::Command(command), out)));
        self.send_new(out);
    }

    /// Appends an entry of its term; it may go out before it is on the leader's own disk (§10.2.1).
    pub(super) fn create(&mut self, content: &EntryContent, out: &mut Outbox) -> EntryId {
        let (term, last) = (self.log.hard.term, self.log.last().index);
        let chain = self.log.chain_at(last).expect("it is the last");
        self.append(last + 1, &[Entry::following(chain, term, content)], out);
        EntryId { term, index: last + 1 }
    }

    /// Sends the new entries to each server that has been sent all before them.
    pub(super) fn send_new(&mut self, out: &mut Outbox) {
        let last = self.log.last().index;
        let State::Leader(leader) = &self.state else { return };
        let waiting: Vec<NodeId> = leader.peers.iter().filter(|(_, peer)| peer.next <= last).map(|(peer, _)| *peer).collect();
        waiting.into_iter().for_each(|peer| self.send_entries(None, peer, out));
    }

    /// Begins a round: a message to each other server, which its answer names.
    pub(super) fn begin_round(&mut self, now: LocalInstant, out: &mut Outbox) {
        let horizon = self.config.election * 2;
        let State::Leader(leader) = &mut self.state else { return };
        leader.round += 1;
        leader.rounds.push_back((leader.round, now));
        while leader.rounds.front().is_some_and(|(_, began)| *began + horizon < now) {
            leader.rounds.pop_front();
        }
        let peers: Vec<NodeId> = leader.peers.keys().copied().collect();
        peers.into_iter().for_each(|peer| self.send_entries(Some(now), peer, out));
    }

    pub(super) fn on_heartbeat_due(&mut self, now: LocalInstant, out: &mut Outbox) {
        if now >= self.majority_heard(now) + self.config.election {
            // Cut off: another may lead by now, and clients should find it (§6.2).
            return self.step_down(now, out);
        }
        self.end_transfer(now);
        self.end_joining(now);
        self.begin_round(now, out);
        self.deadline = Some(now + self.config.heartbeat);
    }

    /// Returns when the latest round began that a majority answered.
    pub(super) fn majority_heard(&self, now: LocalInstant) -> LocalInstant {
        let State::Leader(leader) = &self.state else { return LocalInstant::ZERO };
        self.log.members().quorum_of(|voter| if voter == self.id { now } else { leader.heard(voter) })
    }

    /// Sends a server the entries that it needs next, or a snapshot in place of those that are gone (§5.1).
    ///
    /// In a round it sends a heartbeat if there are none.
    fn send_entries(&mut self, round: Option<LocalInstant>, to: NodeId, out: &mut Outbox) {
        let State::Leader(leader) = &mut self.state else { return };
        let (number, commit, election) = (leader.round, self.commit, self.config.election);
        let Some(peer) = leader.peers.get_mut(&to) else { return };
        if let (true, Some(now), Some(frame)) = (peer.next <= self.log.base().index, round, self.log.snapshot())
            && now >= peer.snapshot_from
        {
            let last = self.log.base();
            (peer.snapshot_from, peer.next) = (now + election, last.index + 1);
            let frame = frame.clone();
            return self.send(to, Body::Snapshot { round: number, last, frame }, out);
        }
        let next = peer.next.max(self.log.base().index + 1);
        let entries = if next == peer.next { self.log.entries(next, self.config.message_bytes) } else { Vec::new() };
        if entries.is_empty() && round.is_none() {
            return;
        }
        peer.next = peer.next.max(peer.next + entries.len() as u64);
        let previous = EntryId { term: self.log.term_at(next - 1).expect("it is at or after the base"), index: next - 1 };
        self.send(to, Body::Append { round: number, previous, entries, commit }, out);
    }

    /// Takes note of an answer: its sender heard the leader after a round began.
    fn on_answer(&mut self, from: NodeId, round: u64) -> Option<&mut Peer> {
        let State::Leader(leader) = &mut self.state else { return None };
        let peer = leader.peers.get_mut(&from)?;
        if round > peer.round {
            peer.round = round;
            let began = leader.rounds.iter().find(|(number, _)| *number == round);
            peer.heard = began.map_or(peer.heard, |(_, began)| *began);
        }
        Some(peer)
    }

    pub(super) fn on_appended(&mut self, now: LocalInstant, from: NodeId, round: u64, matched: u64, out: &mut Outbox) {
        let term = self.log.hard.term;
        let Some(peer) = self.on_answer(from, round) else { return };
        if matched > peer.matched {
            (peer.matched, peer.next) = (matched, peer.next.max(matched + 1));
            out.facts.push(LogFact::Progress { term, peer: from, matched, next: peer.next });
            self.advance_commit(now, out);
        }
        self.send_entries(None, from, out);
        self.on_caught_up(now, from, out);
        self.make_room(out);
    }

    /// Goes back to where the logs may agree. A late answer says nothing new (§3.5).
    pub(super) fn on_mismatch(&mut self, from: NodeId, round: u64, (previous, hint): (u64, u64), out: &mut Outbox) {
        let Some(peer) = self.on_answer(from, round) else { return };
        if previous > peer.matched && previous < peer.next {
            peer.next = hint.min(previous - 1).max(peer.matched) + 1;
            self.send_entries(None, from, out);
        }
    }
}
