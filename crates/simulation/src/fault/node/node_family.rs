//! The family of faults of nodes: how they are shown, drawn, resolved, applied and ended.

use std::slice;
use std::time::Duration;

use cluster_sim_runtime::{AimId, CrashMoment, Engine};
use cluster_sim_types::{Health, Incarnation, NodeId};

use super::{BRIEF, NodeFault};
use crate::event::seconds;
use crate::fault::draw::{Draw, Drawn};
use crate::fault::error::PlanError;
use crate::fault::family::{Applied, Declared, Family, Kind, SpanKind};
use crate::fault::{Fault, FaultKind};

/// A fault of a node in force.
#[derive(Debug)]
pub(crate) enum NodeInForce {
    /// The node is down after that incarnation, or before its first one.
    Down(NodeId, Option<Incarnation>),
    Paused(NodeId),
    /// The node crashes whenever it has lived for a while.
    Looping {
        node: NodeId,
        down_for: Duration,
        up_for: Duration,
        /// Crashes after the first one.
        crashes: u64,
    },
    /// The node crashes once it visits a failpoint.
    Aimed(AimId),
}

impl Family for NodeFault {
    type Resolved = NodeFault<NodeId>;
    type InForce = NodeInForce;

    const DRAWN: &'static [Drawn] = &[
        Drawn { number: 3, kind: FaultKind::Crash, percent: 50, fault: |draw| Some(crash(draw, draw.length)) },
        Drawn {
            number: 4,
            kind: FaultKind::Pause,
            percent: 50,
            fault: |draw| Some(NodeFault::Pause { node: draw.node(), duration: Some(draw.length) }.into()),
        },
        Drawn { number: 40, kind: FaultKind::Failpoint, percent: 50, fault: crash_at },
        Drawn { number: 9, kind: FaultKind::QuickRestart, percent: 25, fault: |draw| Some(crash(draw, draw.quickly())) },
    ];

    fn kind(&self) -> Kind {
        let (name, span) = match self {
            Self::CrashLoop { .. } => {
                return Kind { name: "crash loop", span: Some(SpanKind::Node), counts: Some(["crash", "crashes"]) };
            }
            Self::Crash { .. } => ("crash", Some(SpanKind::Down)),
            Self::CrashAt { .. } => ("crash at", Some(SpanKind::Node)),
            Self::Restart { .. } => ("restart", None),
            Self::Kill { .. } => ("kill", Some(SpanKind::Killed)),
            Self::Pause { .. } => ("pause", Some(SpanKind::Paused)),
            Self::Resume { .. } => ("resume", None),
        };
        Kind { name, span, counts: None }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let mut parts = vec![("node", self.node().clone())];
        if let Self::CrashLoop { down_for, up_for, .. } = self {
            parts.extend([("down_for", *down_for), ("up_for", *up_for)].map(|(name, time)| (name, seconds(time))));
        }
        if let Self::CrashAt { point, visit, down_for, .. } = self {
            let nth = if *visit == 1 { String::new() } else { format!(" at visit {visit}") };
            let down_for = down_for.map(|time| format!(" ({} down)", seconds(time))).unwrap_or_default();
            parts.extend([("point", point.clone()), ("nth", nth), ("down_for", down_for)]);
        }
        parts
    }

    fn sides(&self) -> [&[String]; 2] {
        [slice::from_ref(self.node()), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        match self {
            Self::Crash { down_for: duration, .. }
            | Self::CrashLoop { duration, .. }
            | Self::CrashAt { duration, .. }
            | Self::Pause { duration, .. } => *duration,
            Self::Restart { .. } | Self::Kill { .. } | Self::Resume { .. } => None,
        }
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::Crash { down_for: duration, .. }
            | Self::CrashLoop { duration, .. }
            | Self::CrashAt { duration, .. }
            | Self::Pause { duration, .. } => duration.as_mut(),
            Self::Restart { .. } | Self::Kill { .. } | Self::Resume { .. } => None,
        }
    }

    /// One crash of a loop; of one at a failpoint, the first visit, and a short time down.
    fn simpler(&self) -> Vec<Self> {
        match self.clone() {
            Self::CrashLoop { node, down_for, .. } => vec![Self::Crash { node, down_for: Some(down_for) }],
            Self::CrashAt { node, point, visit, down_for, duration } => {
                let at = |visit, down_for| Self::CrashAt { node: node.clone(), point: point.clone(), visit, down_for, duration };
                let earlier = (visit > 1).then(|| at(1, down_for));
                let shorter = down_for.is_none_or(|time| time > BRIEF).then(|| at(visit, Some(BRIEF)));
                earlier.into_iter().chain(shorter).collect()
            }
            _ => Vec::new(),
        }
    }

    fn ends(&self, earlier: &Self) -> bool {
        let ends = match self {
            Self::Restart { .. } => matches!(earlier, Self::Crash { .. }),
            Self::Resume { .. } => matches!(earlier, Self::Pause { .. }),
            _ => false,
        };
        ends && self.node() == earlier.node() && earlier.duration().is_none()
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<NodeFault<NodeId>, PlanError> {
        match self {
            Self::CrashLoop { down_for, up_for, .. } if (*down_for).min(*up_for).is_zero() => {
                Err(names.impossible("each life, and each time between two, must be longer than zero"))
            }
            Self::CrashAt { visit: 0, .. } => Err(names.impossible("visits are counted from 1: name the first one as 1")),
            Self::CrashAt { point, .. } => {
                names.failpoint(point)?;
                Ok(self.with_node(names.node(self.node())?))
            }
            _ => Ok(self.with_node(names.node(self.node())?)),
        }
    }

    fn apply(fault: NodeFault<NodeId>, engine: &mut Engine) -> Applied<NodeInForce> {
        let before = state_of(*fault.node(), engine);
        let applied = match fault {
            NodeFault::Crash { node, .. } => {
                let crashed = engine.crash(node);
                let kernel = &engine.core.kernel;
                let after = (!kernel.is_held_by_crash(node)).then(|| kernel.incarnation(node));
                Applied::if_changed(crashed, NodeInForce::Down(node, after))
            }
            NodeFault::CrashLoop { node, down_for, up_for, .. } => {
                let looping = NodeInForce::Looping { node, down_for, up_for, crashes: 0 };
                Applied::if_changed(engine.crash(node), looping).again(down_for)
            }
            NodeFault::CrashAt { node, point, visit, down_for, .. } => {
                let kernel = &mut engine.core.kernel;
                let point = kernel.failpoints.position(&point).expect("a resolved fault names declared points");
                return Applied::in_force(NodeInForce::Aimed(kernel.aim(node, CrashMoment::Point(point), visit, down_for)));
            }
            NodeFault::Restart { node } => Applied::once(engine.restart(node)),
            NodeFault::Kill { node } => Applied::once(engine.kill(node)),
            NodeFault::Pause { node, .. } => Applied::if_changed(engine.pause(node), NodeInForce::Paused(node)),
            NodeFault::Resume { node } => Applied::once(engine.resume(node)),
        };
        applied.unless(before)
    }

    fn act(in_force: &mut NodeInForce, engine: &mut Engine) -> Duration {
        let NodeInForce::Looping { node, down_for, up_for, crashes } = in_force else {
            unreachable!("no other fault of a node acts twice")
        };
        if engine.restart(*node) {
            return *up_for;
        }
        *crashes += u64::from(engine.crash(*node));
        *down_for
    }

    fn is_in_force(in_force: &NodeInForce, engine: &Engine) -> bool {
        let kernel = &engine.core.kernel;
        match *in_force {
            NodeInForce::Down(node, Some(life)) => kernel.health(node) == Health::Down && kernel.incarnation(node) == life,
            NodeInForce::Down(node, None) => kernel.is_held_by_crash(node),
            NodeInForce::Paused(node) => kernel.health(node) == Health::Paused || kernel.is_held_by_pause(node),
            NodeInForce::Looping { node, .. } => kernel.health(node) != Health::Killed,
            NodeInForce::Aimed(aim) => kernel.failpoints.waits(aim),
        }
    }

    fn effect(in_force: &NodeInForce, engine: &Engine) -> u64 {
        match in_force {
            NodeInForce::Looping { crashes, .. } => *crashes,
            NodeInForce::Aimed(aim) => u64::from(engine.core.kernel.failpoints.came(*aim)),
            NodeInForce::Down(..) | NodeInForce::Paused(_) => 0,
        }
    }

    fn outcome(in_force: &NodeInForce, engine: &Engine) -> Option<String> {
        let NodeInForce::Aimed(aim) = in_force else { return None };
        engine.core.kernel.failpoints.seen_text(*aim)
    }

    fn end(in_force: NodeInForce, engine: &mut Engine) {
        match in_force {
            NodeInForce::Down(node, _) | NodeInForce::Looping { node, .. } => engine.restart(node),
            NodeInForce::Paused(node) => engine.resume(node),
            NodeInForce::Aimed(aim) => {
                engine.core.kernel.end_aim(aim);
                false
            }
        };
    }

    /// Resumes and restarts node by node, in the order of their numbers.
    fn end_all(all: Vec<NodeInForce>, engine: &mut Engine) {
        // First: a node that boots now crashes no more.
        for in_force in all {
            if let NodeInForce::Aimed(aim) = in_force {
                engine.core.kernel.end_aim(aim);
            }
        }
        for node in (0..engine.core.kernel.node_count()).map(NodeId) {
            engine.resume(node);
            engine.restart(node);
        }
    }
}

/// The state of a node, as the reason why a fault of it has no effect.
pub(in crate::fault) fn state_of(node: NodeId, engine: &Engine) -> &'static str {
    let kernel = &engine.core.kernel;
    match kernel.health(node) {
        Health::Killed => "it was killed",
        Health::Paused => "it was paused",
        Health::Down if kernel.has_lived(node) || kernel.is_held_by_crash(node) => "it was down",
        Health::Down if kernel.is_held_by_pause(node) => "it was paused",
        Health::Down => "it had not started",
        _ => "it was up",
    }
}

/// At the first visit in half of all cases, at the second in a quarter, and so on; down for less than 10 ms in half of them.
fn crash_at(draw: &Draw<'_>) -> Option<Fault> {
    let (node, point) = (draw.node(), draw.failpoint()?);
    let (visit, down_for) = (draw.nth(), Some(draw.time_down()));
    Some(NodeFault::CrashAt { node, point, visit, down_for, duration: Some(draw.length) }.into())
}

fn crash(draw: &Draw<'_>, down_for: Duration) -> Fault {
    NodeFault::Crash { node: draw.node(), down_for: Some(down_for) }.into()
}
