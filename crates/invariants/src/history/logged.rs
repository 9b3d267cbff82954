//! Builds a history from the calls that the log of a run kept.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use cluster_sim_types::{LoggedCalls, NodeId};

use super::by_number::ByNumber;
use super::error::HistoryError;
use super::operation::{Moment, Process};
use super::processes::{Processes, name_of};
use super::record::History;
use super::recorder::HistoryRecorder;

/// The processes of one node up to an invocation.
#[derive(Debug, Clone, Default)]
struct Caller {
    /// The process that called last and when it hears its answer, by the place of that event; a node seldom has more than one.
    last: Option<(u32, Process)>,
    /// The others that wait for an answer and hear it.
    busy: BinaryHeap<Reverse<(u32, Process)>>,
    /// The processes that wait for nothing; the one that was busy last is last.
    idle: Vec<Process>,
    /// How many processes it has.
    count: u32,
}

impl Caller {
    /// Takes the process that waits for nothing at that event, and was busy last of those.
    #[inline]
    fn idle_at(&mut self, order: u32) -> Option<Process> {
        match self.last.take() {
            Some((end, process)) if end < order && self.busy.is_empty() => Some(process),
            last => self.idle_of_several(last, order),
        }
    }

    #[inline(never)]
    fn idle_of_several(&mut self, last: Option<(u32, Process)>, order: u32) -> Option<Process> {
        self.busy.extend(last.map(Reverse));
        while let Some(Reverse((end, process))) = self.busy.peek()
            && *end < order
        {
            self.idle.push(*process);
            self.busy.pop();
        }
        self.idle.pop()
    }

    /// Calls by no process of the life that ended.
    fn end_life(&mut self) {
        self.last = None;
        self.busy.clear();
        self.idle.clear();
    }
}

impl<O, A> HistoryRecorder<O, A> {
    /// Finds the process of each call, as if each event had been [recorded](Self::record) when it happened.
    ///
    /// # Errors
    ///
    /// [`HistoryError::TooLong`].
    pub(super) fn of_log<'n>(logged: LoggedCalls<O, A>, name: impl Fn(NodeId) -> &'n str) -> Result<Self, HistoryError> {
        let LoggedCalls { mut operations, events, last, ended_lives } = logged;
        let last = match u32::try_from(events) {
            Ok(events) => events.checked_sub(1).map(|order| Moment { at: last, order }),
            Err(_) => return Err(HistoryError::TooLong),
        };
        let mut callers = ByNumber::<Caller>::default();
        let (mut nodes, mut names) = (Vec::new(), Vec::new());
        let mut ended_lives = ended_lives.into_iter().peekable();
        for operation in &mut operations {
            while let Some((_, node)) = ended_lives.next_if(|(before, _)| *before <= u64::from(operation.invoked.order)) {
                callers.of(node.0).end_life();
            }
            let node = NodeId(operation.process.0);
            let caller = callers.of(node.0);
            operation.process = caller.idle_at(operation.invoked.order).unwrap_or_else(|| {
                caller.count += 1;
                let process = Process(nodes.len() as u32);
                nodes.push(node);
                names.push((process, name_of(name(node), caller.count)));
                process
            });
            caller.last = operation.completed().map(|end| (end.order, operation.process));
        }
        Ok(Self { history: History::of_operations(operations, last, names), processes: Processes::of_nodes(nodes) })
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_types::{CallFact, CallLogs, Fact, VirtualInstant};
    use proptest::prelude::*;

    use super::*;

    type Stated = CallFact<u64, u64>;

    const NAMES: [&str; 3] = ["a", "b", "c"];

    /// The fact of a step of a node: 0 to 2 call, 3 to 5 end the oldest or newest call in some way.
    fn facts(open: &mut Vec<u64>, number: u64, does: u8, is_oldest: bool) -> Option<Stated> {
        if does < 3 || open.is_empty() {
            open.push(number);
            return Some(Stated::Invoked { call: number, op: number });
        }
        let call = if is_oldest { open.remove(0) } else { open.pop()? };
        Some(match does {
            3 => Stated::Ok { call, answer: number },
            4 => Stated::Fail { call },
            _ => Stated::Open { call },
        })
    }

    proptest! {
        #[test]
        fn a_history_of_the_log_is_that_of_the_facts(steps in prop::collection::vec((0_usize..3, 0_u8..7, any::<bool>()), 0..60)) {
            let mut logs = CallLogs::default();
            let reader = logs.reader::<u64, u64>();
            let mut recorder = HistoryRecorder::default();
            let mut open = [const { Vec::new() }; 3];
            for (number, (node, does, is_oldest)) in (0..).zip(steps) {
                let (id, at) = (NodeId(node as u32), VirtualInstant::from_nanoseconds(number / 2));
                if does == 6 {
                    open[node].clear();
                    logs.end_life(id);
                    recorder.end_life(id);
                } else if let Some(fact) = facts(&mut open[node], number, does, is_oldest) {
                    recorder.record(id, NAMES[node], at, &fact).unwrap();
                    let fact: Box<dyn Fact> = Box::new(fact);
                    prop_assert!(logs.take(at, id, fact).is_ok());
                }
            }
            let logged = HistoryRecorder::of_log(reader.read(), |node| NAMES[node.0 as usize]).unwrap();
            prop_assert_eq!(logged.history.operations(), recorder.history.operations());
            prop_assert_eq!(logged.history.names(), recorder.history.names());
            prop_assert_eq!(logged.history.events().count(), recorder.history.events().count());
            for (process, _) in logged.history.names() {
                prop_assert_eq!(logged.node(process), recorder.node(process));
            }
        }
    }

    #[test]
    fn more_events_than_moments_are_refused() {
        let logged = LoggedCalls::<u64, u64> { events: 1 << 32, ..LoggedCalls::default() };
        assert_eq!(HistoryRecorder::of_log(logged, |_| "a").err(), Some(HistoryError::TooLong));
    }
}
