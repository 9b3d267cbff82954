//! The calls of one type in one run, as the operations of a history.

use std::any::Any;
use std::cell::RefCell;
use std::fmt::Debug;
use std::mem::take;

use crate::{CallFact, Completion, Fact, Moment, NodeId, Operation, Process, VirtualInstant};

/// The calls of one type that the log of a run kept.
#[derive(Debug, Clone)]
pub struct LoggedCalls<O, A> {
    /// The operations in the order of their invocations.
    ///
    /// The process of each has the number of its *node*.
    pub operations: Vec<Operation<O, A>>,
    /// How many events there were. Moments are numbered in 32 bits, so beyond `u32::MAX` their order is lost.
    pub events: u64,
    /// The instant of the last event.
    pub last: VirtualInstant,
    /// The nodes whose lives ended, each with the number of events before.
    pub ended_lives: Vec<(u64, NodeId)>,
}

impl<O, A> Default for LoggedCalls<O, A> {
    fn default() -> Self {
        Self { operations: Vec::new(), events: 0, last: VirtualInstant::ZERO, ended_lives: Vec::new() }
    }
}

impl<O, A> LoggedCalls<O, A> {
    #[inline(always)]
    fn next_moment(&mut self, at: VirtualInstant) -> Moment {
        let order = self.events as u32;
        self.events += 1;
        self.last = at;
        Moment { at, order }
    }

    /// Begins a call; returns the index of its operation.
    #[inline(always)]
    pub(crate) fn invoke(&mut self, at: VirtualInstant, node: NodeId, op: O) -> usize {
        let index = self.operations.len();
        let invoked = self.next_moment(at);
        self.operations.push(Operation { process: Process(node.0), op, invoked, outcome: Completion::Open });
        index
    }

    #[inline(always)]
    pub(crate) fn ok(&mut self, at: VirtualInstant, index: usize, answer: A) {
        let at = self.next_moment(at);
        self.operations[index].outcome = Completion::Ok { answer, at };
    }

    pub(crate) fn fail(&mut self, at: VirtualInstant, index: usize) {
        let at = self.next_moment(at);
        self.operations[index].outcome = Completion::Fail { at };
    }
}

/// The calls of one type, and what finds them by number.
#[derive(Debug)]
pub(crate) struct CallTable<O, A> {
    pub(crate) calls: LoggedCalls<O, A>,
    /// By node: the index of the operation of each open call, sorted by the number that the node gave the call.
    ///
    /// Seldom more than a few. Only of calls that are stated as facts.
    numbered: Vec<Vec<(u64, usize)>>,
    /// How many readers there are; the last one takes what it reads.
    pub(crate) readers: u32,
    /// Whether a fact fitted no fact before it.
    pub(crate) has_refused: bool,
}

impl<O, A> Default for CallTable<O, A> {
    fn default() -> Self {
        Self { calls: LoggedCalls::default(), numbered: Vec::new(), readers: 0, has_refused: false }
    }
}

impl<O: Clone, A: Clone> CallTable<O, A> {
    /// Returns the calls to a reader, which reads no more.
    pub(crate) fn read(&mut self) -> LoggedCalls<O, A> {
        self.readers -= 1;
        if self.readers == 0 { take(&mut self.calls) } else { self.calls.clone() }
    }
}

impl<O, A> CallTable<O, A> {
    fn numbered(&mut self, node: NodeId) -> &mut Vec<(u64, usize)> {
        let index = node.0 as usize;
        if index >= self.numbered.len() {
            self.numbered.resize_with(index + 1, Vec::new);
        }
        &mut self.numbered[index]
    }

    /// The place of the call that a fact is about among the open calls of its node.
    ///
    /// `None` if the fact fits no fact before it: its call is open already, or ends and is not open.
    fn place(&mut self, node: NodeId, fact: &CallFact<O, A>) -> Option<usize> {
        let open = self.numbered(node);
        let find = |call: &u64| open.binary_search_by_key(call, |(number, _)| *number);
        let place = match fact {
            CallFact::Invoked { call, .. } => find(call).err(),
            CallFact::Ok { call, .. } | CallFact::Fail { call } | CallFact::Open { call } => find(call).ok(),
        };
        self.has_refused |= place.is_none();
        place
    }

    /// Takes a fact whose call has that place.
    fn take_at(&mut self, place: usize, at: VirtualInstant, node: NodeId, fact: CallFact<O, A>) {
        let open = &mut self.numbered[node.0 as usize];
        match fact {
            CallFact::Invoked { call, op } => {
                let index = self.calls.invoke(at, node, op);
                open.insert(place, (call, index));
            }
            CallFact::Ok { answer, .. } => self.calls.ok(at, open.remove(place).1, answer),
            CallFact::Fail { .. } => self.calls.fail(at, open.remove(place).1),
            CallFact::Open { .. } => drop(open.remove(place)),
        }
    }
}

/// A [`CallTable`] of any type.
pub(crate) trait AnyTable: Any {
    /// Takes a fact about a call; returns it if it is of another type, or fits no fact before it.
    fn take(&self, at: VirtualInstant, node: NodeId, fact: Box<dyn Fact>) -> Result<(), Box<dyn Fact>>;

    /// Leaves all calls of a node open for ever: its life ended.
    fn end_life(&self, node: NodeId);
}

impl<O: Debug + 'static, A: Debug + 'static> AnyTable for RefCell<CallTable<O, A>> {
    fn take(&self, at: VirtualInstant, node: NodeId, fact: Box<dyn Fact>) -> Result<(), Box<dyn Fact>> {
        // Dereferences the box first: a `Box<dyn Fact>` is a fact too.
        let Some(stated) = (*fact).as_any().downcast_ref::<CallFact<O, A>>() else { return Err(fact) };
        let mut table = self.borrow_mut();
        let Some(place) = table.place(node, stated) else { return Err(fact) };
        let fact: Box<dyn Any> = fact;
        if let Ok(fact) = fact.downcast::<CallFact<O, A>>() {
            table.take_at(place, at, node, *fact);
        }
        Ok(())
    }

    fn end_life(&self, node: NodeId) {
        let mut table = self.borrow_mut();
        table.numbered(node).clear();
        let events = table.calls.events;
        table.calls.ended_lives.push((events, node));
    }
}
