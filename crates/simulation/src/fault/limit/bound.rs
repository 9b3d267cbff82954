//! [`Bound`]: how many nodes of a set may fail at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use cluster_sim_types::VirtualInstant;

use crate::fault::claim::Failure;

/// The most nodes of a set that may fail at once, and those that do.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) failure: Failure,
    pub(super) most: u32,
    /// The numbers of nodes that planned faults let fail, from each instant on, in order.
    pub(super) planned: Vec<(VirtualInstant, u32)>,
    /// The position in `planned` of the last instant that has passed.
    position: usize,
    /// The nodes that drawn faults let fail, and until when.
    failed: BTreeMap<usize, VirtualInstant>,
    /// The ends of drawn faults, soonest first; those that a later fault of the node outlasts are stale.
    ends: BinaryHeap<Reverse<(VirtualInstant, usize)>>,
    /// The ends of drawn restarts of nodes one after the other, each of which has one node down at any time.
    pub(super) rolling: Vec<VirtualInstant>,
}

impl Bound {
    pub(super) fn new(failure: Failure, most: u32) -> Self {
        let (planned, failed, ends) = (Vec::new(), BTreeMap::new(), BinaryHeap::new());
        Self { failure, most, planned, position: 0, failed, ends, rolling: Vec::new() }
    }

    /// Whether all these nodes may fail at once from `at` on.
    pub(super) fn allows(&mut self, nodes: &BTreeSet<usize>, at: VirtualInstant, until: VirtualInstant) -> bool {
        self.forget_ended(at);
        let others = self.failed.len() - nodes.iter().filter(|node| self.failed.contains_key(node)).count();
        self.fits((others + nodes.len()) as u64, at, until)
    }

    /// Whether any one more node may fail from `at` on.
    pub(super) fn has_room(&mut self, at: VirtualInstant, until: VirtualInstant) -> bool {
        self.forget_ended(at);
        self.fits(self.failed.len() as u64 + 1, at, until)
    }

    fn fits(&mut self, failed: u64, at: VirtualInstant, until: VirtualInstant) -> bool {
        failed + self.rolling.len() as u64 + u64::from(self.planned_within(at, until)) <= u64::from(self.most)
    }

    /// Forgets the drawn faults that are over by then.
    fn forget_ended(&mut self, at: VirtualInstant) {
        self.rolling.retain(|end| *end > at);
        while let Some(Reverse((end, ended))) = self.ends.peek().copied().filter(|Reverse((end, _))| *end <= at) {
            self.ends.pop();
            if self.failed.get(&ended) == Some(&end) {
                self.failed.remove(&ended);
            }
        }
    }

    /// Notes that these nodes fail.
    pub(super) fn note(&mut self, nodes: &BTreeSet<usize>, until: VirtualInstant) {
        for node in nodes.iter().copied() {
            let until = self.failed.get(&node).map_or(until, |known| until.max(*known));
            self.failed.insert(node, until);
            self.ends.push(Reverse((until, node)));
        }
    }

    /// The most nodes that planned faults let fail at once from `at` on and before `until`.
    fn planned_within(&mut self, at: VirtualInstant, until: VirtualInstant) -> u32 {
        while self.planned.get(self.position + 1).is_some_and(|(from, _)| *from <= at) {
            self.position += 1;
        }
        let later = self.planned[self.position.min(self.planned.len())..].iter();
        later.take_while(|(from, _)| *from < until.max(at)).map(|(_, down)| *down).max().unwrap_or_default()
    }
}
