//! Committed entries take effect on the state, and their records go to the disk.

use std::sync::Arc;

use cluster_sim_replicated_log::{Committed, EntryId, LogEvent, Role};

use super::super::ask::answer;
use super::job::{Applied, Job, JobDone};
use super::local_log::LocalLog;
use super::{Failure, Group};
use crate::bug::Bug;
use crate::fact::{BrokerFact, ContentHash};
use crate::message::{QueueError, Reply};
use crate::partition::{Checkpoint, Command, Outcome, PartitionState, Shipped};

/// The most entries that take effect before their records are written.
const ENTRIES: usize = 64;

impl Group {
    /// Returns the work that is to be done next.
    pub(super) fn next_job(&mut self) -> Job {
        if let Some(missing) = self.missing() {
            return Job::Install(missing);
        }
        if !self.committed.is_empty() {
            let count = self.committed.len().min(ENTRIES);
            let entries: Vec<_> = self.committed.drain(..count).collect();
            return Job::Append(self.apply(entries));
        }
        if std::mem::take(&mut self.is_checkpoint_due) {
            let checkpoint = Some(self.capture(self.view.applied, None));
            return Job::Append(Applied { index: self.view.applied, checkpoint, ..Applied::default() });
        }
        match std::mem::take(&mut self.to_trim) {
            segments if segments.is_empty() => Job::Nothing,
            segments => Job::Trim(segments),
        }
    }

    /// Lets entries take effect on the state.
    fn apply(&mut self, entries: Vec<Committed>) -> Applied {
        let mut applied = Applied::default();
        let earlier = self.has_bug(Bug::FuzzyCheckpoint).then(|| self.state.clone());
        for Committed { position, command } in entries {
            (applied.index, applied.term) = (position.index, position.term);
            match command {
                Some(bytes) => self.execute(position, &bytes, &mut applied),
                None => {
                    self.asks.take(position);
                }
            }
        }
        if applied.index >= self.checkpoint_index + self.broker.config.checkpoint_entries {
            self.checkpoint_index = applied.index;
            applied.checkpoint = Some(self.capture(applied.index, earlier.as_ref()));
        }
        applied
    }

    fn capture(&self, applied: u64, earlier: Option<&PartitionState>) -> Checkpoint {
        Checkpoint::capture(&self.state, applied, earlier, self.broker.config.bug)
    }

    fn execute(&mut self, position: EntryId, bytes: &[u8], applied: &mut Applied) {
        let reply = self.asks.take(position);
        let outcome = Command::decode(bytes).map(|command| self.state.apply_with(command, self.broker.config.bug));
        let result = match outcome {
            Ok(Ok(Outcome::Appended { base, records })) => {
                applied.records.extend(records);
                Ok(Reply::Appended { base: Some(base) })
            }
            Ok(Ok(Outcome::GroupMoved { group, offset })) => {
                applied.moved.push((group, offset));
                Ok(Reply::Committed { offset: Some(offset) })
            }
            Ok(Ok(Outcome::Shipped)) => {
                applied.listed.extend(self.state.manifest().last().cloned());
                Ok(Reply::End { end: self.state.end() })
            }
            Ok(Err(refusal)) => Err(QueueError::Refused { cause: refusal.to_string() }),
            Err(error) => Err(QueueError::Refused { cause: error.to_string() }),
        };
        if let Some(reply) = reply {
            self.asks.settled.push((reply, result));
        }
    }

    /// Takes the end of work of the disk.
    pub(super) fn on_applied(&mut self, local: LocalLog, done: JobDone) -> Result<(), Failure> {
        done.result.map_err(Failure::new)?;
        let (node, partition) = (self.broker.node.clone(), self.partition);
        self.readable.index = Arc::new(local.wal.index().clone());
        if self.readable.manifest.shipped() != self.state.shipped() {
            self.readable.manifest = Arc::new(self.state.clone());
        }
        self.broker.readable.lock().insert(partition, self.readable.clone());
        self.show();
        self.local = Some(local);
        match done.job {
            Job::Append(applied) => self.on_appended(applied),
            Job::Trim(segments) => {
                for Shipped { base, end, key, .. } in segments {
                    node.emit(BrokerFact::Trimmed { partition, base, end, key });
                }
            }
            Job::Install(missing) => self.on_installed(*missing),
            Job::Nothing => {}
        }
        Ok(())
    }

    fn on_appended(&mut self, applied: Applied) {
        let (node, partition) = (self.broker.node.clone(), self.partition);
        if let Some(first) = applied.records.first() {
            let hashes = applied.records.iter().map(ContentHash::of_record).collect();
            node.emit(BrokerFact::Applied { partition, base: first.offset, hashes });
        }
        for (group, offset) in applied.moved {
            node.emit(BrokerFact::GroupMoved { partition, group, offset });
        }
        for Shipped { base, end, epoch, .. } in applied.listed {
            node.emit(BrokerFact::Listed { partition, base, end, epoch });
        }
        self.view.applied = applied.index;
        let view = self.replica.view();
        if view.role == Role::Leader && applied.term == view.term && self.leads != Some(view.term) {
            self.leads = Some(view.term);
            node.emit(BrokerFact::Leads { partition, term: view.term, end: self.view.end });
        }
        for (reply, result) in std::mem::take(&mut self.asks.settled) {
            answer(reply, result);
        }
        self.serve_reads();
        if let Some(checkpoint) = applied.checkpoint {
            self.checkpoint_shipped = checkpoint.state.shipped();
            self.handle(LogEvent::Compact { index: checkpoint.index, state: checkpoint.state.snapshot() });
        }
    }

    /// Shows how far the log on the disk goes.
    fn show(&mut self) {
        let index = &self.readable.index;
        (self.view.start, self.view.end) = (index.start(), index.end());
        self.view.segments = index.segments().len();
        self.view.shipped = self.state.shipped();
        self.view.state_hash = self.state.hash();
    }
}
