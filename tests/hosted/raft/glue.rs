//! Hosts a replica of raft as a machine.

use std::mem;
use std::panic::resume_unwind;

use cluster_sim::node::Label;
use cluster_sim::prelude::*;
use raft::eraftpb::Message;
use raft::{Config, Error, RawNode, Ready, SnapshotStatus, StateRole};
use rand::RngExt;

use super::facts::{Applied, Promised, Wrote};
use super::mistakes::Flaw;
use super::packet::Packet;
use super::status::Status;
use super::store::{Store, Unsynced};

/// A replica, whose log in memory is that of its disk, synced or not.
pub(crate) struct Replica {
    raw: RawNode<Store>,
    flaw: Option<Flaw>,
}

const TICK: Timer = Timer(0);
const TICK_LENGTH: Duration = Duration::from_millis(20);
const ELECTION_TICKS: usize = 10;
/// A command is longer than a sector, so that a crash may tear it.
const COMMAND_BYTES: usize = 600;
/// A replica whose disk fails gives up, and its supervisor restarts it.
pub(super) const DISK_FAILED: &str = "the disk failed";

/// The number by which raft knows a node: it has no node 0.
fn number(node: NodeId) -> u64 {
    u64::from(node.0) + 1
}

impl Replica {
    pub(crate) fn boot(boot: &Boot, flaw: Option<Flaw>) -> Self {
        flaw.into_iter().for_each(|flaw| flaw.read_torn_record(boot.disk()));
        let voters = boot.peers().into_iter().chain([boot.id()]).map(number).collect();
        let store = Store::boot(boot.disk(), voters, flaw);
        let config = Config {
            id: number(boot.id()),
            applied: store.status.applied,
            election_tick: ELECTION_TICKS,
            heartbeat_tick: 2,
            check_quorum: true,
            pre_vote: true,
            ..Config::default()
        };
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        Self { raw: RawNode::new(&config, store, &logger).expect("the configuration is valid"), flaw }
    }

    /// Whether what it found when it booted, or a snapshot of another replica, is not durable yet: raft must not go on before it is.
    fn must_wait(&self) -> bool {
        let status = &self.raw.store().status;
        status.durable.is_none() || self.raw.raft.raft_log.persisted < status.applied
    }

    fn send(&mut self, messages: impl IntoIterator<Item = (Option<Promised>, Message)>, effects: &mut Effects<Packet>) {
        for (promised, message) in messages {
            promised.into_iter().for_each(|promised| effects.emit(promised));
            let (to, is_snapshot) = (message.to, message.has_snapshot());
            effects.send(NodeId(to as u32 - 1), Packet::Raft(message));
            if is_snapshot {
                // One that is lost is asked for again.
                self.raw.report_snapshot(to, SnapshotStatus::Finish);
            }
        }
    }

    fn receive(&mut self, input: Input<Packet>, effects: &mut Effects<Packet>) {
        match input {
            _ if self.raw.store().status.is_out => {}
            Input::Start => {
                self.raw.mut_store().log.start(effects);
                effects.set_timer(TICK, TICK_LENGTH);
            }
            Input::Disk(tag, result) => {
                let give_up = |error| resume_unwind(Box::new(format!("{DISK_FAILED}: {error}")));
                self.raw.mut_store().log.on_disk(effects, tag, &result).unwrap_or_else(give_up);
            }
            Input::Stop { .. } => effects.stop(),
            Input::Timer(_) => {
                if !self.must_wait() {
                    self.raw.tick();
                }
                effects.set_timer(TICK, TICK_LENGTH);
            }
            _ if self.must_wait() => {}
            Input::Message { message: Packet::Raft(message), .. } => match self.raw.step(message) {
                // Another replica forwarded a proposal.
                Ok(()) | Err(Error::ProposalDropped) => {}
                Err(error) => panic!("raft refuses a message of raft: {error}"),
            },
            Input::Message { from, message: Packet::Propose(value) } => {
                let data = postcard::to_stdvec(&(from, value, vec![0_u8; COMMAND_BYTES])).expect("numbers are encoded");
                // Without a leader a proposal is dropped, and its client asks again.
                _ = self.raw.propose(Vec::new(), data);
            }
            _ => {}
        }
    }

    /// Applies a snapshot or committed entries.
    fn apply(&mut self, ready: &mut Ready, effects: &mut Effects<Packet>) {
        let leads = self.raw.raft.state == StateRole::Leader;
        let status = &mut self.raw.mut_store().status;
        if !ready.snapshot().is_empty() {
            let state = status.state;
            effects.emit(status.install(ready.snapshot()));
            if self.flaw == Some(Flaw::KeepsItsState) {
                status.state = state;
            }
        }
        for entry in ready.take_committed_entries() {
            effects.emit(Applied(status.apply(&entry)));
            // A new leader begins with an empty entry.
            if let (true, Ok((client, value))) = (leads, postcard::from_bytes(&entry.data)) {
                effects.send(client, Packet::Applied(value));
            }
        }
    }

    /// Carries out one ready, in the order that raft prescribes, and sends what need not be durable first.
    fn carry_out(&mut self, mut ready: Ready, effects: &mut Effects<Packet>) {
        self.apply(&mut ready, effects);
        let state = self.raw.raft.hard_state();
        let store = self.raw.mut_store();
        store.save(&state, &ready, effects);
        for entry in ready.entries() {
            let written = store.status.write(entry);
            effects.emit(Wrote(written));
            if self.flaw == Some(Flaw::AppliesTheWritten) {
                effects.emit(Applied(written));
            }
        }
        let promises = ready.take_persisted_messages().into_iter();
        let mut promises = promises.map(|message| (store.status.promise(&message), message)).collect();
        if self.flaw.is_some_and(|flaw| flaw.sends_early(&ready)) {
            self.send(mem::take(&mut promises), effects);
        }
        self.raw.mut_store().log.keep_until_synced(Unsynced { ready: ready.number(), state, promises });
        let messages = ready.take_messages();
        self.raw.advance_append_async(ready);
        self.send(messages.into_iter().map(|message| (None, message)), effects);
        self.raw.mut_store().compact(self.flaw, effects);
    }
}

impl Machine for Replica {
    type Message = Packet;
    type View = Status;

    fn step(&mut self, _now: LocalInstant, input: Input<Packet>, effects: &mut Effects<Packet>) {
        self.receive(input, effects);
        loop {
            if !self.must_wait() {
                self.raw.advance_apply();
            }
            if self.raw.has_ready() {
                let ready = self.raw.ready();
                self.carry_out(ready, effects);
            } else if let Some(synced) = self.raw.mut_store().log.take_synced() {
                self.raw.mut_store().status.durable = Some(synced.state);
                self.send(synced.promises, effects);
                self.raw.on_persist_ready(synced.ready);
            } else {
                break;
            }
        }
        let raft = &mut self.raw.raft;
        let (term, leads) = (raft.term, raft.state == StateRole::Leader);
        if self.flaw == Some(Flaw::ForgetsItsVote) {
            raft.vote = 0;
        }
        if self.flaw != Some(Flaw::DrawsFromTheThread) {
            // Raft drew from the generator of the thread if the term or the role changed; nothing has read that since.
            let ticks = effects.rng("election timeout", term).random_range(ELECTION_TICKS..2 * ELECTION_TICKS);
            raft.set_randomized_election_timeout(ticks);
        }
        let status = &mut self.raw.mut_store().status;
        (status.term, status.leads) = (term, leads);
    }

    fn view(&self) -> &Status {
        &self.raw.store().status
    }

    fn label(packet: &Packet) -> Label {
        packet.label()
    }

    fn describe(packet: &Packet) -> Option<String> {
        Some(format!("{packet:?}"))
    }
}
