//! A store: one of the three replicas.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | the parts of a store, and which of them handles an event |
//! | `view.rs` | [`StoreView`], what rules may read |
//! | `backup.rs` | follows a primary, and promises |
//! | `candidate.rs` | asks for promises |
//! | `primary.rs` | replicates, commits, holds a lease |
//! | `requests.rs` | a primary answers clients |
//! | `learner.rs` | a store that doubts its disk learns from the others |

mod backup;
mod candidate;
mod learner;
mod primary;
mod requests;
mod view;

use cluster_sim_node::{
    ClockReadings, DiskOp, Entropy, Incarnation, Label, LocalInstant, NodeId, Protocol, ProtocolEvent, ProtocolIdentity,
};

use self::backup::Backup;
use self::candidate::Candidate;
use self::learner::Learner;
use self::primary::Primary;
pub use self::view::{Status, StoreView};
use crate::config::{Config, Recovery, STORES};
use crate::durable::{DiskEvent, Durable, Found};
use crate::entry::{Entry, LogEnd};
use crate::fact::LedgerFact;
use crate::log::Log;
use crate::message::{LedgerMessage, Outbox, label};

/// A replica of the ledger, as a protocol without IO.
#[derive(Debug)]
pub struct LedgerStore {
    config: Config,
    id: NodeId,
    life: Incarnation,
    entropy: Entropy,
    disk: Durable,
    role: Role,
    /// The highest epoch that it knows of. It acts in it once it is saved.
    epoch: u64,
    /// The epoch on the disk; absent for a learner.
    saved: Option<u64>,
    log: Log,
    /// The number of the last entry known to be committed, and the sum of all amounts up to it.
    commit: u64,
    balance: u64,
    /// The candidate that asked for the promise of this epoch, and the end of its log.
    asked: Option<(NodeId, LogEnd)>,
    /// It makes no promise before this: a primary may count on it.
    promise_from: LocalInstant,
    deadline: Option<LocalInstant>,
    /// How many timeouts it rolled in this life.
    timeouts: u64,
    /// How often it has read its disk in this life.
    readings: u64,
}

/// The part that a store plays at the moment.
#[derive(Debug)]
enum Role {
    /// Reads its disk.
    Reading,
    /// Waits to read its disk again, because an operation failed.
    Failed,
    /// Does nothing in this life; see [`Bug::TornTailIsCorruption`](crate::Bug::TornTailIsCorruption).
    Refused,
    Learner(Learner),
    Backup(Backup),
    Candidate(Candidate),
    Primary(Primary),
}

impl Protocol for LedgerStore {
    // A planted bug judges leases by it.
    const READS_WALL: bool = true;

    type Config = Config;
    type Message = LedgerMessage;
    type View = StoreView;

    fn boot(config: Config, identity: ProtocolIdentity) -> Self {
        let ProtocolIdentity { id, life, entropy, .. } = identity;
        Self {
            config,
            id,
            life,
            entropy,
            disk: Durable::new(config.bug),
            role: Role::Reading,
            epoch: 0,
            saved: None,
            log: Log::new(config.bug),
            commit: 0,
            balance: 0,
            asked: None,
            // It has forgotten the promises of earlier lives, so it keeps them all.
            promise_from: LocalInstant::ZERO + config.promise(),
            deadline: None,
            timeouts: 0,
            readings: 0,
        }
    }

    fn handle(&mut self, clocks: ClockReadings, event: ProtocolEvent<LedgerMessage>, outbox: &mut Outbox) {
        match event {
            ProtocolEvent::Start => {}
            ProtocolEvent::Message { from, message } => self.on_message(clocks, from, message, outbox),
            ProtocolEvent::Tick => self.on_tick(clocks, outbox),
            ProtocolEvent::Disk(result) => {
                if let Some(event) = self.disk.on_result(result) {
                    self.on_disk(clocks, event, outbox);
                }
            }
        }
    }

    fn deadline(&self) -> Option<LocalInstant> {
        self.deadline
    }

    fn next_operation(&mut self) -> Option<DiskOp> {
        self.disk.next_operation()
    }

    fn view(&self) -> StoreView {
        StoreView {
            status: self.status(),
            epoch: self.saved.unwrap_or_default(),
            length: self.log.len(),
            commit: self.commit,
            balance: self.balance,
        }
    }

    fn label(message: &LedgerMessage) -> Label {
        label(message)
    }
}

impl LedgerStore {
    fn status(&self) -> Status {
        match self.role {
            Role::Reading => Status::Reading,
            Role::Failed => Status::Failed,
            Role::Refused => Status::Refused,
            Role::Learner(_) => Status::Learner,
            Role::Backup(_) => Status::Backup,
            Role::Candidate(_) => Status::Candidate,
            Role::Primary(_) => Status::Primary,
        }
    }

    /// The two other stores.
    fn peers(&self) -> impl Iterator<Item = NodeId> + use<> {
        let id = self.id;
        (0..STORES).map(NodeId).filter(move |peer| *peer != id)
    }

    fn send_peers(&self, message: &LedgerMessage, outbox: &mut Outbox) {
        self.peers().for_each(|peer| outbox.send(peer, message.clone()));
    }

    /// Whether its epoch is on the disk, so that it may act in it.
    fn is_settled(&self) -> bool {
        self.saved == Some(self.epoch)
    }

    fn on_message(&mut self, clocks: ClockReadings, from: NodeId, message: LedgerMessage, outbox: &mut Outbox) {
        if matches!(self.role, Role::Reading | Role::Failed | Role::Refused) {
            return;
        }
        match message {
            LedgerMessage::Query { life, reading } => return self.answer_query(from, life, reading, outbox),
            LedgerMessage::State { life, reading, epoch, entries } if (life, reading) == (self.life, self.readings) => {
                return self.on_state(from, learner::Answer { epoch, entries });
            }
            _ => {}
        }
        if matches!(self.role, Role::Learner(_)) {
            return;
        }
        match message {
            LedgerMessage::Write(deposit) => self.on_write(from, deposit, outbox),
            LedgerMessage::Read { request } => self.on_read(clocks, from, request, outbox),
            LedgerMessage::Prepare { epoch, last } => self.on_prepare(clocks.now, from, epoch, last, outbox),
            LedgerMessage::Promise { epoch, better } => self.on_promise(clocks, epoch, better, outbox),
            LedgerMessage::Append { epoch, beat, previous, entries, commit } => {
                let append = backup::Append { epoch, beat, previous, entries, commit };
                self.on_append(clocks.now, from, append, outbox);
            }
            LedgerMessage::Accepted { epoch, beat, upto } => self.on_accepted(from, epoch, beat, upto, outbox),
            LedgerMessage::Missing { epoch, after } => self.on_missing(from, epoch, after, outbox),
            LedgerMessage::Stale { epoch } => self.on_stale(clocks.now, epoch),
            _ => {}
        }
    }

    fn on_tick(&mut self, clocks: ClockReadings, outbox: &mut Outbox) {
        match self.role {
            Role::Reading | Role::Refused => self.deadline = None,
            Role::Failed => {
                self.role = Role::Reading;
                self.deadline = None;
                self.disk.read();
            }
            Role::Learner(_) => self.query(clocks.now, outbox),
            Role::Backup(_) => self.campaign(clocks.now),
            Role::Candidate(_) => self.on_candidate_tick(clocks.now, outbox),
            Role::Primary(_) => self.heartbeat(clocks, outbox),
        }
    }

    fn on_disk(&mut self, clocks: ClockReadings, event: DiskEvent, outbox: &mut Outbox) {
        match event {
            DiskEvent::Ready(found) => self.begin(clocks.now, found, outbox),
            DiskEvent::EpochSaved(epoch) => self.on_epoch_saved(clocks.now, epoch, outbox),
            DiskEvent::Synced => self.on_synced(outbox),
            DiskEvent::Failed => {
                // Of what was not synced nothing is known any more: it begins anew with what the disk has.
                self.role = Role::Failed;
                self.deadline = Some(clocks.now + self.config.heartbeat);
            }
            DiskEvent::Refused => self.role = Role::Refused,
        }
    }

    /// Takes part with what the disk has, or learns what it may have lost.
    ///
    /// Even the primary of its epoch is a backup then: it may have lost entries that it appended and others have.
    fn begin(&mut self, now: LocalInstant, found: Found, outbox: &mut Outbox) {
        self.log = Log::new(self.config.bug);
        found.entries.into_iter().for_each(|entry| self.log.push(entry));
        (self.commit, self.balance, self.asked) = (0, 0, None);
        self.epoch = found.epoch.unwrap_or_default();
        self.readings += 1;
        let believes = found.is_whole && self.config.recovery == Recovery::OwnDisk;
        self.saved = found.epoch.filter(|_| believes);
        if self.saved.is_some() {
            self.follow(now);
        } else {
            self.role = Role::Learner(Learner::default());
            self.query(now, outbox);
        }
    }

    fn on_epoch_saved(&mut self, now: LocalInstant, epoch: u64, outbox: &mut Outbox) {
        if matches!(self.role, Role::Reading) {
            return;
        }
        self.saved = Some(epoch);
        if !self.is_settled() {
            return;
        }
        match self.role {
            Role::Learner(_) => self.follow(now),
            Role::Candidate(_) => self.prepare(outbox),
            _ => self.promise(outbox),
        }
    }

    fn on_synced(&mut self, outbox: &mut Outbox) {
        match self.role {
            Role::Learner(_) => self.save_learned(),
            Role::Backup(_) => self.vouch_for_new(outbox),
            Role::Primary(_) => self.advance_commit(outbox),
            _ => {}
        }
    }

    /// Appends an entry to the log, in memory and on the disk.
    fn append(&mut self, entry: Entry) {
        self.log.push(entry);
        self.disk.append(&entry);
    }

    /// Cuts off the entries after a number, in memory and on the disk.
    fn truncate(&mut self, index: u64) {
        if index < self.log.len() {
            self.log.truncate(index);
            self.disk.truncate(index);
        }
    }

    /// Takes over a better log.
    fn replace_log(&mut self, better: Vec<Entry>) {
        let common = self.log.common(&better);
        self.truncate(common);
        better.into_iter().skip(common as usize).for_each(|entry| self.append(entry));
    }

    fn commit_to(&mut self, index: u64, outbox: &mut Outbox) {
        while self.commit < index {
            let Some(entry) = self.log.get(self.commit + 1).copied() else { return };
            self.commit += 1;
            self.balance += entry.amount();
            outbox.emit(LedgerFact::Committed { entry });
        }
    }

    /// Returns when a store that hears nothing from now on acts, by an addressed roll.
    fn timeout(&mut self, now: LocalInstant) -> LocalInstant {
        self.timeouts += 1;
        now + self.config.election + self.entropy.roll("election", self.timeouts).within(self.config.election)
    }
}
