//! A bounded log of events: keeps the first few and the last ones.

use std::collections::VecDeque;

use super::LeftOut;
use super::event::Event;

/// The number of first events kept; at most a tenth of the bound.
const FIRST: usize = 1_000;

/// The first and last events of a run, up to a bound.
#[derive(Debug)]
pub(super) struct BoundedLog {
    first: Vec<Event>,
    last: VecDeque<Event>,
    first_most: usize,
    last_most: usize,
    left_out: u64,
}

impl BoundedLog {
    /// Keeps at most `most` events.
    pub(super) fn new(most: usize) -> Self {
        let first_most = FIRST.min(most / 10);
        Self { first: Vec::new(), last: VecDeque::new(), first_most, last_most: most - first_most, left_out: 0 }
    }

    pub(super) fn push(&mut self, event: Event) {
        if self.first.len() < self.first_most {
            return self.first.push(event);
        }
        self.last.push_back(event);
        if self.last.len() > self.last_most {
            self.last.pop_front();
            self.left_out += 1;
        }
    }

    /// The kept events in order, and the gap between the first and the last ones.
    pub(super) fn finish(self) -> (Vec<Event>, Option<LeftOut>) {
        let left_out = (self.left_out > 0).then_some(LeftOut { after: self.first.len() as u64, events: self.left_out });
        let mut events = self.first;
        events.extend(self.last);
        (events, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(most: usize, events: u64) -> (Vec<u64>, Option<LeftOut>) {
        let mut kept = BoundedLog::new(most);
        for index in 0..events {
            let (at, event) = (cluster_sim_types::VirtualInstant::ZERO, crate::event::EventKind::Call);
            kept.push(Event { index, at, step: 0, node: "n".into(), task: None, event, span: None, view_changed: false });
        }
        let (events, left_out) = kept.finish();
        (events.into_iter().map(|event| event.index).collect(), left_out)
    }

    #[test]
    fn events_within_the_bound_are_all_kept() {
        assert_eq!(kept(20, 20), ((0..20).collect(), None));
        assert_eq!(kept(20, 0), (Vec::new(), None));
    }

    #[test]
    fn beyond_the_bound_the_middle_is_left_out_and_counted() {
        let (events, left_out) = kept(20, 50);
        assert_eq!(events, [0, 1].into_iter().chain(32..50).collect::<Vec<u64>>());
        assert_eq!(left_out, Some(LeftOut { after: 2, events: 30 }));
        assert_eq!(kept(20_000, 50_000).1, Some(LeftOut { after: 1_000, events: 30_000 }));
    }

    #[test]
    fn a_bound_of_zero_keeps_nothing() {
        assert_eq!(kept(0, 3), (Vec::new(), Some(LeftOut { after: 0, events: 3 })));
    }
}
