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
