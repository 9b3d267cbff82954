//! Bounded queues between the tasks that serve sockets and the node's own tasks.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

/// How many messages wait at a port, as in the simulation.
const CAPACITY: usize = 256;

/// A bounded queue with any number of consumers.
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

/// Identifies one wait at an inbox; empty until the first poll.
///
/// Each wait has its own ticket, even if one task waits twice.
#[derive(Debug, Default)]
pub struct Ticket(Option<u64>);

impl<T> Inbox<T> {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State { arrived: VecDeque::new(), waiting: Vec::new(), tickets: 0 }) }
    }

    /// Appends an item and wakes all waiting tasks. Returns `false` if the inbox is full.
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

    /// Takes the oldest item.
    pub(super) fn take(&self) -> Option<T> {
        self.state.lock().arrived.pop_front()
    }

    /// Takes the oldest item, or registers the task to be woken by the next one.
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

    /// Cancels the wait of a ticket.
    pub(super) fn forget(&self, ticket: &Ticket) {
        if let Some(number) = ticket.0 {
            self.state.lock().waiting.retain(|(waits, _)| *waits != number);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_test::{assert_pending, task};

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
        let mut task = task::spawn(());
        task.enter(|context, _| {
            assert_pending!(inbox.poll(&mut one, context));
            assert_pending!(inbox.poll(&mut other, context));
        });
        inbox.forget(&one);
        assert_eq!(inbox.state.lock().waiting.len(), 1);
        assert!(inbox.put(7) && task.is_woken(), "the other wait wakes the task");
        assert_eq!(inbox.take(), Some(7));
        task.enter(|context, _| assert_pending!(inbox.poll(&mut other, context)));
        inbox.forget(&other);
        assert_eq!(inbox.state.lock().waiting.len(), 0);
    }
}
