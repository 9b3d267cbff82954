//! Cuts in force: links cut between two sides, once or again and again.

use std::time::Duration;

use cluster_sim_runtime::Engine;
use cluster_sim_transport::{Network, NetworkPartition};
use cluster_sim_types::NodeId;

use crate::event::fault_sentence;

/// Two sides whose links are cut.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) from: Vec<NodeId>,
    pub(super) to: Vec<NodeId>,
    /// Whether messages back are dropped too.
    pub(super) both_ways: bool,
}

impl Sides {
    /// Cuts their links until the guard is dropped.
    pub(super) fn cut(&self, engine: &mut Engine) -> NetworkPartition {
        let name = self.name(engine);
        let (network, kernel) = engine.core.device::<Network>();
        network.fabric.cut(kernel, &name, &self.from, &self.to, self.both_ways)
    }

    /// The name of a cut, under which its losses are counted.
    fn name(&self, engine: &Engine) -> String {
        fault_sentence("cut", &self.parts(engine), None)
    }

    /// The parts of a sentence about them; a long side is shortened.
    pub(super) fn parts(&self, engine: &Engine) -> Vec<(&'static str, String)> {
        let name = |node: &NodeId| &**engine.core.kernel.name(*node);
        let side = |nodes: &[NodeId]| match nodes {
            [first, second, third, rest @ ..] if !rest.is_empty() => {
                format!("{} and {} more", [first, second, third].map(name).join(" "), rest.len())
            }
            few => few.iter().map(name).collect::<Vec<_>>().join(" "),
        };
        cut_parts(side(&self.from), side(&self.to), self.both_ways)
    }
}

/// Two sides whose links are cut at times.
#[derive(Debug)]
pub(crate) struct Flapping {
    sides: Sides,
    cut_for: Duration,
    open_for: Duration,
    /// The present cut; none while the links carry messages.
    guard: Option<NetworkPartition>,
    /// Messages that the cuts before it dropped.
    dropped: u64,
}

impl Flapping {
    /// Begins with a cut.
    pub(super) fn begin(engine: &mut Engine, sides: Sides, cut_for: Duration, open_for: Duration) -> Self {
        let guard = Some(sides.cut(engine));
        Self { sides, cut_for, open_for, guard, dropped: 0 }
    }

    /// Heals the present cut or makes the next one, and returns the time until the next turn.
    pub(super) fn turn(&mut self, engine: &mut Engine) -> Duration {
        if self.guard.is_some() {
            self.heal(engine);
            self.open_for
        } else {
            self.guard = Some(self.sides.cut(engine));
            self.cut_for
        }
    }

    /// Heals the present cut, if there is one.
    pub(super) fn heal(&mut self, engine: &mut Engine) {
        if let Some(guard) = self.guard.take() {
            self.dropped += guard.dropped();
            let (network, kernel) = engine.core.device::<Network>();
            network.fabric.heal(kernel, guard.id());
        }
    }

    /// Messages that all its cuts dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped + self.guard.as_ref().map_or(0, NetworkPartition::dropped)
    }
}

/// The parts of the sentence of a cut.
pub(super) fn cut_parts(from: String, to: String, both_ways: bool) -> Vec<(&'static str, String)> {
    vec![("from", from), ("arrow", if both_ways { "|" } else { "-/->" }.to_owned()), ("to", to)]
}
