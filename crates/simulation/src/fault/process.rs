//! Faults of the process on one node: a stop with a deadline, steps that take time.

use std::slice;
use std::time::Duration;

use cluster_sim_runtime::{Engine, SlowId, StopEnd, nanoseconds};
use cluster_sim_types::{Health, Incarnation, NodeId};
use serde::{Deserialize, Serialize};

use super::Fault;
use super::draw::Drawn;
use super::error::PlanError;
use super::family::{Applied, Declared, Family, Kind, SpanKind};
use super::node::{BRIEF, state_of};
use crate::event::seconds;

/// A fault of the process that runs on a node.
///
/// Neither a crash nor a pause: the code of the node runs on.
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
    /// Lets each step of a node take time, as on a slow or busy processor.
    ///
    /// A step is an input of a machine, or a poll of a task. It begins at once and keeps its node busy afterwards: messages,
    /// timers, answers of the disk and woken tasks wait, and are handled in order. While 256 of these wait, further datagrams to a
    /// machine are lost as `inbox_full`, as at a full port of an async node. Calls of the test do not wait. Several faults of one
    /// node add up.
    Slow {
        /// The node.
        node: N,
        /// How long a step keeps it busy; more than zero.
        #[serde(rename = "step_time_ns", with = "nanoseconds")]
        step_time: Duration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
}

/// A fault of a process in force.
#[derive(Debug)]
pub(crate) enum ProcessInForce {
    /// The node was asked to stop in that life, and has not restarted since.
    Stopping(NodeId, Incarnation),
    /// The steps of the node take time.
    Slow(NodeId, SlowId),
}

impl<N> ProcessFault<N> {
    /// The node that it hits.
    pub(crate) fn node(&self) -> &N {
        let (Self::GracefulStop { node, .. } | Self::Slow { node, .. }) = self;
        node
    }

    /// Copies the fault for another node, or for its own by another name.
    pub(crate) fn with_node<M>(&self, node: M) -> ProcessFault<M> {
        match *self {
            Self::GracefulStop { deadline, down_for, .. } => ProcessFault::GracefulStop { node, deadline, down_for },
            Self::Slow { step_time, duration, .. } => ProcessFault::Slow { node, step_time, duration },
        }
    }

    /// Whether it takes its node down.
    pub(crate) fn crashes(&self) -> bool {
        matches!(self, Self::GracefulStop { .. })
    }

    /// Until when after its begin it may have its node down; absent for until the fault phase ends.
    pub(crate) fn down_for(&self) -> Option<Duration> {
        match self {
            Self::GracefulStop { deadline, down_for, .. } => down_for.map(|down_for| deadline.saturating_add(down_for)),
            Self::Slow { .. } => Some(Duration::ZERO),
        }
    }
}

impl Family for ProcessFault {
    type Resolved = ProcessFault<NodeId>;
    type InForce = ProcessInForce;

    const DRAWN: &'static [Drawn] = &[];

    fn kind(&self) -> Kind {
        let (name, counts) = match self {
            Self::GracefulStop { .. } => ("graceful stop", None),
            Self::Slow { .. } => ("slow", Some(["input waited", "inputs waited"])),
        };
        Kind { name, span: Some(SpanKind::Node), counts }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let mut parts = vec![("node", self.node().clone())];
        match self {
            Self::GracefulStop { deadline, down_for, .. } => {
                let then = down_for.map_or(String::new(), |down_for| format!(", {} down", seconds(down_for)));
                parts.extend([("deadline", seconds(*deadline)), ("then", then)]);
            }
            Self::Slow { step_time, .. } => parts.push(("step_time", format!("{step_time:?}"))),
        }
        parts
    }

    fn sides(&self) -> [&[String]; 2] {
        [slice::from_ref(self.node()), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        match self {
            Self::GracefulStop { .. } => None,
            Self::Slow { duration, .. } => *duration,
        }
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::GracefulStop { .. } => None,
            Self::Slow { duration, .. } => duration.as_mut(),
        }
    }

    /// A restart at once after the stop; steps of a millisecond.
    fn simpler(&self) -> Vec<Self> {
        match self.clone() {
            Self::GracefulStop { node, deadline, down_for: Some(down_for) } if down_for > BRIEF => {
                vec![Self::GracefulStop { node, deadline, down_for: Some(BRIEF) }]
            }
            Self::Slow { node, step_time, duration } if step_time > BRIEF => {
                vec![Self::Slow { node, step_time: BRIEF, duration }]
            }
            Self::GracefulStop { .. } | Self::Slow { .. } => Vec::new(),
        }
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<ProcessFault<NodeId>, PlanError> {
        match self {
            Self::Slow { step_time: Duration::ZERO, .. } => {
                Err(names.impossible("steps that take no time slow nothing down; use a time of 1 ns or more"))
            }
            _ => Ok(self.with_node(names.node(self.node())?)),
        }
    }

    fn apply(fault: ProcessFault<NodeId>, engine: &mut Engine) -> Applied<ProcessInForce> {
        let before = state_of(*fault.node(), engine);
        match fault {
            ProcessFault::GracefulStop { node, deadline, down_for } => {
                let life = engine.core.kernel.incarnation(node);
                let asked = engine.ask_to_stop(node, deadline, down_for);
                Applied::if_changed(asked, ProcessInForce::Stopping(node, life)).unless(before)
            }
            ProcessFault::Slow { node, .. } if engine.core.kernel.health(node) == Health::Killed => {
                Applied::once(false).unless(before)
            }
            ProcessFault::Slow { node, step_time, .. } => {
                Applied::in_force(ProcessInForce::Slow(node, engine.core.kernel.slow_down(node, step_time)))
            }
        }
    }

    fn is_in_force(in_force: &ProcessInForce, engine: &Engine) -> bool {
        let kernel = &engine.core.kernel;
        match *in_force {
            ProcessInForce::Stopping(node, life) => kernel.is_stop_of(node, life),
            ProcessInForce::Slow(node, _) => kernel.health(node) != Health::Killed,
        }
    }

    fn effect(in_force: &ProcessInForce, engine: &Engine) -> u64 {
        match *in_force {
            ProcessInForce::Stopping(..) => 0,
            ProcessInForce::Slow(node, id) => engine.core.kernel.waited(node, id),
        }
    }

    fn outcome(in_force: &ProcessInForce, engine: &Engine) -> Option<&'static str> {
        let ProcessInForce::Stopping(node, life) = *in_force else { return None };
        engine.core.kernel.stop_end(node, life).map(|end| match end {
            StopEnd::Stopped => "it stopped in time",
            StopEnd::Overdue => "it crashed at its deadline",
        })
    }

    fn end(in_force: ProcessInForce, engine: &mut Engine) {
        match in_force {
            ProcessInForce::Stopping(node, _) => {
                crash_if_stopping(node, engine);
                engine.restart(node);
            }
            ProcessInForce::Slow(node, id) => engine.core.kernel.end_slow_down(node, id),
        }
    }

    /// Crashes the nodes that have not stopped yet; those of the faults of nodes restart with all others.
    fn end_all(all: Vec<ProcessInForce>, engine: &mut Engine) {
        for in_force in all {
            match in_force {
                ProcessInForce::Stopping(node, _) => crash_if_stopping(node, engine),
                ProcessInForce::Slow(node, id) => engine.core.kernel.end_slow_down(node, id),
            }
        }
    }
}

fn crash_if_stopping(node: NodeId, engine: &mut Engine) {
    if engine.core.kernel.is_stopping(node) {
        engine.crash(node);
    }
}

impl From<ProcessFault> for Fault {
    fn from(fault: ProcessFault) -> Self {
        Self::Process(fault)
    }
}
