//! Faults of several nodes as one event: loss of a rack, a zone or a region, and restarts of many nodes.

use std::time::Duration;

use cluster_sim_runtime::{Engine, nanoseconds};
use cluster_sim_types::{Health, Incarnation, NodeId};
use serde::{Deserialize, Serialize};

use super::draw::{Draw, Drawn};
use super::error::PlanError;
use super::family::{Applied, Declared, Family, Kind, SpanKind};
use super::node::BRIEF;
use super::turns::{Rolling, crash, is_down};
use super::{Fault, FaultKind};
use crate::event::seconds;

/// A fault of several nodes at the same instant or one after the other.
///
/// Nodes are named as the scenario declares them, or by the region, zone, rack, shard or group that they are in, as in `zone:a`.
/// Minimization tries fewer of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DomainFault<N = String> {
    /// Crashes nodes at one instant, as when their rack loses power; all restart at one instant.
    ///
    /// With all nodes of a group and a short time down this is a restart storm: all of them boot, and come for what they need, at
    /// once.
    CrashAll {
        /// The nodes.
        nodes: Vec<N>,
        /// Time until they restart; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
    },
    /// Kills nodes at one instant: they never restart. No profile draws it.
    KillAll {
        /// The nodes.
        nodes: Vec<N>,
    },
    /// Pauses nodes at one instant, as when their host moves to another machine. They keep their memory.
    PauseAll {
        /// The nodes.
        nodes: Vec<N>,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Crashes and restarts nodes one after the other, as in an upgrade that never has two of them down.
    ///
    /// A node that is not up in its turn is left out. The end of the fault phase ends it.
    RollingRestart {
        /// The nodes, in order; those of a set in the order in which the scenario declares them.
        nodes: Vec<N>,
        /// How long each is down.
        #[serde(rename = "down_for_ns", with = "nanoseconds")]
        down_for: Duration,
        /// Time from the restart of one to the crash of the next.
        #[serde(rename = "pause_ns", with = "nanoseconds")]
        pause: Duration,
    },
}

/// A fault of several nodes in force.
#[derive(Debug)]
pub(crate) enum DomainInForce {
    /// The nodes that it crashed are down after those lives, or before their first ones.
    Down(Vec<(NodeId, Option<Incarnation>)>),
    /// It paused these nodes.
    Paused(Vec<NodeId>),
    /// It restarts nodes one after the other.
    Rolling(Rolling),
}

impl DomainFault {
    /// Crashes all these nodes, or those of all these sets, for that long.
    pub fn crash_all(nodes: impl IntoIterator<Item = impl Into<String>>, down_for: impl Into<Option<Duration>>) -> Self {
        Self::CrashAll { nodes: names(nodes), down_for: down_for.into() }
    }

    /// Kills all these nodes, or those of all these sets.
    pub fn kill_all(nodes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::KillAll { nodes: names(nodes) }
    }

    /// Pauses all these nodes, or those of all these sets, for that long.
    pub fn pause_all(nodes: impl IntoIterator<Item = impl Into<String>>, duration: impl Into<Option<Duration>>) -> Self {
        Self::PauseAll { nodes: names(nodes), duration: duration.into() }
    }

    /// Restarts all these nodes, or those of all these sets, one after the other.
    pub fn rolling_restart(nodes: impl IntoIterator<Item = impl Into<String>>, down_for: Duration, pause: Duration) -> Self {
        Self::RollingRestart { nodes: names(nodes), down_for, pause }
    }
}

fn names(nodes: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    nodes.into_iter().map(Into::into).collect()
}

impl<N> DomainFault<N> {
    /// The nodes that it hits, by node or by set.
    pub(crate) fn named(&self) -> &[N] {
        let (Self::CrashAll { nodes, .. }
        | Self::KillAll { nodes }
        | Self::PauseAll { nodes, .. }
        | Self::RollingRestart { nodes, .. }) = self;
        nodes
    }

    /// Copies the fault for these nodes.
    fn with_nodes<M>(&self, nodes: Vec<M>) -> DomainFault<M> {
        match *self {
            Self::CrashAll { down_for, .. } => DomainFault::CrashAll { nodes, down_for },
            Self::KillAll { .. } => DomainFault::KillAll { nodes },
            Self::PauseAll { duration, .. } => DomainFault::PauseAll { nodes, duration },
            Self::RollingRestart { down_for, pause, .. } => DomainFault::RollingRestart { nodes, down_for, pause },
        }
    }
}

impl Family for DomainFault {
    type Resolved = DomainFault<NodeId>;
    type InForce = DomainInForce;

    const DRAWN: &'static [Drawn] = &[
        Drawn {
            number: 90,
            kind: FaultKind::DomainLoss,
            percent: 50,
            fault: |draw| Some(Self::crash_all([draw.domain()?], draw.time_down()).into()),
        },
        Drawn { number: 91, kind: FaultKind::RollingRestart, percent: 50, fault: |draw| Some(rolling_restart(draw)) },
    ];

    fn kind(&self) -> Kind {
        let (name, span) = match self {
            Self::CrashAll { .. } => ("crash all", SpanKind::Down),
            Self::KillAll { .. } => ("kill all", SpanKind::Killed),
            Self::PauseAll { .. } => ("pause all", SpanKind::Paused),
            Self::RollingRestart { .. } => ("rolling restart", SpanKind::Node),
        };
        Kind { name, span: Some(span), counts: Some(["node", "nodes"]) }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let mut parts = vec![("nodes", self.named().join(" "))];
        if let Self::RollingRestart { down_for, pause, .. } = self {
            parts.extend([("down_for", seconds(*down_for)), ("pause", seconds(*pause))]);
        }
        parts
    }

    fn sides(&self) -> [&[String]; 2] {
        [self.named(), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        match self {
            Self::CrashAll { down_for: duration, .. } | Self::PauseAll { duration, .. } => *duration,
            Self::KillAll { .. } | Self::RollingRestart { .. } => None,
        }
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::CrashAll { down_for: duration, .. } | Self::PauseAll { duration, .. } => duration.as_mut(),
            Self::KillAll { .. } | Self::RollingRestart { .. } => None,
        }
    }

    fn targets_mut(&mut self) -> Vec<&mut Vec<String>> {
        let (Self::CrashAll { nodes, .. }
        | Self::KillAll { nodes }
        | Self::PauseAll { nodes, .. }
        | Self::RollingRestart { nodes, .. }) = self;
        vec![nodes]
    }

    /// Of a rolling restart a crash of its only node, a short time down, and no pause.
    fn simpler(&self) -> Vec<Self> {
        let Self::RollingRestart { nodes, down_for, pause } = self else { return Vec::new() };
        let with = |down_for, pause| Self::RollingRestart { nodes: nodes.clone(), down_for, pause };
        let alone = (nodes.len() == 1).then(|| Self::CrashAll { nodes: nodes.clone(), down_for: Some(*down_for) });
        let shorter = (*down_for > BRIEF).then(|| with(BRIEF, *pause));
        let closer = (!pause.is_zero()).then(|| with(*down_for, Duration::ZERO));
        alone.into_iter().chain(shorter).chain(closer).collect()
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<DomainFault<NodeId>, PlanError> {
        match names.nodes(self.named())? {
            nodes if nodes.is_empty() => Err(names.impossible("it names no node; name one, or a set that has some")),
            nodes => Ok(self.with_nodes(nodes)),
        }
    }

    fn apply(fault: DomainFault<NodeId>, engine: &mut Engine) -> Applied<DomainInForce> {
        let (hit, in_force) = match fault {
            DomainFault::RollingRestart { nodes, down_for, pause } => {
                let applied = match Rolling::begin(nodes, [down_for, pause], engine) {
                    Some(rolling) => Applied::in_force(DomainInForce::Rolling(rolling)).again(down_for),
                    None => Applied::once(false).unless("none of them was up"),
                };
                return applied;
            }
            DomainFault::CrashAll { nodes, .. } => {
                let crashed: Vec<_> = nodes.into_iter().filter_map(|node| crash(node, engine)).collect();
                (crashed.iter().map(|(node, _)| *node).collect(), Some(DomainInForce::Down(crashed)))
            }
            DomainFault::KillAll { nodes } => (nodes.into_iter().filter(|node| engine.kill(*node)).collect(), None),
            DomainFault::PauseAll { nodes, .. } => {
                let paused: Vec<NodeId> = nodes.into_iter().filter(|node| engine.pause(*node)).collect();
                (paused.clone(), Some(DomainInForce::Paused(paused)))
            }
        };
        Applied::of_nodes(hit, in_force).unless("none of them was up")
    }

    fn act(in_force: &mut DomainInForce, engine: &mut Engine) -> Duration {
        match in_force {
            DomainInForce::Rolling(rolling) => rolling.turn(engine),
            DomainInForce::Down(_) | DomainInForce::Paused(_) => unreachable!("no other fault of several nodes acts twice"),
        }
    }

    fn is_in_force(in_force: &DomainInForce, engine: &Engine) -> bool {
        match in_force {
            DomainInForce::Down(nodes) => nodes.iter().any(|(node, life)| is_down(*node, *life, engine)),
            DomainInForce::Paused(nodes) => nodes.iter().any(|node| is_paused(*node, engine)),
            DomainInForce::Rolling(rolling) => rolling.goes_on(),
        }
    }

    fn effect(in_force: &DomainInForce, _: &Engine) -> u64 {
        match in_force {
            DomainInForce::Rolling(rolling) => rolling.crashes(),
            DomainInForce::Down(_) | DomainInForce::Paused(_) => 0,
        }
    }

    fn end(in_force: DomainInForce, engine: &mut Engine) {
        match in_force {
            // A node that something else has restarted in between is not this fault's any more.
            DomainInForce::Down(nodes) => nodes.into_iter().for_each(|(node, life)| {
                if is_down(node, life, engine) {
                    engine.restart(node);
                }
            }),
            DomainInForce::Paused(nodes) => nodes.into_iter().for_each(|node| {
                engine.resume(node);
            }),
            DomainInForce::Rolling(mut rolling) => rolling.restart(engine),
        }
    }

    /// The faults of single nodes end in the order of the nodes' numbers, these among them.
    fn end_all(_: Vec<DomainInForce>, _: &mut Engine) {}
}

/// All nodes of a group within the length, a third of which they are down.
fn rolling_restart(draw: &Draw<'_>) -> Fault {
    let nodes = draw.group();
    let third = draw.length / (3 * nodes.len().max(1) as u32);
    DomainFault::rolling_restart(nodes, third, 2 * third).into()
}

fn is_paused(node: NodeId, engine: &Engine) -> bool {
    let kernel = &engine.core.kernel;
    kernel.health(node) == Health::Paused || kernel.is_held_by_pause(node)
}

impl From<DomainFault> for Fault {
    fn from(fault: DomainFault) -> Self {
        Self::Domain(fault)
    }
}
