//! Requests of clients to the leader of a partition.

use std::collections::{BTreeMap, VecDeque};

use cluster_sim_replicated_log::{EntryId, LogEvent, Refused};

use super::super::ask::{Answer, Ask, answer};
use super::Group;
use crate::message::{Acks, QueueError, Reply, Request};
use crate::partition::{Command, Refusal, UNNUMBERED, check_batch};

/// The requests that wait.
#[derive(Default)]
pub(super) struct Asks {
    /// Proposed commands by their index.
    proposed: BTreeMap<u64, Proposed>,
    /// Reads that wait for their index.
    reads: BTreeMap<u64, Ask>,
    tokens: u64,
    /// Reads that wait until the entry of that index has taken effect, in order of index.
    ready: VecDeque<(u64, Ask)>,
    /// Answers to give once the present work of the disk is done.
    pub(super) settled: Vec<(Answer, Result<Reply, QueueError>)>,
}

/// A command in the log that is not committed yet.
struct Proposed {
    position: EntryId,
    acks: Acks,
    reply: Answer,
}

impl Asks {
    /// How many requests wait.
    pub(super) fn waiting(&self) -> usize {
        self.proposed.len() + self.reads.len() + self.ready.len()
    }

    /// Takes the request that waits for a position; one that waits for another entry of that index learns that it was overtaken.
    pub(super) fn take(&mut self, position: EntryId) -> Option<Answer> {
        let proposed = self.proposed.remove(&position.index)?;
        if proposed.position == position {
            return Some(proposed.reply);
        }
        answer(proposed.reply, Err(QueueError::NotLeader { leader: None }));
        None
    }

    /// Answers all that wait with an error.
    pub(super) fn refuse_all(&mut self, error: &QueueError) {
        let Self { proposed, reads, ready, settled, .. } = std::mem::take(self);
        let proposed = proposed.into_values().map(|proposed| proposed.reply);
        let reads = reads.into_values().chain(ready.into_iter().map(|(_, ask)| ask)).map(|ask| ask.reply);
        let settled = settled.into_iter().map(|(reply, _)| reply);
        proposed.chain(reads).chain(settled).for_each(|reply| answer(reply, Err(error.clone())));
    }

    /// Refuses the commands of a leader that is none any more: it does not learn in time what becomes of them.
    ///
    /// They may take effect all the same, and a retry has no second effect.
    pub(super) fn refuse_proposed(&mut self) {
        for Proposed { reply, .. } in std::mem::take(&mut self.proposed).into_values() {
            answer(reply, Err(QueueError::NotLeader { leader: None }));
        }
    }

    /// Answers those that wanted no more than the leader's own disk, which has the log up to an index.
    pub(super) fn answer_local(&mut self, stable: u64) {
        let is_over = |(index, proposed): &(&u64, &Proposed)| **index <= stable && proposed.acks == Acks::Local;
        let over: Vec<u64> = self.proposed.iter().filter(is_over).map(|(index, _)| *index).collect();
        for proposed in over.iter().filter_map(|index| self.proposed.remove(index)).collect::<Vec<_>>() {
            answer(proposed.reply, Ok(Reply::Appended { base: None }));
        }
    }
}

impl Group {
    /// Takes a request of a client.
    pub(super) fn ask(&mut self, ask: Ask) {
        let waiting = self.asks.waiting();
        self.view.queue_peak = self.view.queue_peak.max(waiting as u32);
        if waiting >= self.broker.config.queue as usize {
            return answer(ask.reply, Err(QueueError::Busy { waiting: waiting as u32 }));
        }
        let Ask { request, reply } = ask;
        match request {
            Request::Produce { producer, sequence, acks, records, .. } => {
                // One without a promise may be lost, which must not refuse all later ones for the gap.
                let sequence = if acks == Acks::None { UNNUMBERED } else { sequence };
                if let Err(refusal) = check_number(sequence, acks).and_then(|()| check_batch(&records)) {
                    return answer(reply, Err(QueueError::Refused { cause: refusal.to_string() }));
                }
                // With one broker its own disk is the majority.
                let acks = if acks == Acks::Local && self.broker.config.brokers.len() == 1 { Acks::All } else { acks };
                let timestamp_ms = self.now_ms();
                self.propose(Command::Append { producer, sequence, timestamp_ms, records }, acks, reply);
            }
            Request::Commit { group, offset, .. } => self.propose(Command::CommitOffset { group, offset }, Acks::All, reply),
            request => {
                self.asks.tokens += 1;
                let token = self.asks.tokens;
                self.asks.reads.insert(token, Ask { request, reply });
                self.handle(LogEvent::Read { token });
            }
        }
    }

    fn propose(&mut self, command: Command, acks: Acks, reply: Answer) {
        let reply = match acks {
            Acks::None => {
                answer(reply, Ok(Reply::Appended { base: None }));
                None
            }
            _ => Some(reply),
        };
        match (self.propose_command(&command), reply) {
            (Ok(position), Some(reply)) => {
                self.asks.proposed.insert(position.index, Proposed { position, acks, reply });
                self.asks.answer_local(self.replica.view().stable);
            }
            (Err(refused), Some(reply)) => answer(reply, Err(error_of(refused))),
            (_, None) => {}
        }
    }

    /// Takes the index of a read, or the reason why there is none.
    pub(super) fn on_read(&mut self, token: u64, result: Result<u64, Refused>) {
        let Some(ask) = self.asks.reads.remove(&token) else { return };
        match result {
            Ok(index) => {
                let place = self.asks.ready.partition_point(|(other, _)| *other <= index);
                self.asks.ready.insert(place, (index, ask));
                self.serve_reads();
            }
            Err(refused) => answer(ask.reply, Err(error_of(refused))),
        }
    }

    /// Answers the reads whose entries have taken effect on the disk.
    pub(super) fn serve_reads(&mut self) {
        while self.asks.ready.front().is_some_and(|(index, _)| *index <= self.view.applied) {
            let Some((_, Ask { request, reply })) = self.asks.ready.pop_front() else { return };
            match request {
                Request::Fetch { from, limit, .. } => self.fetch(from, limit, reply),
                Request::Committed { group, .. } => {
                    answer(reply, Ok(Reply::Committed { offset: self.state.committed(&group) }));
                }
                _ => answer(reply, Ok(Reply::End { end: self.view.end })),
            }
        }
    }
}

fn check_number(sequence: u64, acks: Acks) -> Result<(), Refusal> {
    let is_missing = sequence == UNNUMBERED && acks != Acks::None;
    if is_missing { Err(Refusal::SequenceGap { expected: 1, found: sequence }) } else { Ok(()) }
}

fn error_of(refused: Refused) -> QueueError {
    match refused {
        Refused::NotLeader(leader) => QueueError::NotLeader { leader },
        _ => QueueError::NotLeader { leader: None },
    }
}
