//! What waits for the code of a node to take it.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

/// How many messages wait in a port; as in the simulation.
const CAPACITY: usize = 256;

/// A bounded queue that any number of tasks take from.
#[derive(Debug)]
pub(super) struct Inbox<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    arrived: VecDeque<T>,
    waiting: Vec<(u64, Waker)>,
    tickets: u64,
}

/// Tells the waits for one inbox apart; empty until it was waited by. Each wait has its own, also where one task waits twice.
#[derive(Debug, Default)]
pub struct Ticket(Option<u64>);

impl<T> Inbox<T> {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State { arrived: VecDeque::new(), waiting: Vec::new(), tickets: 0 }) }
    }

    /// Puts something in and wakes all who wait; false if the inbox is full.
    pub(super) fn put(&self, item: T) -> bool {
        let mut state = self.state.lock();
        if state.arrived.len() >= CAPACITY {
            return false;
        }
        state.arrived.push_back(item);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
        true
    }

    /// Takes what came first.
    pub(super) fn take(&self) -> Option<T> {
        self.state.lock().arrived.pop_front()
    }

    /// Takes what came first, or has the task woken once something comes.
    pub(super) fn poll(&self, ticket: &mut Ticket, context: &Context<'_>) -> Poll<T> {
        let mut state = self.state.lock();
        if let Some(item) = state.arrived.pop_front() {
            return Poll::Ready(item);
        }
        let number = *ticket.0.get_or_insert_with(|| {
            state.tickets += 1;
            state.tickets
        });
        match state.waiting.iter_mut().find(|(waits, _)| *waits == number) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => state.waiting.push((number, context.waker().clone())),
        }
        Poll::Pending
    }

    /// Lets the wait of this ticket go.
    pub(super) fn forget(&self, ticket: &Ticket) {
        if let Some(number) = ticket.0 {
            self.state.lock().waiting.retain(|(waits, _)| *waits != number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_keeps_256_messages_in_order() {
        let inbox = Inbox::new();
        assert_eq!((0..300).filter(|number| inbox.put(*number)).count(), 256);
        assert_eq!((inbox.take(), inbox.take()), (Some(0), Some(1)));
        assert!(inbox.put(256), "there is room again");
    }

    #[test]
    fn cancelling_one_wait_of_a_task_keeps_the_other() {
        let inbox = Inbox::<u8>::new();
        let (mut one, mut other) = (Ticket::default(), Ticket::default());
        let context = Context::from_waker(Waker::noop());
        assert!(inbox.poll(&mut one, &context).is_pending() && inbox.poll(&mut other, &context).is_pending());
        inbox.forget(&one);
        assert_eq!(inbox.state.lock().waiting.len(), 1);
        inbox.forget(&other);
        assert_eq!(inbox.state.lock().waiting.len(), 0);
    }
}
