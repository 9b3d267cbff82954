//! Faults of the process on one node: a stop with a deadline.

use std::slice;
use std::time::Duration;

use cluster_sim_runtime::{Engine, StopEnd, nanoseconds};
use cluster_sim_types::{Incarnation, NodeId};
use serde::{Deserialize, Serialize};

use super::Fault;
use super::draw::Drawn;
use super::error::PlanError;
use super::family::{Applied, Declared, Family, Kind, SpanKind};
use super::node::state_of;
use crate::event::seconds;

/// A fault of the process that runs on a node.
///
/// Neither a crash nor a pause: the code of the node runs on and may answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ProcessFault<N = String> {
    /// Asks a node to stop, as a supervisor does that replaces a program, and crashes it at a deadline.
    ///
    /// A machine gets [`Input::Stop`](cluster_sim_node::Input::Stop) and ends by `Effects::stop`; for an async node
    /// [`Node::stopping`](cluster_sim_node::Node::stopping) resolves, and it ends by the return of its main function. A node that
    /// ends by the deadline has not crashed: what its disk was asked to write survives. The end of the fault phase crashes a node
    /// that is still stopping.
    GracefulStop {
        /// The node.
        node: N,
        /// Time until it crashes.
        #[serde(rename = "deadline_ns", with = "nanoseconds")]
        deadline: Duration,
        /// Time from its end until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
    },
}

/// A fault of a process in force.
#[derive(Debug)]
pub(crate) enum ProcessInForce {
    /// The node was asked to stop in that life, and has not restarted since.
    Stopping(NodeId, Incarnation),
}

impl<N> ProcessFault<N> {
    /// The node that it hits.
    pub(crate) fn node(&self) -> &N {
        let Self::GracefulStop { node, .. } = self;
        node
    }

    /// Copies the fault for another node, or for its own by another name.
    pub(crate) fn with_node<M>(&self, node: M) -> ProcessFault<M> {
        match *self {
            Self::GracefulStop { deadline, down_for, .. } => ProcessFault::GracefulStop { node, deadline, down_for },
        }
    }

    /// How long it has its node down at most; absent for until the fault phase ends.
    pub(crate) fn down_for(&self) -> Option<Duration> {
        let Self::GracefulStop { deadline, down_for, .. } = self;
        down_for.map(|down_for| deadline.saturating_add(down_for))
    }
}

impl Family for ProcessFault {
    type Resolved = ProcessFault<NodeId>;
    type InForce = ProcessInForce;

    const DRAWN: &'static [Drawn] = &[];

    fn kind(&self) -> Kind {
        Kind { name: "graceful stop", span: Some(SpanKind::Node), counts: None }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let Self::GracefulStop { node, deadline, down_for } = self;
        let then = down_for.map_or(String::new(), |down_for| format!(", {} down", seconds(down_for)));
        vec![("node", node.clone()), ("deadline", seconds(*deadline)), ("then", then)]
    }

    fn sides(&self) -> [&[String]; 2] {
        [slice::from_ref(self.node()), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        None
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        None
    }

    /// A restart at once after the stop.
    fn simpler(&self) -> Vec<Self> {
        match self.clone() {
            Self::GracefulStop { node, deadline, down_for: Some(down_for) } if down_for > Duration::from_millis(1) => {
                vec![Self::GracefulStop { node, deadline, down_for: Some(Duration::from_millis(1)) }]
            }
            Self::GracefulStop { .. } => Vec::new(),
        }
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<ProcessFault<NodeId>, PlanError> {
        Ok(self.with_node(names.node(self.node())?))
    }

    fn apply(fault: ProcessFault<NodeId>, engine: &mut Engine) -> Applied<ProcessInForce> {
        let before = state_of(*fault.node(), engine);
        let ProcessFault::GracefulStop { node, deadline, down_for } = fault;
        let life = engine.core.kernel.incarnation(node);
        let asked = engine.ask_to_stop(node, deadline, down_for);
        Applied::if_changed(asked, ProcessInForce::Stopping(node, life)).unless(before)
    }

    fn is_in_force(in_force: &ProcessInForce, engine: &Engine) -> bool {
        let ProcessInForce::Stopping(node, life) = *in_force;
        engine.core.kernel.is_stop_of(node, life)
    }

    fn outcome(in_force: &ProcessInForce, engine: &Engine) -> Option<&'static str> {
        let ProcessInForce::Stopping(node, life) = *in_force;
        engine.core.kernel.stop_end(node, life).map(|end| match end {
            StopEnd::Stopped => "it stopped in time",
            StopEnd::Overdue => "it crashed at its deadline",
        })
    }

    fn end(in_force: ProcessInForce, engine: &mut Engine) {
        let ProcessInForce::Stopping(node, _) = in_force;
        if engine.core.kernel.is_stopping(node) {
            engine.crash(node);
        }
        engine.restart(node);
    }

    /// Crashes the nodes that have not stopped yet; those of the faults of nodes restart with all others.
    fn end_all(all: Vec<ProcessInForce>, engine: &mut Engine) {
        for ProcessInForce::Stopping(node, _) in all {
            if engine.core.kernel.is_stopping(node) {
                engine.crash(node);
            }
        }
    }
}

impl From<ProcessFault> for Fault {
    fn from(fault: ProcessFault) -> Self {
        Self::Process(fault)
    }
}
