//! [`Bound`]: how many nodes or domains of a set may fail at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use cluster_sim_types::VirtualInstant;

use crate::fault::claim::Failure;

/// The most nodes of a set that may fail at once, and those that do; or the domains in which nodes do.
///
/// The numbers are those of nodes, or those of domains where these are counted.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) failure: Failure,
    pub(super) most: u32,
    /// The numbers of nodes that planned faults let fail, from each instant on, in order.
    pub(super) planned: Vec<(VirtualInstant, u32)>,
    /// The position in `planned` of the last instant that has passed.
    position: usize,
    /// The numbers that drawn faults let fail, and until when.
    failed: BTreeMap<usize, VirtualInstant>,
    /// The ends of drawn faults, soonest first; those that a later fault outlasts are stale.
    ends: BinaryHeap<Reverse<(VirtualInstant, usize)>>,
    /// The ends of drawn restarts of nodes one after the other, each of which has one node down at any time.
    pub(super) rolling: Vec<VirtualInstant>,
}

impl Bound {
    pub(super) fn new(failure: Failure, most: u32) -> Self {
        let (planned, failed, ends) = (Vec::new(), BTreeMap::new(), BinaryHeap::new());
        Self { failure, most, planned, position: 0, failed, ends, rolling: Vec::new() }
    }

    /// Whether all these may fail at once from `at` on.
    pub(super) fn allows(&mut self, numbers: &BTreeSet<usize>, at: VirtualInstant, until: VirtualInstant) -> bool {
        self.forget_ended(at);
        let others = self.failed.len() - numbers.iter().filter(|number| self.failed.contains_key(number)).count();
        self.fits((others + numbers.len()) as u64, at, until)
    }

    /// Whether any one more may fail from `at` on.
    pub(super) fn has_room(&mut self, at: VirtualInstant, until: VirtualInstant) -> bool {
        self.forget_ended(at);
        self.fits(self.failed.len() as u64 + 1, at, until)
    }

    fn fits(&mut self, failed: u64, at: VirtualInstant, until: VirtualInstant) -> bool {
        failed + self.rolling.len() as u64 + u64::from(self.planned_within(at, until)) <= u64::from(self.most)
    }

    /// Forgets the drawn faults that ended before then.
    fn forget_ended(&mut self, at: VirtualInstant) {
        self.rolling.retain(|end| *end >= at);
        while let Some(Reverse((end, ended))) = self.ends.peek().copied().filter(|Reverse((end, _))| *end < at) {
            self.ends.pop();
            if self.failed.get(&ended) == Some(&end) {
                self.failed.remove(&ended);
            }
        }
    }

    /// Notes that these fail.
    pub(super) fn note(&mut self, numbers: &BTreeSet<usize>, until: VirtualInstant) {
        for number in numbers.iter().copied() {
            let until = self.failed.get(&number).map_or(until, |known| until.max(*known));
            self.failed.insert(number, until);
            self.ends.push(Reverse((until, number)));
        }
    }

    /// The most that planned faults let fail at once from `at` to `until`, which is part of it.
    fn planned_within(&mut self, at: VirtualInstant, until: VirtualInstant) -> u32 {
        while self.planned.get(self.position + 1).is_some_and(|(from, _)| *from <= at) {
            self.position += 1;
        }
        let later = self.planned[self.position.min(self.planned.len())..].iter();
        later.take_while(|(from, _)| *from <= until.max(at)).map(|(_, down)| *down).max().unwrap_or_default()
    }
}
