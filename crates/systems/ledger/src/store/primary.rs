//! A primary: replicates its log, commits what two stores have, holds a lease.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_node::{ClockReadings, LocalInstant, NodeId, WallTime};

use super::{LedgerStore, Role};
use crate::bug::Bug;
use crate::config::MAJORITY;
use crate::entry::{Body, Entry, RequestId};
use crate::fact::LedgerFact;
use crate::message::{LedgerMessage, Outbox};

/// The most entries of one message.
const BATCH: usize = 64;
/// The heartbeats whose answers still prolong the lease.
const BEATS: usize = 16;

/// The state of a primary.
#[derive(Debug)]
pub(super) struct Primary {
    /// The first entry of its epoch. It commits by counting from this one on, and so all before it.
    pub(super) begin: u64,
    /// The number of the last heartbeat, and when the last ones were sent.
    pub(super) beat: u64,
    beats: BTreeMap<u64, ClockReadings>,
    /// The last heartbeat that a backup has answered.
    pub(super) answered: u64,
    /// The number up to which each backup has its entries.
    accepted: BTreeMap<NodeId, u64>,
    /// The number up to which it vouched itself.
    vouched: u64,
    /// The end of the lease by the monotonic clock, and by the wall clock for [`Bug::WallClockLease`].
    lease: LocalInstant,
    wall_lease: WallTime,
    /// The requests to answer once their entries are committed, by entry.
    pub(super) waiting: BTreeSet<(u64, RequestId)>,
    /// The reads to answer once a backup has answered a heartbeat, by its number.
    pub(super) reads: BTreeSet<(u64, RequestId)>,
}

impl LedgerStore {
    /// Begins to lead its epoch.
    ///
    /// It serves once the first entry of the epoch is committed: then all that earlier primaries committed is, too.
    pub(super) fn lead(&mut self, clocks: ClockReadings, outbox: &mut Outbox) {
        let begin = self.log.len() + 1;
        self.role = Role::Primary(Primary {
            begin,
            beat: 0,
            beats: BTreeMap::new(),
            answered: 0,
            accepted: BTreeMap::new(),
            vouched: 0,
            lease: LocalInstant::ZERO,
            wall_lease: WallTime::ZERO,
            waiting: BTreeSet::new(),
            reads: BTreeSet::new(),
        });
        outbox.emit(LedgerFact::Leads { epoch: self.epoch });
        self.replicate(Body::Begin, outbox);
        self.heartbeat(clocks, outbox);
    }

    /// Appends an entry, and sends it to the backups. Returns its number.
    pub(super) fn replicate(&mut self, body: Body, outbox: &mut Outbox) -> u64 {
        let previous = self.log.last();
        let entry = Entry { epoch: self.epoch, index: previous.index + 1, body };
        self.append(entry);
        let append = LedgerMessage::Append { epoch: self.epoch, beat: 0, previous, entries: vec![entry], commit: self.commit };
        self.send_peers(&append, outbox);
        entry.index
    }

    pub(super) fn heartbeat(&mut self, clocks: ClockReadings, outbox: &mut Outbox) {
        let Role::Primary(primary) = &mut self.role else { return };
        primary.beat += 1;
        primary.beats.insert(primary.beat, clocks);
        if primary.beats.len() > BEATS {
            primary.beats.pop_first();
        }
        let (beat, previous) = (primary.beat, self.log.last());
        let append = LedgerMessage::Append { epoch: self.epoch, beat, previous, entries: Vec::new(), commit: self.commit };
        self.send_peers(&append, outbox);
        self.deadline = Some(clocks.now + self.config.heartbeat);
    }

    pub(super) fn on_missing(&self, from: NodeId, epoch: u64, after: u64, outbox: &mut Outbox) {
        let Some(previous) = self.log.position(after) else { return };
        if matches!(self.role, Role::Primary(_)) && epoch == self.epoch {
            let entries = self.log.after(after).iter().take(BATCH).copied().collect();
            outbox.send(from, LedgerMessage::Append { epoch, beat: 0, previous, entries, commit: self.commit });
        }
    }

    pub(super) fn on_accepted(&mut self, from: NodeId, epoch: u64, beat: u64, upto: u64, outbox: &mut Outbox) {
        let Role::Primary(primary) = &mut self.role else { return };
        if epoch != self.epoch {
            return;
        }
        let accepted = primary.accepted.entry(from).or_default();
        *accepted = upto.max(*accepted);
        primary.answered = primary.answered.max(beat);
        if let Some(sent) = primary.beats.get(&beat) {
            primary.lease = primary.lease.max(sent.now + self.config.lease);
            primary.wall_lease = primary.wall_lease.max(sent.wall + self.config.lease);
        }
        self.advance_commit(outbox);
        self.answer_reads(outbox);
    }

    /// Whether no other store can have committed anything that this one does not know.
    pub(super) fn has_lease(&self, clocks: ClockReadings) -> bool {
        let Role::Primary(primary) = &self.role else { return false };
        let in_time = if self.config.bug == Some(Bug::WallClockLease) {
            clocks.wall < primary.wall_lease
        } else {
            clocks.now < primary.lease
        };
        in_time && self.commit >= primary.begin
    }

    /// Commits what a majority has on its disks, and answers the clients that wait for it.
    pub(super) fn advance_commit(&mut self, outbox: &mut Outbox) {
        let Role::Primary(primary) = &mut self.role else { return };
        let own = self.disk.vouched();
        if own > primary.vouched {
            primary.vouched = own;
            outbox.emit(LedgerFact::Vouched { epoch: self.epoch, upto: own });
        }
        let mut votes: Vec<u64> = primary.accepted.values().copied().chain([own]).collect();
        votes.sort_unstable_by(|one, other| other.cmp(one));
        let Some(index) = votes.get(MAJORITY - 1).copied().filter(|index| *index >= primary.begin) else { return };
        self.commit_to(index, outbox);
        self.answer_committed(outbox);
    }
}
