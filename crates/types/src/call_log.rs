//! The calls of clients by type, for rules that read all of them at the end of a run.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::fmt::Debug;
use std::rc::Rc;

use crate::call_table::{AnyTable, CallTable};
use crate::{Fact, LoggedCalls, NodeId, VirtualInstant};

/// The logs of a run: one for each type of calls that a rule reads.
///
/// They stand in for the facts of clients where nothing else reads those: a fact costs a run a box, a change, and a call of every
/// rule; a call in a log is written in its place of the history. They are closed at first, and clients state facts.
#[derive(Default)]
pub struct CallLogs {
    logs: Vec<Log>,
    is_open: bool,
}

/// The log of one type of calls: for code that knows the type, and for code that does not.
struct Log {
    /// An `Rc<RefCell<CallTable<O, A>>>`.
    typed: Box<dyn Any>,
    table: Rc<dyn AnyTable>,
}

impl CallLogs {
    /// Lets clients write to the logs, or has them state facts.
    ///
    /// Decided before the first step, for the whole run.
    pub fn set_open(&mut self, is_open: bool) {
        self.is_open = is_open;
    }

    /// Whether clients write to the logs.
    #[inline(always)]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    #[inline(always)]
    fn find<O: 'static, A: 'static>(&self) -> Option<&RefCell<CallTable<O, A>>> {
        // Nearly every scenario has one type of calls.
        match self.logs.first()?.typed.downcast_ref::<Rc<RefCell<CallTable<O, A>>>>() {
            Some(table) => Some(table),
            None => self.find_later(),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_later<O: 'static, A: 'static>(&self) -> Option<&RefCell<CallTable<O, A>>> {
        self.logs.iter().find_map(|log| log.typed.downcast_ref::<Rc<RefCell<CallTable<O, A>>>>()).map(|table| &**table)
    }

    /// Begins a call of a node; returns its index, `None` if no rule reads calls of that type.
    #[inline(always)]
    pub fn invoke<O: 'static, A: 'static>(&self, at: VirtualInstant, node: NodeId, op: O) -> Option<usize> {
        Some(self.find::<O, A>()?.borrow_mut().calls.invoke(at, node, op))
    }

    /// Ends the call of that index with an answer.
    #[inline(always)]
    pub fn ok<O: 'static, A: 'static>(&self, at: VirtualInstant, index: usize, answer: A) {
        if let Some(log) = self.find::<O, A>() {
            log.borrow_mut().calls.ok(at, index, answer);
        }
    }

    /// Ends the call of that index: it did not happen.
    pub fn fail<O: 'static, A: 'static>(&self, at: VirtualInstant, index: usize) {
        if let Some(log) = self.find::<O, A>() {
            log.borrow_mut().calls.fail(at, index);
        }
    }

    /// Takes a fact about a call that a node states by a number of its own.
    ///
    /// # Errors
    ///
    /// The fact, if no rule reads it here, or if it fits no fact before it; it is to be stated then.
    pub fn take(&self, at: VirtualInstant, node: NodeId, fact: Box<dyn Fact>) -> Result<(), Box<dyn Fact>> {
        let mut fact = fact;
        for log in &self.logs {
            match log.table.take(at, node, fact) {
                Ok(()) => return Ok(()),
                Err(refused) => fact = refused,
            }
        }
        Err(fact)
    }

    /// Leaves all calls of a node open for ever: its life ended, and the next one calls as other processes.
    #[cold]
    pub fn end_life(&self, node: NodeId) {
        self.logs.iter().for_each(|log| log.table.end_life(node));
    }

    /// Adds a reader of a type of calls.
    pub fn reader<O: Debug + 'static, A: Debug + 'static>(&mut self) -> CallReader<O, A> {
        let found = self.logs.iter().find_map(|log| log.typed.downcast_ref::<Rc<RefCell<CallTable<O, A>>>>()).map(Rc::clone);
        let table = found.unwrap_or_else(|| {
            let table = Rc::new(RefCell::new(CallTable::default()));
            self.logs.push(Log { typed: Box::new(Rc::clone(&table)), table: Rc::<RefCell<CallTable<O, A>>>::clone(&table) });
            table
        });
        table.borrow_mut().readers += 1;
        CallReader { table }
    }
}

impl Debug for CallLogs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CallLogs").field("logs", &self.logs.len()).field("is_open", &self.is_open).finish()
    }
}

/// Reads the log of one type of calls.
#[derive(Debug)]
pub struct CallReader<O, A> {
    table: Rc<RefCell<CallTable<O, A>>>,
}

impl<O: Clone, A: Clone> CallReader<O, A> {
    /// Whether a fact fitted no fact before it: it was stated and is in no log.
    pub fn has_refused(&self) -> bool {
        self.table.borrow().has_refused
    }

    /// Returns all calls of the run so far.
    pub fn read(self) -> LoggedCalls<O, A> {
        self.table.borrow_mut().read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallFact, Completion, Moment, Operation, Process};

    type Stated = CallFact<u8, u16>;

    fn at(nanoseconds: u64) -> VirtualInstant {
        VirtualInstant::from_nanoseconds(nanoseconds)
    }

    fn take(logs: &CallLogs, node: u32, fact: impl Fact) -> bool {
        logs.take(at(0), NodeId(node), Box::new(fact)).is_ok()
    }

    #[test]
    fn each_reader_reads_all_calls_of_its_type() {
        let mut logs = CallLogs::default();
        let [first, second] = [(); 2].map(|()| logs.reader::<u8, u16>());
        let call = logs.invoke::<u8, u16>(at(3), NodeId(7), 1);
        assert_eq!((call, logs.invoke::<u8, ()>(at(4), NodeId(7), 1)), (Some(0), None), "no rule reads the second type");
        assert_eq!(logs.invoke::<u8, u16>(at(5), NodeId(2), 2), Some(1));
        logs.ok::<u8, u16>(at(6), 1, 9);
        let expected = |calls: LoggedCalls<u8, u16>| {
            let told = |of: usize| (calls.operations[of].process, calls.operations[of].op, calls.operations[of].outcome);
            assert_eq!(told(0), (Process(7), 1, Completion::Open));
            assert_eq!(told(1), (Process(2), 2, Completion::Ok { answer: 9, at: Moment { at: at(6), order: 2 } }));
            assert_eq!((calls.events, calls.last), (3, at(6)));
        };
        expected(first.read());
        expected(second.read());
    }

    #[test]
    fn a_fact_that_fits_no_fact_before_is_returned() {
        let mut logs = CallLogs::default();
        let reader = logs.reader::<u8, u16>();
        assert!(take(&logs, 1, Stated::Invoked { call: 5, op: 1 }));
        assert!(take(&logs, 1, Stated::Invoked { call: 4, op: 2 }));
        assert!(!take(&logs, 1, CallFact::<u8, ()>::Fail { call: 4 }), "it is of another type");
        assert!(!reader.has_refused());
        assert!(!take(&logs, 1, Stated::Invoked { call: 4, op: 3 }), "it is open already");
        assert!(reader.has_refused());
        assert!(take(&logs, 1, Stated::Ok { call: 4, answer: 2 }));
        assert!(!take(&logs, 1, Stated::Fail { call: 4 }), "it has ended");
        assert!(!take(&logs, 0, Stated::Fail { call: 5 }), "it is of another node");
        logs.end_life(NodeId(1));
        assert!(!take(&logs, 1, Stated::Fail { call: 5 }), "it is of an earlier life");
        let LoggedCalls { operations, ended_lives, .. } = reader.read();
        assert_eq!(operations.iter().map(Operation::answer).collect::<Vec<_>>(), [None, Some(&2)]);
        assert_eq!(ended_lives, [(3, NodeId(1))]);
    }
}
