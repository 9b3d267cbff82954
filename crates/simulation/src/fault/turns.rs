//! Restarts of several nodes, one after the other.

use std::collections::VecDeque;
use std::time::Duration;

use cluster_sim_runtime::Engine;
use cluster_sim_types::{Health, Incarnation, NodeId};

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

/// Crashes a node; returns the life that ended, if there was one.
pub(super) fn crash(node: NodeId, engine: &mut Engine) -> Option<(NodeId, Option<Incarnation>)> {
    engine.crash(node).then(|| {
        let kernel = &engine.core.kernel;
        (node, (!kernel.is_held_by_crash(node)).then(|| kernel.incarnation(node)))
    })
}

/// Whether a node is down since that life, or is held back before its first one.
pub(super) fn is_down(node: NodeId, life: Option<Incarnation>, engine: &Engine) -> bool {
    let kernel = &engine.core.kernel;
    match life {
        Some(life) => kernel.health(node) == Health::Down && kernel.incarnation(node) == life,
        None => kernel.is_held_by_crash(node),
    }
}
