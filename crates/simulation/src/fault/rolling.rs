//! Restarts of several nodes, one after the other.

use std::collections::VecDeque;
use std::time::Duration;

use cluster_sim_runtime::Engine;
use cluster_sim_types::{Incarnation, NodeId};

use super::domain::{crash, is_down};

/// A rolling restart in force.
#[derive(Debug)]
pub(crate) struct Rolling {
    /// The nodes whose turn has not come.
    later: VecDeque<NodeId>,
    /// The node that is down because of it, with the life that ended.
    down: Option<(NodeId, Option<Incarnation>)>,
    down_for: Duration,
    pause: Duration,
    crashes: u64,
}

impl Rolling {
    /// Crashes the first of these nodes that is up; absent if none is.
    pub(super) fn begin(nodes: Vec<NodeId>, [down_for, pause]: [Duration; 2], engine: &mut Engine) -> Option<Self> {
        let mut rolling = Self { later: nodes.into(), down: None, down_for, pause, crashes: 0 };
        rolling.crash_next(engine);
        rolling.down.is_some().then_some(rolling)
    }

    /// Brings back the node that is down, or takes down the next one. Returns the time until the next turn.
    pub(super) fn turn(&mut self, engine: &mut Engine) -> Duration {
        if self.down.is_some() {
            self.restart(engine);
            return self.pause;
        }
        self.crash_next(engine);
        self.down_for
    }

    fn crash_next(&mut self, engine: &mut Engine) {
        while self.down.is_none()
            && let Some(node) = self.later.pop_front()
        {
            self.down = crash(node, engine);
        }
        self.crashes += u64::from(self.down.is_some());
    }

    /// Restarts the node that is down, unless something else did.
    pub(super) fn restart(&mut self, engine: &mut Engine) {
        if let Some((node, life)) = self.down.take()
            && is_down(node, life, engine)
        {
            engine.restart(node);
        }
    }

    /// Whether a node is down because of it or is still to come.
    pub(super) fn goes_on(&self) -> bool {
        self.down.is_some() || !self.later.is_empty()
    }

    /// How many nodes it took down.
    pub(super) fn crashes(&self) -> u64 {
        self.crashes
    }
}
