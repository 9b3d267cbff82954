//! A heap of events by instant.

use super::event::Event;

/// A four-ary heap: half the levels of a binary one, with adjacent children.
#[derive(Debug, Default)]
pub(super) struct Heap {
    events: Vec<Event>,
}

const CHILDREN: usize = 4;

impl Heap {
    /// Returns the earliest instant.
    #[inline]
    pub(super) fn first(&self) -> Option<u64> {
        self.events.first().map(|event| event.at)
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
    }

    pub(super) fn push(&mut self, event: Event) {
        self.events.push(event);
        self.sift_up(self.events.len() - 1, event);
    }

    /// Moves `event` up from the hole to its position.
    fn sift_up(&mut self, mut hole: usize, event: Event) {
        while hole > 0 {
            let parent = (hole - 1) / CHILDREN;
            if event.at >= self.events[parent].at {
                break;
            }
            self.events[hole] = self.events[parent];
            hole = parent;
        }
        self.events[hole] = event;
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        let last = self.events.pop()?;
        let Some(first) = self.events.first().copied() else { return Some(last) };
        // Sift the hole down to a leaf along the smallest children, then the last event up from there. It was a leaf before, so
        // it rarely moves far, and the way down needs no comparison with it.
        let mut hole = 0;
        loop {
            let child = hole * CHILDREN + 1;
            let Some(children) =
                self.events.get(child..self.events.len().min(child + CHILDREN)).filter(|children| !children.is_empty())
            else {
                break;
            };
            let mut smallest = 0;
            for other in 1..children.len() {
                if children[other].at < children[smallest].at {
                    smallest = other;
                }
            }
            self.events[hole] = children[smallest];
            hole = child + smallest;
        }
        self.sift_up(hole, last);
        Some(first)
    }
}
