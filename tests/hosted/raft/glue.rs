//! Hosts a replica of raft as a machine.

use std::panic::resume_unwind;

use cluster_sim::node::{Label, MachineJournal};
use cluster_sim::prelude::*;
use raft::eraftpb::{HardState, Message};
use raft::storage::MemStorage;
use raft::{Error, RawNode, SnapshotStatus, StateRole};
use rand::RngExt;

use super::facts::Promised;
use super::mistakes::Flaw;
use super::packet::{Encoded, Packet};
use super::status::Status;

/// A replica, whose log in memory is that of its journal, synced or not.
pub(crate) struct Replica {
    pub(super) raw: RawNode<MemStorage>,
    pub(super) journal: MachineJournal<Unsynced>,
    pub(super) flaw: Option<Flaw>,
    pub(super) status: Status,
}

/// A ready that is not durable: term, vote and commit, and messages that wait, with their promises.
pub(super) struct Unsynced {
    pub(super) ready: u64,
    pub(super) state: HardState,
    pub(super) promises: Vec<(Option<Promised>, Message)>,
}

const TICK: Timer = Timer(0);
const TICK_LENGTH: Duration = Duration::from_millis(20);
pub(super) const ELECTION_TICKS: usize = 10;
/// A command is longer than a sector, so that a crash may tear it.
const COMMAND_BYTES: usize = 600;
/// A replica whose disk fails gives up, and its supervisor restarts it.
pub(super) const DISK_FAILED: &str = "the disk failed";

/// The number by which raft knows a node: it has no node 0.
pub(super) fn number(node: NodeId) -> u64 {
    u64::from(node.0) + 1
}

impl Replica {
    pub(super) fn send(&mut self, messages: impl IntoIterator<Item = (Option<Promised>, Message)>, effects: &mut Effects<Packet>) {
        for (promised, message) in messages {
            promised.into_iter().for_each(|promised| effects.emit(promised));
            let (to, is_snapshot) = (message.to, message.has_snapshot());
            effects.send(NodeId(to as u32 - 1), Packet::Raft(Encoded(message)));
            if is_snapshot {
                // One that is lost is asked for again.
                self.raw.report_snapshot(to, SnapshotStatus::Finish);
            }
        }
    }

    fn receive(&mut self, input: Input<Packet>, effects: &mut Effects<Packet>) {
        match input {
            _ if self.status.is_out => {}
            Input::Start => {
                self.journal.start(effects);
                effects.set_timer(TICK, TICK_LENGTH);
            }
            Input::Disk(tag, result) => {
                let give_up = |error| resume_unwind(Box::new(format!("{DISK_FAILED}: {error}")));
                self.journal.on_disk(effects, tag, &result).unwrap_or_else(give_up);
            }
            Input::Stop { .. } => effects.stop(),
            Input::Timer(_) => {
                if !self.must_wait() {
                    self.raw.tick();
                }
                effects.set_timer(TICK, TICK_LENGTH);
            }
            _ if self.must_wait() => {}
            Input::Message { message: Packet::Raft(Encoded(message)), .. } => match self.raw.step(message) {
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
            } else if let Some(synced) = self.journal.take_synced() {
                self.status.durable = Some(synced.state);
                self.send(synced.promises, effects);
                self.raw.on_persist_ready(synced.ready);
            } else {
                break;
            }
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

    fn label(packet: &Packet) -> Label {
        packet.label()
    }

    fn describe(packet: &Packet) -> Option<String> {
        Some(format!("{packet:?}"))
    }
}
