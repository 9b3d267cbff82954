//! Sessions over a store that tells versions.

use std::fmt::Debug;
use std::hash::Hash;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::guarantee::SessionGuarantee;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::operation::{Completion, Process};
use crate::history::record::History;

/// Requests of clients to a store that answers each with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionOp<K> {
    /// Reads a key; the answer is the version read.
    Read(K),
    /// Writes a key; the answer is the version made.
    Write(K),
}

/// Checks the session guarantees by the versions that a store tells; each is decided at the answer.
///
/// `V` orders the versions of one key, that before the first write included. Keys are judged one by one. A process is a session,
/// unless [`grouped`](Self::grouped) says which processes are one client that goes on after calls without an answer. An answer
/// that comes after its session made another call decides nothing: its client no longer waits for it.
#[derive(Debug, Clone)]
pub struct Sessions<K, V> {
    guarantees: Vec<SessionGuarantee>,
    session_of: fn(Process) -> u64,
    pasts: FxHashMap<(u64, K), Past<V>>,
    /// The last call of each session.
    calls: FxHashMap<u64, usize>,
    /// How often each guarantee was decided.
    decided: [u64; 4],
    late: u64,
}

/// The newest versions that a session met of a key, with their operations.
#[derive(Debug, Clone)]
struct Past<V> {
    read: Option<(V, usize)>,
    written: Option<(V, usize)>,
}

impl<K, V> Default for Sessions<K, V> {
    /// Checks all guarantees; each process is a session.
    fn default() -> Self {
        Self {
            guarantees: SessionGuarantee::ALL.to_vec(),
            session_of: |process| process.0.into(),
            pasts: FxHashMap::default(),
            calls: FxHashMap::default(),
            decided: [0; 4],
            late: 0,
        }
    }
}

impl<K: Clone + Eq + Hash + Debug, V: Clone + Ord + Debug> Sessions<K, V> {
    /// Checks these guarantees alone.
    #[must_use]
    pub fn only(self, guarantees: impl IntoIterator<Item = SessionGuarantee>) -> Self {
        Self { guarantees: guarantees.into_iter().collect(), ..self }
    }

    /// Takes processes for which the function returns one number as one session.
    #[must_use]
    pub fn grouped(self, session_of: fn(Process) -> u64) -> Self {
        Self { session_of, ..self }
    }

    fn judge(&mut self, index: usize, session: u64, op: &SessionOp<K>, version: &V) -> Result<(), Contradiction> {
        use SessionGuarantee::{MonotonicReads, MonotonicWrites, ReadYourWrites, WritesFollowReads};
        let (SessionOp::Read(key) | SessionOp::Write(key)) = op;
        let past = self.pasts.entry((session, key.clone())).or_insert(Past { read: None, written: None });
        let is_read = matches!(op, SessionOp::Read(_));
        let (of_written, of_read) = if is_read { (ReadYourWrites, MonotonicReads) } else { (MonotonicWrites, WritesFollowReads) };
        let mut broken = None;
        for (guarantee, before, did) in [(of_written, &past.written, "wrote"), (of_read, &past.read, "read")] {
            let Some((newest, first)) = before.as_ref().filter(|_| self.guarantees.contains(&guarantee)) else { continue };
            self.decided[guarantee as usize] += 1;
            if version < newest && broken.is_none() {
                let does = if is_read { "read" } else { "wrote" };
                let message = format!("{guarantee}: a session {did} version {newest:?} of {key:?} and then {does} {version:?}");
                broken = Some(Contradiction { message, operations: vec![*first, index] });
            }
        }
        let newest = if is_read { &mut past.read } else { &mut past.written };
        if newest.as_ref().is_none_or(|(newest, _)| newest <= version) {
            *newest = Some((version.clone(), index));
        }
        broken.map_or(Ok(()), Err)
    }
}

impl<K: Clone + Eq + Hash + Debug, V: Clone + Ord + Debug> Checker<SessionOp<K>, V> for Sessions<K, V> {
    fn observe(&mut self, event: &HistoryEvent<'_, SessionOp<K>, V>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { index, process, .. } => drop(self.calls.insert((self.session_of)(process), index)),
            HistoryEvent::Completed { index, process, op, outcome, .. } => {
                let session = (self.session_of)(process);
                let Completion::Ok { answer, .. } = outcome else { return Ok(()) };
                if self.calls.get(&session) == Some(&index) {
                    return self.judge(index, session, op, answer);
                }
                self.late += 1;
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<SessionOp<K>, V>) -> Judgement {
        let [read_your_writes, monotonic_reads, monotonic_writes, writes_follow_reads] = self.decided;
        let measured = json!({
            "sessions": self.calls.len(),
            "read_your_writes": read_your_writes,
            "monotonic_reads": monotonic_reads,
            "monotonic_writes": monotonic_writes,
            "writes_follow_reads": writes_follow_reads,
            "late_answers": self.late,
        });
        Judgement { times_checked: self.decided.iter().sum(), measured, ..Judgement::default() }
    }
}
