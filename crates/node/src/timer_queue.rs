//! Values by the instants at which they are due.

use std::collections::BTreeMap;
use std::future::pending;

use cluster_sim_types::LocalInstant;

use crate::effects::Effects;
use crate::node::Node;
use crate::timer::Timer;

/// Values that come due at instants of the node's monotonic clock, in the order of those.
///
/// For protocols with many timers, such as libraries without IO that hand over an event and a delay. Several timers of a machine
/// that came due during a pause are handled in any order; the values of a queue come earliest first, equal ones as they were
/// inserted.
///
/// An async node waits by [`next`](Self::next). A machine uses one [`Timer`] for the whole queue: it takes what is due by
/// [`pop_due`](Self::pop_due) when the timer fires, and calls [`arm`](Self::arm) at the end of each step.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{Effects, Input, LocalInstant, Node, NodeId, Timer, TimerQueue};
///
/// /// Returns each message to its sender after as many milliseconds as it says.
/// #[derive(Default)]
/// struct Echo {
///     due: TimerQueue<(NodeId, u64)>,
/// }
///
/// impl Echo {
///     fn step(&mut self, now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
///         match input {
///             Input::Message { from, message } => self.due.insert(now + Duration::from_millis(message), (from, message)),
///             Input::Timer(_) => {
///                 while let Some((to, message)) = self.due.pop_due(now) {
///                     effects.send(to, message);
///                 }
///             }
///             _ => {}
///         }
///         self.due.arm(Timer(0), now, effects);
///     }
/// }
///
/// /// The same as an async node.
/// async fn echo(node: Node) {
///     let port = node.bind::<u64>("main");
///     let mut due = TimerQueue::default();
///     loop {
///         cluster_sim_node::select! {
///             received = port.recv() => due.insert(node.now() + Duration::from_millis(received.message), received),
///             received = due.next(&node) => port.send(received.from, received.message),
///         }
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct TimerQueue<T> {
    /// By the instant at which it is due, and its number.
    values: BTreeMap<(LocalInstant, u64), T>,
    /// How many were inserted, ever.
    inserted: u64,
    /// The instant for which the timer of a machine is set.
    armed: Option<LocalInstant>,
}

impl<T> Default for TimerQueue<T> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), inserted: 0, armed: None }
    }
}

impl<T> TimerQueue<T> {
    /// Inserts a value that is due at an instant; one that has passed makes it due at once.
    pub fn insert(&mut self, due: LocalInstant, value: T) {
        self.inserted += 1;
        self.values.insert((due, self.inserted), value);
    }

    /// Returns the instant at which the earliest value is due.
    pub fn next_deadline(&self) -> Option<LocalInstant> {
        self.values.first_key_value().map(|((due, _), _)| *due)
    }

    /// Takes the earliest value, if it is due.
    ///
    /// A machine calls it at [`Input::Timer`](crate::Input::Timer), until it returns `None` or has handled enough for one step: the
    /// next [`arm`](Self::arm) sets the timer again.
    pub fn pop_due(&mut self, now: LocalInstant) -> Option<T> {
        self.armed = None;
        self.next_deadline().filter(|due| *due <= now)?;
        self.values.pop_first().map(|(_, value)| value)
    }

    /// Sets the timer of a machine for the earliest value, or cancels it if there is none.
    ///
    /// Does nothing while the timer is set for that instant already. Use the timer for nothing else.
    pub fn arm<M>(&mut self, timer: impl Into<Timer>, now: LocalInstant, effects: &mut Effects<M>) {
        let next = self.next_deadline();
        if next == self.armed {
            return;
        }
        match next {
            Some(due) => effects.set_timer(timer, due.saturating_since(now)),
            None => effects.cancel_timer(timer),
        }
        self.armed = next;
    }

    /// Waits until the earliest value is due, and takes it; never resolves while the queue is empty.
    ///
    /// Cancel safe: a value that was not returned stays in the queue.
    pub async fn next(&mut self, node: &Node) -> T {
        loop {
            match self.next_deadline() {
                Some(due) => node.sleep_until(due).await,
                None => pending().await,
            }
            if let Some((_, value)) = self.values.pop_first() {
                return value;
            }
        }
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cluster_sim_runtime::Entropy;

    use super::*;
    use crate::effects::Effect;

    fn at(milliseconds: u64) -> LocalInstant {
        LocalInstant::ZERO + Duration::from_millis(milliseconds)
    }

    /// The one effect that arming the queue has, if any: a delay, or none for a cancelled timer.
    fn armed(queue: &mut TimerQueue<char>, now: LocalInstant) -> Option<Option<Duration>> {
        let mut effects = Effects::<()>::new(Entropy::from_key(7));
        queue.arm(Timer(3), now, &mut effects);
        effects.drain().next().map(|effect| match effect {
            Effect::SetTimer(Timer(3), after) => Some(after),
            Effect::CancelTimer(Timer(3)) => None,
            other => unreachable!("{other:?} was not asked for"),
        })
    }

    #[test]
    fn values_come_earliest_first_and_equal_ones_as_inserted() {
        let mut queue = TimerQueue::default();
        [(20, 'b'), (30, 'd'), (10, 'a'), (20, 'c')].into_iter().for_each(|(due, value)| queue.insert(at(due), value));
        assert_eq!((queue.pop_due(at(9)), queue.next_deadline(), queue.len()), (None, Some(at(10)), 4));
        let due: Vec<char> = std::iter::from_fn(|| queue.pop_due(at(29))).collect();
        assert_eq!((due, queue.pop_due(at(30)), queue.is_empty()), (vec!['a', 'b', 'c'], Some('d'), true));
    }

    #[test]
    fn the_timer_is_set_when_the_earliest_deadline_moves() {
        let mut queue = TimerQueue::default();
        assert_eq!(armed(&mut queue, at(0)), None, "nothing is due, and nothing is set");
        queue.insert(at(20), 'b');
        assert_eq!(armed(&mut queue, at(5)), Some(Some(Duration::from_millis(15))));
        queue.insert(at(30), 'c');
        assert_eq!(armed(&mut queue, at(6)), None, "it is set for 20");
        queue.insert(at(10), 'a');
        assert_eq!(armed(&mut queue, at(6)), Some(Some(Duration::from_millis(4))));
    }

    #[test]
    fn a_timer_that_fired_is_set_again_for_what_is_left() {
        let mut queue = TimerQueue::default();
        [(10, 'a'), (10, 'b')].into_iter().for_each(|(due, value)| queue.insert(at(due), value));
        assert_eq!(armed(&mut queue, at(0)), Some(Some(Duration::from_millis(10))));
        assert_eq!(queue.pop_due(at(12)), Some('a'));
        assert_eq!(armed(&mut queue, at(12)), Some(Some(Duration::ZERO)), "one that is due is left");
        assert_eq!(queue.pop_due(at(12)), Some('b'));
        assert_eq!(armed(&mut queue, at(12)), None, "it fired, and nothing is left");
    }
}
