//! A replica: orders the requests of clients with two others, and executes them.

mod election;
mod learner;
mod primary;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cluster_sim_node::{Boot, Entropy, Incarnation, LocalInstant, NodeId};

use self::primary::Primary;
use crate::config::{Config, REPLICAS, primary_of};
use crate::message::{Entry, EpochLog, KvMessage};
use crate::state::State;

/// One of three replicas, which keep one log in memory.
///
/// A protocol without IO. It is a machine; [`replica`](crate::replica()) drives it as an async function.
#[derive(Debug)]
pub struct Replica {
    config: Config,
    id: NodeId,
    life: Incarnation,
    entropy: Entropy,
    role: Role,
    /// It follows no earlier epoch.
    epoch: u64,
    log: EpochLog,
    state: State,
    deadline: Option<LocalInstant>,
    /// How many timeouts were rolled.
    timeouts: u64,
    view: KvReplicaView,
}

/// The part that a replica plays.
#[derive(Debug)]
enum Role {
    /// It restarted and has forgotten everything: it has no part until both others have told it what they have.
    Learner(BTreeMap<NodeId, (u64, EpochLog)>),
    /// It follows the primary of its epoch, if there is one.
    Backup,
    /// It asks the others to follow it; then it tries a later epoch.
    Candidate { give_up: LocalInstant },
    /// It leads its epoch.
    Primary(Primary),
}

/// The part that a replica plays, for its view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It has forgotten everything, and learns from the others.
    Learner,
    /// It follows the primary of its epoch, if there is one.
    #[default]
    Backup,
    /// It asks the others to follow it.
    Candidate,
    /// It leads its epoch.
    Primary,
}

/// The view of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KvReplicaView {
    /// Its epoch.
    pub epoch: u64,
    /// The part that it plays.
    pub status: Status,
    /// The number of its entries.
    pub length: usize,
    /// How many of them it has executed.
    pub applied: usize,
    /// How many of those repeated the last request of their client, and were answered as before.
    pub repeated: u64,
    /// How many of those came from a client that has begun another life since, and had no effect.
    pub of_ended_lives: u64,
}

/// One event of a replica.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The node booted.
    Start,
    /// A message arrived.
    Message(NodeId, KvMessage),
    /// The deadline has come.
    Tick,
}

/// The messages of one event, in the order in which they are sent.
type Sends = Vec<(NodeId, KvMessage)>;

impl Replica {
    /// Creates the machine of a life.
    pub fn boot(config: Config, boot: &Boot) -> Self {
        Self::new(config, boot.id(), boot.incarnation(), boot.entropy())
    }

    pub(crate) fn new(config: Config, id: NodeId, life: Incarnation, entropy: Entropy) -> Self {
        let role = if life == Incarnation(0) { Role::Backup } else { Role::Learner(BTreeMap::new()) };
        let (log, state, view) = (EpochLog::default(), State::new(config.bug), KvReplicaView::default());
        let mut replica = Self { config, id, life, entropy, role, epoch: 0, log, state, deadline: None, timeouts: 0, view };
        replica.update_view();
        replica
    }

    pub(crate) fn handle(&mut self, now: LocalInstant, event: Event, sends: &mut Sends) {
        match event {
            Event::Start | Event::Tick => self.on_tick(now, event == Event::Start, sends),
            Event::Message(from, message) => self.on_message(now, from, message, sends),
        }
        self.update_view();
    }

    fn update_view(&mut self) {
        let status = match self.role {
            Role::Learner(_) => Status::Learner,
            Role::Backup => Status::Backup,
            Role::Candidate { .. } => Status::Candidate,
            Role::Primary(_) => Status::Primary,
        };
        let State { applied, repeated, of_ended_lives, .. } = self.state;
        let (epoch, length) = (self.epoch, self.log.entries.len());
        self.view = KvReplicaView { epoch, status, length, applied, repeated, of_ended_lives };
    }

    /// Returns the instant at which it wants [`Event::Tick`].
    pub(crate) fn deadline(&self) -> Option<LocalInstant> {
        self.deadline
    }

    pub(crate) fn view(&self) -> &KvReplicaView {
        &self.view
    }

    fn on_tick(&mut self, now: LocalInstant, is_start: bool, sends: &mut Sends) {
        match &self.role {
            Role::Learner(_) => self.query(now, sends),
            Role::Backup if is_start && primary_of(self.epoch) == self.id => self.lead(now, sends),
            Role::Backup if is_start => self.deadline = Some(self.timeout(now)),
            Role::Backup => self.campaign(now, sends),
            Role::Candidate { give_up } if now >= *give_up => self.campaign(now, sends),
            Role::Candidate { .. } => self.prepare(now, sends),
            Role::Primary(_) => self.heartbeat(now, sends),
        }
    }

    fn on_message(&mut self, now: LocalInstant, from: NodeId, message: KvMessage, sends: &mut Sends) {
        match message {
            KvMessage::Ask(entry) => self.on_ask(from, entry, sends),
            KvMessage::State { life, epoch, log } => self.on_state(now, from, life, (epoch, log)),
            _ if matches!(self.role, Role::Learner(_)) => {}
            KvMessage::Query { life } => {
                sends.push((from, KvMessage::State { life, epoch: self.epoch, log: self.log.clone() }));
            }
            KvMessage::Prepare { epoch, life } => self.on_prepare(now, (from, life), epoch, sends),
            KvMessage::Promise { epoch, life, log } => self.on_promise(now, life, (epoch, log), sends),
            KvMessage::Append { epoch, beat, after, entries, commit } => {
                let last = entries.last().map(|entry| entry.request);
                let is_in_step = self.joins(now, from, epoch, sends) && self.extend(epoch, after, entries);
                if is_in_step {
                    self.apply_to(commit, None);
                    sends.push((from, KvMessage::Accepted { epoch, beat, last, upto: self.log.entries.len() }));
                }
            }
            KvMessage::Accepted { epoch, upto, .. } => self.on_accepted(from, epoch, upto, sends),
            KvMessage::Stale { epoch } if epoch > self.epoch => self.follow(now, epoch),
            _ => {}
        }
    }

    /// Takes over entries of the primary of its epoch; returns whether its log is a part of that primary's.
    fn extend(&mut self, epoch: u64, after: usize, entries: Vec<Entry>) -> bool {
        if self.log.epoch < epoch && after == 0 {
            self.log = EpochLog { epoch, entries };
            return true;
        }
        let length = self.log.entries.len();
        if self.log.epoch == epoch && after <= length {
            self.log.entries.extend(entries.into_iter().skip(length - after));
        }
        self.log.epoch == epoch
    }

    /// Executes what is committed, and answers the clients if it leads.
    fn apply_to(&mut self, commit: usize, mut sends: Option<&mut Sends>) {
        while self.state.applied < commit {
            let Some(entry) = self.log.entries.get(self.state.applied).copied() else { return };
            let request = entry.request;
            if let (Some(answer), Some(sends)) = (self.state.apply(&entry), sends.as_deref_mut()) {
                sends.push((request.client, KvMessage::Answer { request, answer }));
            }
        }
    }

    fn peers(&self) -> impl Iterator<Item = NodeId> + use<> {
        let id = self.id;
        (0..REPLICAS).map(NodeId).filter(move |peer| *peer != id)
    }

    fn send_peers(&self, message: &KvMessage, sends: &mut Sends) {
        sends.extend(self.peers().map(|peer| (peer, message.clone())));
    }

    /// Returns when a replica that hears nothing from now on acts, by an addressed roll.
    fn timeout(&mut self, now: LocalInstant) -> LocalInstant {
        self.timeouts += 1;
        now + self.config.election + self.entropy.roll("election", self.timeouts).within(self.config.election)
    }
}
