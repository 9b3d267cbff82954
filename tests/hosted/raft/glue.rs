//! Hosts a replica of raft as a machine.

use std::collections::VecDeque;
use std::mem;

use bytes::Bytes;
use cluster_sim::node::{JournalEvent, JournalOptions, JournalRecord, Label, MachineJournal};
use cluster_sim::prelude::*;
use protobuf::Message as _;
use raft::eraftpb::{ConfState, Entry, HardState, Message};
use raft::storage::MemStorage;
use raft::{Config, Error, RawNode, Ready, StateRole};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::facts::{Applied, Promised, Status, Wrote};
use super::mistakes::{self, Flaw};

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

/// A replica.
pub(crate) struct Replica {
    /// Its storage is what the journal holds, or will hold.
    pub(super) raw: RawNode<MemStorage>,
    journal: MachineJournal,
    is_open: bool,
    unsynced: VecDeque<Unsynced>,
    pub(super) flaw: Option<Flaw>,
    pub(super) status: Status,
}

/// Messages that wait until a record is durable.
struct Unsynced {
    record: u64,
    ready: u64,
    state: Option<HardState>,
    promises: Vec<Promised>,
    messages: Vec<Message>,
}

const TICK: Timer = Timer(0);
const TICK_LENGTH: Duration = Duration::from_millis(20);
const ELECTION_TICKS: usize = 10;
pub(super) const LOG: &str = "raft";
/// A replica whose disk fails gives up, and its supervisor restarts it.
pub(super) const DISK_FAILED: &str = "the disk failed";

/// The number by which raft knows a node: it has no node 0.
fn number(node: NodeId) -> u64 {
    u64::from(node.0) + 1
}

fn node(number: u64) -> NodeId {
    NodeId(number as u32 - 1)
}

pub(super) fn options() -> JournalOptions {
    JournalOptions::default().segment_bytes(4 << 10)
}

fn encode(ready: &Ready) -> Vec<u8> {
    let bytes_of = |entry: &Entry| entry.write_to_bytes().expect("an entry has all of its fields");
    let entries: Vec<Vec<u8>> = ready.entries().iter().map(bytes_of).collect();
    let state = ready.hs().map(|state| state.write_to_bytes().expect("a state has all of its fields"));
    postcard::to_stdvec(&(state, entries)).expect("bytes are encoded")
}

pub(super) fn decode(record: &JournalRecord) -> (Option<HardState>, Vec<Entry>) {
    let (state, entries): (Option<Vec<u8>>, Vec<Vec<u8>>) = postcard::from_bytes(&record.payload).expect("the record is whole");
    let state = state.map(|bytes| HardState::parse_from_bytes(&bytes).expect("the record is whole"));
    (state, entries.iter().map(|bytes| Entry::parse_from_bytes(bytes).expect("the record is whole")).collect())
}

fn send(messages: Vec<Message>, effects: &mut Effects<Packet>) {
    for message in messages {
        let bytes = message.write_to_bytes().expect("a message has all of its fields");
        effects.send(node(message.to), Packet::Raft(bytes.into()));
    }
}

impl Replica {
    pub(crate) fn boot(boot: &Boot, flaw: Option<Flaw>) -> Self {
        let (journal, recovered) = MachineJournal::recover(boot.disk(), LOG, options()).expect("a crash corrupts nothing");
        let voters: Vec<u64> = boot.peers().into_iter().chain([boot.id()]).map(number).collect();
        let storage = MemStorage::new_with_conf_state(ConfState::from((voters, Vec::new())));
        let mut status = Status::default();
        let torn = mistakes::torn_record(boot.disk(), &recovered).filter(|_| flaw == Some(Flaw::BelievesTheTornTail));
        for (state, entries) in recovered.records.iter().chain(&torn).map(decode) {
            storage.wl().append(&entries).expect("raft writes without gaps");
            entries.iter().for_each(|entry| _ = status.write(entry));
            status.durable = state.unwrap_or(status.durable);
        }
        storage.wl().set_hardstate(status.durable.clone());
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
        Self { raw, journal, is_open: false, unsynced: VecDeque::new(), flaw, status }
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

    /// Writes what raft asks for to the journal, where later readies can read it before it is durable.
    fn write(&mut self, ready: &mut Ready, effects: &mut Effects<Packet>) {
        self.raw.store().wl().append(ready.entries()).expect("raft writes without gaps");
        for entry in ready.entries() {
            let written = self.status.write(entry);
            effects.emit(Wrote(written));
            if self.flaw == Some(Flaw::AppliesTheWritten) {
                effects.emit(Applied(written));
            }
        }
        if let Some(state) = ready.hs() {
            self.raw.store().wl().set_hardstate(state.clone());
        }
        if ready.hs().is_some() || !ready.entries().is_empty() {
            self.journal.append(effects, encode(ready)).expect("it has not failed");
            self.journal.sync(effects).expect("it has not failed");
        }
        let (record, state, messages) = (self.journal.next() - 1, ready.hs().cloned(), ready.take_persisted_messages());
        let promises = messages.iter().filter_map(|message| self.status.promise(message)).collect();
        let mut unsynced = Unsynced { record, ready: ready.number(), state, promises, messages };
        if self.flaw.is_some_and(|flaw| flaw.sends_early(ready)) {
            mem::take(&mut unsynced.promises).into_iter().for_each(|promised| effects.emit(promised));
            send(mem::take(&mut unsynced.messages), effects);
        }
        self.unsynced.push_back(unsynced);
    }

    /// Carries out what raft asks for, in the order that it prescribes.
    fn carry_out(&mut self, effects: &mut Effects<Packet>) {
        loop {
            while self.raw.has_ready() {
                let mut ready = self.raw.ready();
                send(ready.take_messages(), effects);
                self.apply(ready.take_committed_entries(), effects);
                self.write(&mut ready, effects);
                self.raw.advance_append_async(ready);
                self.raw.advance_apply();
            }
            if self.unsynced.front().is_none_or(|next| next.record > self.journal.synced()) {
                break;
            }
            let Some(done) = self.unsynced.pop_front() else { break };
            self.status.durable = done.state.unwrap_or(mem::take(&mut self.status.durable));
            done.promises.into_iter().for_each(|promised| effects.emit(promised));
            send(done.messages, effects);
            self.raw.on_persist_ready(done.ready);
        }
    }

    fn receive(&mut self, input: Input<Packet>, effects: &mut Effects<Packet>) {
        match input {
            Input::Start => self.journal.start(effects),
            Input::Disk(tag, result) => match self.journal.on_disk(effects, tag, &result) {
                Some(JournalEvent::Opened) => {
                    self.is_open = true;
                    effects.set_timer(TICK, TICK_LENGTH);
                }
                Some(JournalEvent::Refused { error, .. } | JournalEvent::Failed { error }) => panic!("{DISK_FAILED}: {error}"),
                _ => {}
            },
            // Nothing is promised before the recovered records are durable.
            _ if !self.is_open => {}
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
    }
}

impl Machine for Replica {
    type Message = Packet;
    type View = Status;

    fn step(&mut self, _now: LocalInstant, input: Input<Packet>, effects: &mut Effects<Packet>) {
        self.receive(input, effects);
        if self.is_open {
            self.carry_out(effects);
        }
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
