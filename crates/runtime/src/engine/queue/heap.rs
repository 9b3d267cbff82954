//! Events in order of instant, wherever they fall.

use super::event::Event;

/// A heap with four children to a parent: half the levels of a binary one, and the four lie side by side.
#[derive(Debug, Default)]
pub(super) struct Heap {
    events: Vec<Event>,
}

const CHILDREN: usize = 4;

impl Heap {
    /// The instant of the first event; the end of time if there is none.
    #[inline]
    pub(super) fn first(&self) -> Option<u64> {
        self.events.first().map(|event| event.at)
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
    }

    pub(super) fn push(&mut self, event: Event) {
        self.events.push(event);
        self.rise(self.events.len() - 1, event);
    }

    /// Puts `event` where it belongs between the hole and the root.
    fn rise(&mut self, mut hole: usize, event: Event) {
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
        // The hole sinks to a leaf along the smallest children, and the last event rises from there: it was a leaf before, so it
        // rarely rises far, and the way down needs no comparison with it.
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
        self.rise(hole, last);
        Some(first)
    }
}
