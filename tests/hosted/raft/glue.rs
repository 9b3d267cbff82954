//! Hosts a replica of raft as a machine.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use cluster_sim::node::Label;
use cluster_sim::prelude::*;
use protobuf::Message as _;
use raft::eraftpb::{ConfState, Entry, Message};
use raft::storage::MemStorage;
use raft::{Config, Error, RawNode, StateRole};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// A message to a replica or a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Packet {
    /// A message of raft, in raft's own encoding.
    Raft(Bytes),
    /// A client asks for a number of its own to be in the log.
    Propose(u64),
    /// The number is applied.
    Applied(u64),
}

/// The fact that a replica wrote an entry to its log.
#[derive(Debug)]
pub(crate) struct Wrote(pub(crate) Written);

/// The fact that a replica applied an entry to its state machine.
#[derive(Debug)]
pub(crate) struct Applied(pub(crate) Written);

/// An entry of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) index: u64,
    pub(crate) term: u64,
    /// A hash of the log up to this entry.
    pub(crate) hash: u64,
}

/// A mistake in the code around raft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Raft draws election timeouts from the generator of the thread, as it does by itself.
    DrawsFromTheThread,
    /// A replica forgets for whom it voted.
    ForgetsItsVote,
    /// A replica applies an entry once it is written, committed or not.
    AppliesTheWritten,
}

/// The view of a replica.
#[derive(Debug, Default)]
pub(crate) struct Status {
    pub(crate) term: u64,
    pub(crate) leads: bool,
    /// The log, whose first entry has index 1.
    pub(crate) log: Vec<Written>,
    pub(crate) applied: u64,
}

/// A replica.
pub(crate) struct Replica {
    raw: RawNode<MemStorage>,
    flaw: Option<Flaw>,
    status: Status,
}

const TICK: Timer = Timer(0);
const TICK_LENGTH: Duration = Duration::from_millis(20);
const ELECTION_TICKS: usize = 10;

/// The number by which raft knows a node: it has no node 0.
fn number(node: NodeId) -> u64 {
    u64::from(node.0) + 1
}

fn node(number: u64) -> NodeId {
    NodeId(number as u32 - 1)
}

impl Replica {
    pub(crate) fn boot(boot: &Boot, flaw: Option<Flaw>) -> Self {
        let voters: Vec<u64> = boot.peers().into_iter().chain([boot.id()]).map(number).collect();
        let storage = MemStorage::new_with_conf_state(ConfState::from((voters, Vec::new())));
        let config = Config {
            id: number(boot.id()),
            election_tick: ELECTION_TICKS,
            heartbeat_tick: 2,
            check_quorum: true,
            pre_vote: true,
            ..Config::default()
        };
        let raw =
            RawNode::new(&config, storage, &slog::Logger::root(slog::Discard, slog::o!())).expect("the configuration is valid");
        Self { raw, flaw, status: Status::default() }
    }

    /// Writes entries to the log, where they replace those of the same index and all later ones.
    fn write(&mut self, entries: &[Entry], effects: &mut Effects<Packet>) {
        self.raw.store().wl().append(entries).expect("raft writes without gaps");
        for entry in entries {
            self.status.log.truncate(entry.index as usize - 1);
            let mut hasher = DefaultHasher::new();
            (self.status.log.last().map(|last| last.hash), entry.term, &entry.data[..]).hash(&mut hasher);
            let written = Written { index: entry.index, term: entry.term, hash: hasher.finish() };
            self.status.log.push(written);
            effects.emit(Wrote(written));
            if self.flaw == Some(Flaw::AppliesTheWritten) {
                effects.emit(Applied(written));
            }
        }
    }

    fn apply(&mut self, entries: Vec<Entry>, effects: &mut Effects<Packet>) {
        for entry in entries {
            self.status.applied = entry.index;
            effects.emit(Applied(self.status.log[entry.index as usize - 1]));
            // A new leader begins with an empty entry.
            if let Ok((client, value)) = postcard::from_bytes(&entry.data)
                && self.raw.raft.state == StateRole::Leader
            {
                effects.send(client, Packet::Applied(value));
            }
        }
    }

    /// Carries out what raft asks for, in the order that it prescribes.
    fn carry_out(&mut self, effects: &mut Effects<Packet>) {
        while self.raw.has_ready() {
            let mut ready = self.raw.ready();
            send(ready.take_messages(), effects);
            self.apply(ready.take_committed_entries(), effects);
            self.write(ready.entries(), effects);
            if let Some(state) = ready.hs() {
                self.raw.store().wl().set_hardstate(state.clone());
            }
            send(ready.take_persisted_messages(), effects);
            let mut light = self.raw.advance(ready);
            if let Some(commit) = light.commit_index() {
                self.raw.store().wl().mut_hard_state().set_commit(commit);
            }
            send(light.take_messages(), effects);
            self.apply(light.take_committed_entries(), effects);
            self.raw.advance_apply();
        }
    }
}

fn send(messages: Vec<Message>, effects: &mut Effects<Packet>) {
    for message in messages {
        let bytes = message.write_to_bytes().expect("a message has all of its fields");
        effects.send(node(message.to), Packet::Raft(bytes.into()));
    }
}

impl Machine for Replica {
    type Message = Packet;
    type View = Status;

    fn step(&mut self, _now: LocalInstant, input: Input<Packet>, effects: &mut Effects<Packet>) {
        match input {
            Input::Start => effects.set_timer(TICK, TICK_LENGTH),
            Input::Timer(_) => {
                self.raw.tick();
                effects.set_timer(TICK, TICK_LENGTH);
            }
            Input::Message { message: Packet::Raft(bytes), .. } => {
                let message = Message::parse_from_bytes(&bytes).expect("replicas encode what they send");
                match self.raw.step(message) {
                    // Another replica forwarded a proposal.
                    Ok(()) | Err(Error::ProposalDropped) => {}
                    Err(error) => panic!("raft refuses a message of raft: {error}"),
                }
            }
            Input::Message { from, message: Packet::Propose(value) } => {
                let data = postcard::to_stdvec(&(from, value)).expect("numbers are encoded");
                // Without a leader a proposal is dropped, and its client asks again.
                _ = self.raw.propose(Vec::new(), data);
            }
            _ => {}
        }
        self.carry_out(effects);
        let raft = &mut self.raw.raft;
        (self.status.term, self.status.leads) = (raft.term, raft.state == StateRole::Leader);
        if self.flaw == Some(Flaw::ForgetsItsVote) {
            raft.vote = 0;
        }
        if self.flaw != Some(Flaw::DrawsFromTheThread) {
            // Raft drew from the generator of the thread if the term or the role changed; nothing has read that since.
            let ticks = effects.rng("election timeout", raft.term).random_range(ELECTION_TICKS..2 * ELECTION_TICKS);
            raft.set_randomized_election_timeout(ticks);
        }
    }

    fn view(&self) -> &Status {
        &self.status
    }

    /// The kind of a message with its term and index: how much a replica sends and has committed depends on timing.
    fn label(packet: &Packet) -> Label {
        let (kind, id) = match packet {
            Packet::Propose(value) => (100, *value),
            Packet::Applied(value) => (101, *value),
            Packet::Raft(bytes) => match Message::parse_from_bytes(bytes) {
                Ok(message) => (message.msg_type as u32, message.term << 32 | message.index),
                Err(_) => return Label::Content,
            },
        };
        Label::Key { kind, id }
    }

    fn describe(packet: &Packet) -> Option<String> {
        let Packet::Raft(bytes) = packet else { return None };
        Message::parse_from_bytes(bytes).ok().map(|message| format!("{message:?}"))
    }
}
