//! What one simulation leaves to the next: memory, and nothing of what was in it.

use super::queue::EventQueue;
use super::record::Ring;
use super::timers::Timers;

/// The memory of the parts of an engine that grow with a run, emptied.
///
/// Made by [`Engine::leave`](super::Engine::leave) and taken over by [`Engine::in_arena`](super::Engine::in_arena). No run can tell whose
/// memory it uses.
#[derive(Debug, Default)]
pub struct Arena {
    pub(super) queue: EventQueue,
    pub(super) timers: Timers,
    pub(super) ring: Ring,
}

impl Arena {
    /// An arena of a run that needed more than this many events at once is given back to the machine: the next run may need none of it.
    const EVENTS_KEPT: usize = 1 << 20;

    /// Forgets what was in it.
    pub(super) fn emptied(mut self) -> Self {
        if self.queue.capacity() > Self::EVENTS_KEPT {
            return Self::default();
        }
        self.queue.clear();
        self.timers.clear();
        self.ring.clear();
        self
    }

    /// As it is to be at the start of a run.
    pub(super) fn made_ready(mut self) -> Self {
        self.queue.make_room();
        self
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

    use super::*;
    use crate::engine::queue::{Event, Order, Target};
    use crate::engine::record::{Record, RecordKind};
    use crate::engine::timers::Timer;

    /// An arena as a run leaves it that had so many events under way.
    fn used(events: u64) -> Arena {
        let mut arena = Arena::default().made_ready();
        let (node, at) = (NodeId(0), VirtualInstant::from_nanoseconds(5));
        (0..events).for_each(|sequence| arena.queue.push(Event::new(at, Order::FIRST, Target::Driver, sequence, 0)));
        arena.timers.insert(Timer::new(node, Incarnation(0), 7, at));
        arena.ring.push(Record::of(at, RecordKind::Boot, node));
        arena
    }

    #[test]
    fn nothing_of_what_was_in_it_is_left_but_the_memory() {
        let mut arena = used(100).emptied().made_ready();
        assert!(arena.queue.capacity() >= 100);
        let late = VirtualInstant::from_nanoseconds(u64::MAX);
        assert_eq!((arena.queue.len(), arena.queue.next(VirtualInstant::ZERO, late).is_some()), (0, false));
        assert_eq!((arena.timers.len(), arena.ring.iter().count()), (0, 0));
    }

    #[test]
    fn what_a_very_large_run_needed_is_given_back() {
        let most = Arena::EVENTS_KEPT as u64;
        assert_eq!(used(most + 1).emptied().queue.capacity(), 0);
        assert!(used(most).emptied().queue.capacity() >= Arena::EVENTS_KEPT);
    }
}
