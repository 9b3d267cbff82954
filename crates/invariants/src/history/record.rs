//! Records the events of clients in the order in which they happened.

use std::collections::BTreeMap;

use cluster_sim_types::VirtualInstant;

use super::by_number::ByNumber;
use super::error::HistoryError;
use super::history_event::HistoryEvent;
use super::operation::{Completion, Moment, Operation, Process};

/// The operations of all clients, in the order of their invocations.
///
/// `O` is what clients ask for, `A` what they hear.
///
/// # Examples
///
/// ```
/// use cluster_sim_invariants::{History, Process, VirtualInstant};
///
/// let mut history = History::default();
/// let at = VirtualInstant::from_nanoseconds;
/// history.invoke(Process(0), at(10), "write 1")?;
/// history.invoke(Process(1), at(12), "read")?;
/// history.ok(Process(1), at(20), 1)?;
/// assert_eq!(history.operations()[1].answer(), Some(&1));
/// assert_eq!(history.open().count(), 1); // the write may have happened
/// # Ok::<(), cluster_sim_invariants::HistoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct History<O, A> {
    operations: Vec<Operation<O, A>>,
    /// The operation that each process waits for; absent between two calls.
    waiting: ByNumber<Option<u32>>,
    /// The moment of the last event.
    last: Option<Moment>,
    /// The instant until which clients were recorded, if that is known.
    ended: Option<VirtualInstant>,
    /// The names of processes, where they have any.
    names: BTreeMap<Process, String>,
}

impl<O, A> Default for History<O, A> {
    fn default() -> Self {
        Self { operations: Vec::new(), waiting: ByNumber::default(), last: None, ended: None, names: BTreeMap::new() }
    }
}

impl<O, A> History<O, A> {
    /// The history of operations in the order of their invocations, whose moments have no gap up to the last one.
    pub(super) fn of_operations(
        operations: Vec<Operation<O, A>>,
        last: Option<Moment>,
        names: impl IntoIterator<Item = (Process, String)>,
    ) -> Self {
        let mut waiting = ByNumber::default();
        for (index, Operation { process, .. }) in (0..).zip(&operations).filter(|(_, operation)| operation.completed().is_none()) {
            *waiting.of(process.0) = Some(index);
        }
        Self { operations, waiting, last, ended: None, names: names.into_iter().collect() }
    }

    /// Returns the operations in the order of their invocations.
    pub fn operations(&self) -> &[Operation<O, A>] {
        &self.operations
    }

    /// Names a process for readers.
    pub fn name_process(&mut self, process: Process, name: impl Into<String>) {
        self.names.insert(process, name.into());
    }

    /// Returns the name of a process; its number if it has none.
    pub fn process_name(&self, process: Process) -> String {
        self.names.get(&process).cloned().unwrap_or_else(|| format!("process {}", process.0))
    }

    /// Returns all names of processes, in the order of the processes.
    pub fn names(&self) -> Vec<(Process, &str)> {
        self.names.iter().map(|(process, name)| (*process, name.as_str())).collect()
    }

    /// Returns the name that a process was given.
    pub fn given_name(&self, process: Process) -> Option<&str> {
        self.names.get(&process).map(String::as_str)
    }

    /// Makes room for that many more operations, and no others.
    pub(super) fn reserve(&mut self, operations: usize) {
        self.operations.reserve_exact(operations);
    }

    /// Iterates over the operations without an end.
    pub fn open(&self) -> impl Iterator<Item = &Operation<O, A>> {
        self.operations.iter().filter(|operation| matches!(operation.outcome, Completion::Open))
    }

    /// Iterates over the events in the order in which they were recorded.
    pub fn events(&self) -> impl Iterator<Item = HistoryEvent<'_, O, A>> {
        // Moments are numbered without a gap, so each event has its place.
        let mut places = vec![(0, false); self.last.map_or(0, |last| last.order as usize + 1)];
        for (index, operation) in self.operations.iter().enumerate() {
            places[operation.invoked.order as usize] = (index, false);
            if let Some(end) = operation.completed() {
                places[end.order as usize] = (index, true);
            }
        }
        places.into_iter().map(|(index, is_end)| match is_end {
            true => self.completion(index).expect("an open call has no end"),
            false => self.invocation(index),
        })
    }

    /// Returns the event with which an operation begins.
    ///
    /// # Panics
    ///
    /// If there is no such operation.
    pub fn invocation(&self, index: usize) -> HistoryEvent<'_, O, A> {
        let Operation { process, op, invoked, .. } = &self.operations[index];
        HistoryEvent::Invoked { index, process: *process, op, at: *invoked }
    }

    /// Returns the event with which an operation ends; `None` while it is open.
    ///
    /// # Panics
    ///
    /// If there is no such operation.
    pub fn completion(&self, index: usize) -> Option<HistoryEvent<'_, O, A>> {
        let Operation { process, op, invoked, outcome } = &self.operations[index];
        let is_open = matches!(outcome, Completion::Open);
        (!is_open).then_some(HistoryEvent::Completed { index, process: *process, op, invoked: *invoked, outcome })
    }

    /// Notes that clients were recorded until then, though nothing more happened.
    ///
    /// An earlier instant than that of the last event changes nothing.
    pub fn end_at(&mut self, at: VirtualInstant) {
        self.ended = self.ended.max(Some(at));
    }

    /// Returns the instant until which clients were recorded.
    ///
    /// That of the last event unless a later one is known; `None` without any.
    pub fn end(&self) -> Option<VirtualInstant> {
        self.ended.max(self.last.map(|last| last.at))
    }

    /// Records that a process called, and returns the index of the new operation.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if the process waits for another answer, or if time runs backwards; nothing is recorded then.
    pub fn invoke(&mut self, process: Process, at: VirtualInstant, op: O) -> Result<usize, HistoryError> {
        if let Some(operation) = *self.waiting.of(process.0) {
            return Err(HistoryError::AlreadyWaiting { process, operation: operation as usize });
        }
        let invoked = self.next_moment(at)?;
        let index = self.operations.len();
        // There are no more operations than events, which are counted in 32 bits.
        *self.waiting.of(process.0) = Some(index as u32);
        self.operations.push(Operation { process, op, invoked, outcome: Completion::Open });
        Ok(index)
    }

    /// Records the answer that a process heard, and returns the index of its operation.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if the process waits for no answer, or if time runs backwards; nothing is recorded then.
    pub fn ok(&mut self, process: Process, at: VirtualInstant, answer: A) -> Result<usize, HistoryError> {
        self.complete(process, at, |at| Completion::Ok { answer, at })
    }

    /// Records that a process heard for certain that its operation did not and will not happen.
    ///
    /// A timeout is no such answer: leave the operation open.
    ///
    /// # Errors
    ///
    /// As [`ok`](Self::ok).
    pub fn fail(&mut self, process: Process, at: VirtualInstant) -> Result<usize, HistoryError> {
        self.complete(process, at, |at| Completion::Fail { at })
    }

    fn complete(
        &mut self,
        process: Process,
        at: VirtualInstant,
        outcome: impl FnOnce(Moment) -> Completion<A>,
    ) -> Result<usize, HistoryError> {
        let index = self.waiting.take(process.0).ok_or(HistoryError::NotWaiting { process })?;
        let moment = self.next_moment(at).inspect_err(|_| *self.waiting.of(process.0) = Some(index))?;
        self.operations[index as usize].outcome = outcome(moment);
        Ok(index as usize)
    }

    fn next_moment(&mut self, at: VirtualInstant) -> Result<Moment, HistoryError> {
        let order = match self.last {
            None => 0,
            Some(last) if at < last.at => return Err(HistoryError::Backwards { last: last.at, at }),
            Some(last) => last.order.checked_add(1).ok_or(HistoryError::TooLong)?,
        };
        let moment = Moment { at, order };
        self.last = Some(moment);
        Ok(moment)
    }
}
