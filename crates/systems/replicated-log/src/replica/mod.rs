//! The protocol of a replica: one event in, messages and records out.
//!
//! | file | contents | Ongaro's thesis |
//! |---|---|---|
//! | `mod.rs` | [`Replica`]: which part handles an event, and what waits for the disk | figure 3.1 |
//! | `event.rs` | [`LogEvent`], [`Outbox`], [`Identity`] | |
//! | `view.rs` | [`LogView`], what hosts and rules may read | |
//! | `election.rs` | terms, pre-votes, votes | §3.4, §3.6.1, §4.2.3, §9.6 |
//! | `replication.rs` | a follower takes entries | §3.5 |
//! | `leader.rs` | a leader sends entries, and steps down without a majority | §3.5, §6.2 |
//! | `commit.rs` | which entries are committed, and given to the host | §3.6.2 |
//! | `snapshot.rs` | compaction, and snapshots of others | §5.1, figure 5.3 |
//! | `reads.rs` | reads without entries, by read index or lease | §6.4 |
//! | `membership.rs` | one server joins or leaves at a time | §4.1 to §4.3 |
//! | `transfer.rs` | a leader makes room for another | §3.10 |

mod commit;
mod election;
mod event;
mod leader;
mod membership;
mod reads;
mod replication;
mod snapshot;
mod transfer;
mod view;

use std::collections::{BTreeSet, VecDeque};

use cluster_sim_node::{Entropy, EntryLog, LocalInstant, NodeId};

pub use self::event::{Committed, Identity, LogEvent, MemberChange, Outbox, Refused};
use self::leader::Leader;
pub use self::view::{LogView, Role};
use crate::log::{Log, Record};
use crate::log_config::LogConfig;
use crate::log_fact::LogFact;
use crate::log_message::{Body, LogMessage};

/// A replica of a log, as a protocol without IO.
///
/// Its host gives it each event, then carries out what the outbox has: writes the records to a journal, in order, and syncs; sends the
/// messages; executes what is committed. It reports each sync by [`LogEvent::Synced`]. The order among these does not matter: a message that
/// promises that something is durable waits in here until it is.
///
/// If its disk fails, the host drops it, reads the journal again, and makes a new one: as after a crash, what no sync confirmed was
/// promised to no other server.
#[derive(Debug)]
pub struct Replica {
    config: LogConfig,
    id: NodeId,
    entropy: Entropy,
    log: Log,
    state: State,
    /// The leader of the term, once it is known.
    leader: Option<NodeId>,
    /// The last word of a leader: others need not ask for a vote until [`LogConfig::election`] later.
    heard: LocalInstant,
    /// The entries that are known to be committed, and those that the host has.
    commit: u64,
    applied: u64,
    /// The last entry of a snapshot that the host has not taken yet.
    installing: Option<u64>,
    /// Messages that wait for that many records to be durable.
    held: VecDeque<(u64, NodeId, LogMessage)>,
    deadline: Option<LocalInstant>,
    /// How many timeouts it rolled in this life.
    timeouts: u64,
    /// The most that its messages have promised.
    promised: Promise,
    view: LogView,
}

/// The part that a replica plays, with what only that part knows.
#[derive(Debug)]
enum State {
    Follower,
    PreCandidate { granted: BTreeSet<NodeId> },
    Candidate { granted: BTreeSet<NodeId> },
    Leader(Box<Leader>),
}

/// A message's promise that something is durable.
#[derive(Debug, Clone, Copy, Default)]
struct Promise {
    term: u64,
    vote: Option<NodeId>,
    matched: u64,
}

impl Replica {
    /// Creates the replica of a life, of a log that is durable. [`LogEvent::Start`] comes next.
    ///
    /// `None` if the log is of other code.
    pub fn new(config: LogConfig, identity: Identity, log: EntryLog) -> Option<Self> {
        let Identity { id, voters, entropy, applied } = identity;
        let log = Log::new(log, voters)?;
        let base = log.base().index;
        let mut replica = Self {
            config,
            id,
            entropy,
            state: State::Follower,
            leader: None,
            heard: LocalInstant::ZERO,
            commit: applied.max(base),
            applied: applied.max(base),
            installing: (applied < base).then_some(base),
            held: VecDeque::new(),
            deadline: None,
            timeouts: 0,
            promised: Promise::default(),
            view: LogView::default(),
            log,
        };
        replica.look();
        Some(replica)
    }

    /// Handles an event. All that is to be done about it goes to `out`.
    pub fn handle(&mut self, now: LocalInstant, event: LogEvent, out: &mut Outbox) {
        let commit = self.commit;
        match event {
            LogEvent::Start => self.start(now, out),
            LogEvent::Tick => self.on_tick(now, out),
            LogEvent::Message { from, message } => self.on_message(now, from, message, out),
            LogEvent::Synced(records) => self.on_synced(now, records, out),
            LogEvent::Propose(command) => self.propose(command, out),
            LogEvent::Read { token } => self.read(now, token, out),
            LogEvent::Compact { index, state } => self.compact(index, state, out),
            LogEvent::Installed { index } => self.on_installed(now, index, out),
            LogEvent::Transfer(target) => self.transfer(now, target, out),
            LogEvent::Change(change) => self.change_members(now, change, out),
        }
        if self.commit != commit {
            out.facts.push(LogFact::Commit { index: self.commit });
        }
        self.deliver(out);
        self.serve_reads(out);
        self.look();
    }

    /// Returns the instant at which it wants [`LogEvent::Tick`]; `None` for never.
    pub fn deadline(&self) -> Option<LocalInstant> {
        self.deadline
    }

    /// Returns what hosts and rules may read.
    pub fn view(&self) -> &LogView {
        &self.view
    }

    fn start(&mut self, now: LocalInstant, out: &mut Outbox) {
        out.facts.push(LogFact::Booted { hard: self.log.hard, base: self.log.base().index, entries: self.log.positions() });
        if self.installing.is_some() {
            return self.hand_out_snapshot(out);
        }
        self.begin_to_follow(now, out);
    }

    /// Follows from the beginning of a life on, or once the host has taken a snapshot.
    ///
    /// It may have forgotten that it heard a leader just before it crashed, and a lease may rest on that: it behaves as if it had (§6.4.1).
    fn begin_to_follow(&mut self, now: LocalInstant, out: &mut Outbox) {
        self.heard = now;
        self.reset_election(now);
        if self.log.members().as_slice() == [self.id] {
            self.campaign(now, false, out);
        }
    }

    fn on_tick(&mut self, now: LocalInstant, out: &mut Outbox) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        match self.state {
            State::Leader(_) => self.on_heartbeat_due(now, out),
            _ => self.stand(now, out),
        }
    }

    fn on_message(&mut self, now: LocalInstant, from: NodeId, message: LogMessage, out: &mut Outbox) {
        let LogMessage { term, body } = message;
        // Before the term: a server that was cut off must not depose a leader by its higher one (§4.2.3).
        let is_disturbance = matches!(body, Body::PreVote { .. } | Body::Vote { is_transfer: false, .. });
        if is_disturbance && self.hears_a_leader(now) {
            return;
        }
        if term > self.log.hard.term {
            self.enter_term(now, term, None, out);
        }
        if term < self.log.hard.term {
            return self.on_outdated(now, from, body, out);
        }
        match body {
            Body::PreVote { last } => self.on_pre_vote(from, last, out),
            Body::PreVoteGranted => self.on_pre_vote_granted(now, from, out),
            Body::Vote { last, .. } => self.on_vote(now, from, last, out),
            Body::VoteGranted => self.on_vote_granted(now, from, out),
            Body::Append { round, previous, entries, commit } => {
                if self.follow(now, from) {
                    self.on_append(from, round, replication::Sent { previous, entries, commit }, out);
                }
            }
            Body::Snapshot { round, last, frame } => {
                if self.follow(now, from) {
                    self.on_snapshot(from, round, last, frame, out);
                }
            }
            Body::Appended { round, matched } => self.on_appended(now, from, round, matched, out),
            Body::Mismatch { round, previous, hint } => self.on_mismatch(from, round, (previous, hint), out),
            Body::TimeoutNow => self.on_timeout_now(now, from, out),
            Body::Outdated => {}
        }
    }

    /// Records became durable: what waited for them goes on.
    fn on_synced(&mut self, now: LocalInstant, records: u64, out: &mut Outbox) {
        self.log.on_synced(records);
        for (record, to, message) in std::mem::take(&mut self.held) {
            if self.log.is_synced(record) { self.dispatch(to, message, out) } else { self.held.push_back((record, to, message)) }
        }
        self.count_votes(now, out);
        self.advance_commit(now, out);
    }

    /// Hands a change of the log to the host.
    fn write(&mut self, record: Record, out: &mut Outbox) {
        out.records.push(record);
    }

    /// Sends a message once term and vote are durable ("before responding to RPCs", figure 3.1).
    fn send(&mut self, to: NodeId, body: Body, out: &mut Outbox) {
        self.send_after(self.log.hard_record(), to, body, out);
    }

    /// Sends a message once that many records are durable.
    fn send_after(&mut self, record: u64, to: NodeId, body: Body, out: &mut Outbox) {
        let message = LogMessage { term: self.log.hard.term, body };
        if self.log.is_synced(record) { self.dispatch(to, message, out) } else { self.held.push_back((record, to, message)) }
    }

    fn dispatch(&mut self, to: NodeId, message: LogMessage, out: &mut Outbox) {
        let (vote, matched) = match message.body {
            Body::Vote { .. } => (Some(self.id), 0),
            Body::VoteGranted => (Some(to), 0),
            Body::Appended { matched, .. } => (None, matched),
            _ => (None, 0),
        };
        let Promise { term, vote: voted, matched: upto } = self.promised;
        if message.term != term || (vote.is_some() && vote != voted) || matched > upto {
            let is_same = message.term == term;
            self.promised = Promise {
                term: message.term,
                vote: vote.or(voted.filter(|_| is_same)),
                matched: if is_same { matched.max(upto) } else { matched },
            };
            let chain = self.log.chain_at(matched).unwrap_or_default();
            out.facts.push(LogFact::Promised { term: message.term, vote, matched, chain });
        }
        out.sends.push((to, message));
    }

    fn send_others(&mut self, body: &Body, out: &mut Outbox) {
        for peer in self.others() {
            self.send(peer, body.clone(), out);
        }
    }

    /// The other voters.
    fn others(&self) -> Vec<NodeId> {
        self.log.members().as_slice().iter().copied().filter(|peer| *peer != self.id).collect()
    }

    fn has_bug(&self, bug: crate::Bug) -> bool {
        self.config.bug == Some(bug)
    }
}
