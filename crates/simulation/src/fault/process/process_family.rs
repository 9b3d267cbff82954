//! The family of faults of processes: how they are shown, resolved, applied and ended.

use std::time::Duration;

use cluster_sim_runtime::{AimId, CancelId, CrashMoment, Engine, IoCrashId, SharedId, SlowId, StopEnd};
use cluster_sim_transport::Network;
use cluster_sim_types::{Health, Incarnation, NodeId, Ratio};

use super::ProcessFault;
use super::process_draws::DRAWN;
use crate::event::seconds;
use crate::fault::draw::Drawn;
use crate::fault::error::PlanError;
use crate::fault::family::{Applied, Declared, Family, Kind, SpanKind};
use crate::fault::node::state_of;

/// A fault of a process in force.
#[derive(Debug)]
pub(crate) enum ProcessInForce {
    /// The node was asked to stop in that life, and has not restarted since.
    Stopping(NodeId, Incarnation),
    /// The steps of the node take time.
    Slow(NodeId, SlowId),
    /// Tasks of the node are cancelled.
    Cancelling(NodeId, CancelId),
    /// Lives draw the numbers of another.
    EqualRandom(SharedId),
    /// The node crashes at a message or an operation of its disk.
    Aimed(AimId),
    /// The node crashes at a share of the operations of its disk.
    Crashing(NodeId, IoCrashId),
}

impl Family for ProcessFault {
    type Resolved = ProcessFault<NodeId>;
    type InForce = ProcessInForce;

    const DRAWN: &'static [Drawn] = DRAWN;

    fn kind(&self) -> Kind {
        let (name, counts) = match self {
            Self::GracefulStop { .. } => ("graceful stop", None),
            Self::Slow { .. } => ("slow", Some(["input waited", "inputs waited"])),
            Self::CancelTasks { .. } => ("cancel tasks", Some(["task cancelled", "tasks cancelled"])),
            Self::EqualRandom { .. } => ("equal random", Some(["life", "lives"])),
            Self::PoisonMessage { .. } => ("poison message", None),
            Self::CrashInIo { .. } => ("crash in io", None),
            Self::RandomCrashInIo { .. } => ("random crash in io", Some(["crash", "crashes"])),
        };
        Kind { name, span: Some(SpanKind::Node), counts }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let mut parts = match self {
            Self::EqualRandom { nodes, .. } => vec![("nodes", nodes.join(" "))],
            one => vec![("node", one.named().concat())],
        };
        match self {
            Self::GracefulStop { deadline, down_for, .. } => {
                let then = down_for.map_or(String::new(), |down_for| format!(", {} down", seconds(down_for)));
                parts.extend([("deadline", seconds(*deadline)), ("then", then)]);
            }
            Self::Slow { step_time, .. } => parts.push(("step_time", format!("{step_time:?}"))),
            Self::CancelTasks { share: Ratio::ONE, .. } => parts.push(("share", "all".to_owned())),
            Self::CancelTasks { share, .. } => parts.push(("share", format!("{share}"))),
            Self::EqualRandom { .. } => {}
            Self::RandomCrashInIo { share, down_for, .. } => {
                let share = if *share == Ratio::ONE { "each".to_owned() } else { format!("{share}") };
                let down_for = down_for.map(|time| format!(" ({} down)", seconds(time))).unwrap_or_default();
                parts.extend([("share", share), ("down_for", down_for)]);
            }
            Self::PoisonMessage { message: nth, down_for, .. } | Self::CrashInIo { operation: nth, down_for, .. } => {
                let down_for = down_for.map(|time| format!(" ({} down)", seconds(time))).unwrap_or_default();
                parts.extend([("nth", nth.to_string()), ("down_for", down_for)]);
            }
        }
        parts
    }

    fn sides(&self) -> [&[String]; 2] {
        [self.named(), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        match self {
            Self::GracefulStop { .. } => None,
            Self::Slow { duration, .. }
            | Self::CancelTasks { duration, .. }
            | Self::EqualRandom { duration, .. }
            | Self::PoisonMessage { duration, .. }
            | Self::CrashInIo { duration, .. }
            | Self::RandomCrashInIo { duration, .. } => *duration,
        }
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::GracefulStop { .. } => None,
            Self::Slow { duration, .. }
            | Self::CancelTasks { duration, .. }
            | Self::EqualRandom { duration, .. }
            | Self::PoisonMessage { duration, .. }
            | Self::CrashInIo { duration, .. }
            | Self::RandomCrashInIo { duration, .. } => duration.as_mut(),
        }
    }

    fn targets_mut(&mut self) -> Vec<&mut Vec<String>> {
        match self {
            Self::EqualRandom { nodes, .. } => vec![nodes],
            _ => Vec::new(),
        }
    }

    fn simpler(&self) -> Vec<Self> {
        self.simpler_faults()
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<ProcessFault<NodeId>, PlanError> {
        let mistake = match self {
            Self::Slow { step_time: Duration::ZERO, .. } => "steps that take no time slow nothing down; use a time of 1 ns or more",
            Self::CancelTasks { share: Ratio::ZERO, .. } => "a share of 0 cancels nothing; use more, up to 1 for all",
            Self::PoisonMessage { message: 0, .. } => "messages are counted from 1: name the first one as 1",
            Self::RandomCrashInIo { share: Ratio::ZERO, .. } => "a share of 0 crashes at no operation; use more, up to 1 for all",
            Self::CrashInIo { operation: 0, .. } => "operations are counted from 1: name the first one as 1",
            _ => "",
        };
        if !mistake.is_empty() {
            return Err(names.impossible(mistake));
        }
        let of = |node: &String| names.node(node);
        Ok(match self {
            Self::GracefulStop { node, deadline, down_for } => {
                ProcessFault::GracefulStop { node: of(node)?, deadline: *deadline, down_for: *down_for }
            }
            Self::Slow { node, step_time, duration } => {
                ProcessFault::Slow { node: of(node)?, step_time: *step_time, duration: *duration }
            }
            Self::CancelTasks { node, share, duration } => {
                ProcessFault::CancelTasks { node: of(node)?, share: *share, duration: *duration }
            }
            Self::EqualRandom { nodes, duration } => match names.nodes(nodes)? {
                nodes if nodes.is_empty() => {
                    return Err(names.impossible("it names no node; name two, or a set that has some"));
                }
                nodes => ProcessFault::EqualRandom { nodes, duration: *duration },
            },
            Self::PoisonMessage { node, message, down_for, duration } => {
                ProcessFault::PoisonMessage { node: of(node)?, message: *message, down_for: *down_for, duration: *duration }
            }
            Self::CrashInIo { node, operation, down_for, duration } => {
                ProcessFault::CrashInIo { node: of(node)?, operation: *operation, down_for: *down_for, duration: *duration }
            }
            Self::RandomCrashInIo { node, share, down_for, duration } => {
                ProcessFault::RandomCrashInIo { node: of(node)?, share: *share, down_for: *down_for, duration: *duration }
            }
        })
    }

    fn apply(fault: ProcessFault<NodeId>, engine: &mut Engine) -> Applied<ProcessInForce> {
        if let [node] = fault.named()
            && engine.core.kernel.health(*node) == Health::Killed
        {
            return Applied::once(false).unless(state_of(*node, engine));
        }
        if let ProcessFault::CancelTasks { node, .. } = fault
            && !engine.core.devices.find::<Network>().runs_tasks(node)
        {
            return Applied::once(false).unless("it is a machine, which has no tasks");
        }
        let kernel = &mut engine.core.kernel;
        Applied::in_force(match fault {
            ProcessFault::GracefulStop { node, deadline, down_for } => {
                let (before, life) = (state_of(node, engine), engine.core.kernel.incarnation(node));
                let asked = engine.ask_to_stop(node, deadline, down_for);
                return Applied::if_changed(asked, ProcessInForce::Stopping(node, life)).unless(before);
            }
            ProcessFault::Slow { node, step_time, .. } => ProcessInForce::Slow(node, kernel.slow_down(node, step_time)),
            ProcessFault::CancelTasks { node, share, .. } => ProcessInForce::Cancelling(node, kernel.cancel_tasks(node, share)),
            ProcessFault::EqualRandom { nodes, .. } => ProcessInForce::EqualRandom(kernel.share_entropy(nodes)),
            ProcessFault::PoisonMessage { node, message, down_for, .. } => {
                ProcessInForce::Aimed(kernel.aim(node, CrashMoment::Message, message, down_for))
            }
            ProcessFault::CrashInIo { node, operation, down_for, .. } => {
                ProcessInForce::Aimed(kernel.aim(node, CrashMoment::Operation, operation, down_for))
            }
            ProcessFault::RandomCrashInIo { node, share, down_for, .. } => {
                ProcessInForce::Crashing(node, kernel.crash_in_operations(node, share, down_for))
            }
        })
    }

    fn is_in_force(in_force: &ProcessInForce, engine: &Engine) -> bool {
        let kernel = &engine.core.kernel;
        match *in_force {
            ProcessInForce::Stopping(node, life) => kernel.is_stop_of(node, life),
            ProcessInForce::Slow(node, _) | ProcessInForce::Cancelling(node, _) | ProcessInForce::Crashing(node, _) => {
                kernel.health(node) != Health::Killed
            }
            ProcessInForce::EqualRandom(_) => true,
            ProcessInForce::Aimed(aim) => kernel.failpoints.waits(aim),
        }
    }

    fn effect(in_force: &ProcessInForce, engine: &Engine) -> u64 {
        let kernel = &engine.core.kernel;
        match *in_force {
            ProcessInForce::Stopping(..) => 0,
            ProcessInForce::Slow(node, id) => kernel.waited(node, id),
            ProcessInForce::Cancelling(node, id) => kernel.cancelled(node, id),
            ProcessInForce::EqualRandom(id) => kernel.lives_with_shared_entropy(id),
            ProcessInForce::Aimed(aim) => u64::from(kernel.failpoints.came(aim)),
            ProcessInForce::Crashing(_, id) => kernel.io_crashes(id),
        }
    }

    fn outcome(in_force: &ProcessInForce, engine: &Engine) -> Option<String> {
        let kernel = &engine.core.kernel;
        match *in_force {
            ProcessInForce::Stopping(node, life) => kernel.stop_end(node, life).map(|end| match end {
                StopEnd::Stopped => "it stopped in time".to_owned(),
                StopEnd::Overdue => "it crashed at its deadline".to_owned(),
            }),
            ProcessInForce::Aimed(aim) => kernel.failpoints.seen_text(aim),
            _ => None,
        }
    }

    fn end(in_force: ProcessInForce, engine: &mut Engine) {
        let is_stop = match in_force {
            ProcessInForce::Stopping(node, _) => Some(node),
            _ => None,
        };
        end_without_restart(in_force, engine);
        if let Some(node) = is_stop {
            engine.restart(node);
        }
    }

    /// Crashes the nodes that have not stopped yet; those of the faults of nodes restart with all others.
    fn end_all(all: Vec<ProcessInForce>, engine: &mut Engine) {
        all.into_iter().for_each(|in_force| end_without_restart(in_force, engine));
    }
}

fn end_without_restart(in_force: ProcessInForce, engine: &mut Engine) {
    let kernel = &mut engine.core.kernel;
    match in_force {
        ProcessInForce::Stopping(node, _) => {
            if kernel.is_stopping(node) {
                engine.crash(node);
            }
        }
        ProcessInForce::Slow(node, id) => kernel.end_slow_down(node, id),
        ProcessInForce::Cancelling(node, id) => kernel.end_cancels(node, id),
        ProcessInForce::EqualRandom(id) => kernel.end_shared_entropy(id),
        ProcessInForce::Aimed(aim) => kernel.end_aim(aim),
        ProcessInForce::Crashing(_, id) => kernel.end_io_crashes(id),
    }
}
