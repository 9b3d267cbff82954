//! Memory that one simulation passes to the next.

use std::sync::Arc;

use super::nodes::Node;
use crate::engine::queue::EventQueue;
use crate::engine::record::Ring;
use crate::engine::timers::Timers;

/// The cleared collections of an engine that grow with a run.
///
/// Returned by [`Engine::leave`](crate::engine::Engine::leave), reused by [`Engine::in_arena`](crate::engine::Engine::in_arena). The memory is
/// empty, so reuse changes no run.
#[derive(Debug, Default)]
pub struct Arena {
    pub(super) queue: EventQueue,
    pub(super) timers: Timers,
    pub(super) ring: Ring,
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<Arc<str>>,
}

impl Arena {
    /// Capacity in events above which the memory is freed instead: the next run may need none of it.
    const EVENTS_KEPT: usize = 1 << 20;

    /// Empties all collections; keeps their memory up to [`EVENTS_KEPT`](Self::EVENTS_KEPT).
    pub(super) fn cleared(mut self) -> Self {
        if self.queue.capacity() > Self::EVENTS_KEPT {
            return Self::default();
        }
        self.queue.clear();
        self.timers.clear();
        self.ring.clear();
        self.nodes.clear();
        self.names.clear();
        self
    }

    pub(super) fn prepared(mut self) -> Self {
        self.queue.allocate();
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

    /// An arena after a run with this many events in flight.
    fn used(events: u64) -> Arena {
        let mut arena = Arena::default().prepared();
        let (node, at) = (NodeId(0), VirtualInstant::from_nanoseconds(5));
        (0..events).for_each(|sequence| arena.queue.push(Event::new(at, Order::FIRST, Target::Driver, sequence, 0)));
        arena.timers.insert(Timer::new(node, Incarnation(0), 7, at));
        arena.ring.push(Record::of(at, RecordKind::Boot, node));
        arena
    }

    #[test]
    fn a_cleared_arena_keeps_only_the_memory() {
        let mut arena = used(100).cleared().prepared();
        assert!(arena.queue.capacity() >= 100);
        let late = VirtualInstant::from_nanoseconds(u64::MAX);
        assert_eq!((arena.queue.len(), arena.queue.next(VirtualInstant::ZERO, late).is_some()), (0, false));
        assert_eq!((arena.timers.len(), arena.ring.iter().count()), (0, 0));
    }

    #[test]
    fn memory_of_a_very_large_run_is_freed() {
        let most = Arena::EVENTS_KEPT as u64;
        assert_eq!(used(most + 1).cleared().queue.capacity(), 0);
        assert!(used(most).cleared().queue.capacity() >= Arena::EVENTS_KEPT);
    }
}
