//! Faults of nodes: crash, restart, kill, pause, resume.

use std::slice;
use std::time::Duration;

use cluster_sim_runtime::{Engine, nanoseconds};
use cluster_sim_types::{Health, Incarnation, NodeId};
use serde::{Deserialize, Serialize};

use super::draw::Drawn;
use super::family::{Applied, Declared, Family, Kind, SpanKind};
use super::{Fault, PlanError};

/// A fault of a node, by the name that the scenario declares or, within a run, by its number.
///
/// A crash loses a node's memory and the node may restart, a kill is for good, a pause keeps the memory. They do not add up: the
/// end of an earlier one does not end a later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum NodeFault<N = String> {
    /// Crashes a node: everything in memory is lost.
    Crash {
        /// The node.
        node: N,
        /// Time until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
    },
    /// Restarts a crashed node.
    Restart {
        /// The node.
        node: N,
    },
    /// Kills a node: it never restarts.
    Kill {
        /// The node.
        node: N,
    },
    /// Pauses a node, which keeps its memory.
    ///
    /// Up to 256 messages wait in its inbox, and timers fire once it resumes.
    ///
    /// A second pause of a paused node has no effect, and the end of the first one resumes it.
    Pause {
        /// The node.
        node: N,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Resumes a paused node.
    Resume {
        /// The node.
        node: N,
    },
}

/// A fault of a node in force.
#[derive(Debug)]
pub(crate) enum NodeInForce {
    /// The node is down after that incarnation.
    Down(NodeId, Incarnation),
    Paused(NodeId),
}

impl<N> NodeFault<N> {
    /// The node that it hits.
    pub(crate) fn node(&self) -> &N {
        match self {
            Self::Crash { node, .. }
            | Self::Restart { node }
            | Self::Kill { node }
            | Self::Pause { node, .. }
            | Self::Resume { node } => node,
        }
    }

    /// Copies the fault for another node, or for its own by another name.
    pub(crate) fn with_node<M>(&self, node: M) -> NodeFault<M> {
        match *self {
            Self::Crash { down_for, .. } => NodeFault::Crash { node, down_for },
            Self::Restart { .. } => NodeFault::Restart { node },
            Self::Kill { .. } => NodeFault::Kill { node },
            Self::Pause { duration, .. } => NodeFault::Pause { node, duration },
            Self::Resume { .. } => NodeFault::Resume { node },
        }
    }
}

impl Family for NodeFault {
    type Resolved = NodeFault<NodeId>;
    type InForce = NodeInForce;

    const DRAWN: &'static [Drawn] = &[
        Drawn { number: 3, fault: |draw| Some(NodeFault::Crash { node: draw.node(), down_for: Some(draw.length) }.into()) },
        Drawn { number: 4, fault: |draw| Some(NodeFault::Pause { node: draw.node(), duration: Some(draw.length) }.into()) },
    ];

    fn kind(&self) -> Kind {
        let (name, span) = match self {
            Self::Crash { .. } => ("crash", Some(SpanKind::Down)),
            Self::Restart { .. } => ("restart", None),
            Self::Kill { .. } => ("kill", Some(SpanKind::Killed)),
            Self::Pause { .. } => ("pause", Some(SpanKind::Paused)),
            Self::Resume { .. } => ("resume", None),
        };
        Kind { name, span, counts: None }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        vec![("node", self.node().clone())]
    }

    fn sides(&self) -> [&[String]; 2] {
        [slice::from_ref(self.node()), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        match self {
            Self::Crash { down_for: duration, .. } | Self::Pause { duration, .. } => *duration,
            Self::Restart { .. } | Self::Kill { .. } | Self::Resume { .. } => None,
        }
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::Crash { down_for: duration, .. } | Self::Pause { duration, .. } => duration.as_mut(),
            Self::Restart { .. } | Self::Kill { .. } | Self::Resume { .. } => None,
        }
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<NodeFault<NodeId>, PlanError> {
        Ok(self.with_node(names.node(self.node())?))
    }

    fn apply(fault: NodeFault<NodeId>, engine: &mut Engine) -> Applied<NodeInForce> {
        match fault {
            NodeFault::Crash { node, .. } => {
                let crashed = engine.crash(node);
                Applied::if_changed(crashed, NodeInForce::Down(node, engine.core.kernel.incarnation(node)))
            }
            NodeFault::Restart { node } => Applied::once(engine.restart(node)),
            NodeFault::Kill { node } => Applied::once(engine.kill(node)),
            NodeFault::Pause { node, .. } => Applied::if_changed(engine.pause(node), NodeInForce::Paused(node)),
            NodeFault::Resume { node } => Applied::once(engine.resume(node)),
        }
    }

    fn is_in_force(in_force: &NodeInForce, engine: &Engine) -> bool {
        let kernel = &engine.core.kernel;
        match *in_force {
            NodeInForce::Down(node, life) => kernel.health(node) == Health::Down && kernel.incarnation(node) == life,
            NodeInForce::Paused(node) => kernel.health(node) == Health::Paused,
        }
    }

    fn end(in_force: NodeInForce, engine: &mut Engine) {
        match in_force {
            NodeInForce::Down(node, _) => engine.restart(node),
            NodeInForce::Paused(node) => engine.resume(node),
        };
    }

    /// Resumes and restarts node by node, in the order of their numbers.
    fn end_all(_: Vec<NodeInForce>, engine: &mut Engine) {
        for node in (0..engine.core.kernel.node_count()).map(NodeId) {
            engine.resume(node);
            engine.restart(node);
        }
    }
}

impl From<NodeFault> for Fault {
    fn from(fault: NodeFault) -> Self {
        Self::Node(fault)
    }
}
