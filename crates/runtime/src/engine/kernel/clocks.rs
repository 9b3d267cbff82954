//! The clocks of nodes: reading them, and skewing them.
//!
//! A node whose clocks are true pays one test for each reading and each timer; all else is out of line.

use cluster_sim_types::{LocalInstant, NodeClock, NodeId, VirtualInstant, WallTime};

use super::Kernel;
use crate::engine::skew::{ClockError, Skew, SkewId, SkewedClocks};
use crate::engine::timers::TimerKey;

impl Kernel {
    /// Reads the node's monotonic clock on behalf of its code.
    #[inline]
    pub fn local_now(&self, node: NodeId) -> LocalInstant {
        match self.nodes[node.index()].clock.local_since_boot(self.now) {
            Some(local) => local,
            None => self.read_skewed_local(node),
        }
    }

    /// Reads the node's wall clock on behalf of its code.
    #[inline]
    pub fn wall_now(&self, node: NodeId) -> WallTime {
        let state = &self.nodes[node.index()];
        if state.is_skewed { self.read_skewed_wall(node) } else { state.clock.wall(self.now) }
    }

    /// Reads both clocks of a node; `None` if they are skewed.
    #[inline(always)]
    pub fn true_clocks(&self, node: NodeId) -> Option<(LocalInstant, WallTime)> {
        let clock = &self.nodes[node.index()].clock;
        Some((clock.local_since_boot(self.now)?, clock.wall(self.now)))
    }

    /// Reads both skewed clocks of a node for a step, which counts as a reading of the monotonic one.
    #[cold]
    #[inline(never)]
    pub fn read_skewed_clocks(&self, node: NodeId) -> (LocalInstant, WallTime) {
        self.count_local_reading(node);
        self.clocks_of(node)
    }

    /// Reads both clocks of a node without counting that as a reading of its code.
    #[cold]
    #[inline(never)]
    pub fn clocks_of(&self, node: NodeId) -> (LocalInstant, WallTime) {
        let clock = &self.nodes[node.index()].clock;
        let true_wall = clock.wall(self.now);
        match self.skewed.get(&node) {
            Some(clocks) => (clocks.local(self.now), clocks.wall(self.now, true_wall)),
            None => (clock.local(self.now), true_wall),
        }
    }

    /// Returns how wrong the clocks of a node are now.
    pub fn clock_error(&self, node: NodeId) -> ClockError {
        let true_wall = self.nodes[node.index()].clock.wall(self.now);
        self.skewed.get(&node).map_or_else(ClockError::default, |clocks| clocks.error(self.now, true_wall))
    }

    #[cold]
    #[inline(never)]
    fn read_skewed_local(&self, node: NodeId) -> LocalInstant {
        self.count_local_reading(node);
        self.clocks_of(node).0
    }

    #[cold]
    #[inline(never)]
    fn read_skewed_wall(&self, node: NodeId) -> WallTime {
        self.count_wall_reading(node);
        self.clocks_of(node).1
    }

    /// Counts that the node's code reads its monotonic clock, for the effect of what skews it.
    pub fn count_local_reading(&self, node: NodeId) {
        if let Some(clocks) = self.skewed.get(&node) {
            clocks.count_local(self.now);
        }
    }

    /// Counts that the node's code reads its wall clock.
    #[cold]
    #[inline(never)]
    pub fn count_wall_reading(&self, node: NodeId) {
        if let Some(clocks) = self.skewed.get(&node) {
            clocks.count_wall(self.now, self.nodes[node.index()].clock.wall(self.now));
        }
    }

    /// Returns what true wall clocks show at the start of the run.
    pub fn epoch(&self) -> WallTime {
        self.epoch
    }

    /// Sets what true wall clocks show at the start of the run. Must be called before the first node is added.
    pub fn set_epoch(&mut self, epoch: WallTime) {
        self.epoch = epoch;
    }

    /// Skews the clocks of a node from now on.
    pub fn skew(&mut self, node: NodeId, skew: Skew) -> SkewId {
        let now = self.now;
        if !self.nodes[node.index()].is_skewed {
            self.nodes[node.index()].is_skewed = true;
            self.skewed.insert(node, SkewedClocks::new(self.nodes[node.index()].clock));
            self.hide_true_clock(node);
            self.note_armed_timers(node);
        }
        let clocks = self.skewed.get_mut(&node).expect("the clocks of a skewed node are in the table");
        let id = clocks.add(now, skew);
        self.map_timers(node);
        id
    }

    /// Replaces a skew from now on; the monotonic clock goes on from where it is.
    pub fn change_skew(&mut self, node: NodeId, id: SkewId, skew: Skew) {
        if let Some(clocks) = self.skewed.get_mut(&node) {
            clocks.change(self.now, id, skew);
            self.map_timers(node);
        }
    }

    /// Ends a skew.
    pub fn end_skew(&mut self, node: NodeId, id: SkewId) {
        if let Some(clocks) = self.skewed.get_mut(&node) {
            clocks.remove(self.now, id);
            self.map_timers(node);
            self.forget_true_clocks(node);
        }
    }

    /// Returns how many readings and timers of the node a skew in force has changed.
    ///
    /// A timer that it holds back is one.
    pub fn skew_effect(&self, node: NodeId, id: SkewId) -> u64 {
        let is_armed = |key: TimerKey| self.timers.is_current(key) && self.timers.get(key.slot).due.is_some();
        self.skewed.get(&node).map_or(0, |clocks| clocks.effect(id) + clocks.held_back(id, self.now, is_armed))
    }

    /// Lets every reading of the node's monotonic clock fail at the test that it makes anyhow, so that true clocks cost no other.
    fn hide_true_clock(&mut self, node: NodeId) {
        self.nodes[node.index()].clock = NodeClock::new(VirtualInstant::from_nanoseconds(u64::MAX), self.epoch);
    }

    /// Starts the monotonic clock of a life that begins now.
    #[cold]
    #[inline(never)]
    pub(super) fn boot_skewed_clock(&mut self, node: NodeId) {
        if let Some(clocks) = self.skewed.get_mut(&node) {
            clocks.boot(self.nodes[node.index()].clock);
            self.hide_true_clock(node);
            self.forget_true_clocks(node);
        }
    }

    /// Removes the clocks of a node from the table if they are true again.
    fn forget_true_clocks(&mut self, node: NodeId) {
        if let Some(clocks) = self.skewed.get(&node).filter(|clocks| clocks.are_true()) {
            self.nodes[node.index()].clock = clocks.true_clock();
            self.nodes[node.index()].is_skewed = false;
            self.skewed.remove(&node);
        }
    }
}
