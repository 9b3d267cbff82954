//! What a test does to a run by hand.

use std::fmt;

use cluster_sim_node::Message;
use cluster_sim_runtime::Seed;
use cluster_sim_transport::{Network, NetworkPartition};
use cluster_sim_vocabulary::{Health, NodeId, VirtualInstant};

use super::Sim;

impl Sim {
    /// Cuts two sides off from each other, for as long as the guard lives.
    pub fn partition(
        &mut self,
        left: impl IntoIterator<Item = impl Into<NodeId>>,
        right: impl IntoIterator<Item = impl Into<NodeId>>,
    ) -> NetworkPartition {
        self.cut(collect(left), collect(right), true)
    }

    /// Cuts the way from one side to the other and leaves the way back, for as long as the guard lives.
    pub fn partition_one_way(
        &mut self,
        from: impl IntoIterator<Item = impl Into<NodeId>>,
        to: impl IntoIterator<Item = impl Into<NodeId>>,
    ) -> NetworkPartition {
        self.cut(collect(from), collect(to), false)
    }

    /// Cuts one node off from all others, for as long as the guard lives.
    pub fn isolate(&mut self, node: impl Into<NodeId>) -> NetworkPartition {
        let node = node.into();
        let others = (0..self.engine.kernel.node_count()).map(NodeId).filter(|other| *other != node).collect();
        self.cut(vec![node], others, true)
    }

    fn cut(&mut self, from: Vec<NodeId>, to: Vec<NodeId>, both_ways: bool) -> NetworkPartition {
        for node in from.iter().chain(&to) {
            self.assert_node(*node);
        }
        self.obey_guards();
        let name = self.name_cut(&from, &to, both_ways);
        let network: &mut Network = self.engine.devices.get_mut(self.network);
        network.cut(&mut self.engine.kernel, &name, &from, &to, both_ways)
    }

    #[track_caller]
    fn assert_node(&self, node: NodeId) {
        let count = self.engine.kernel.node_count();
        assert!(
            node.0 < count,
            "there is no node {node} in scenario {:?}; it has n0 to n{}",
            self.definition.name,
            count.saturating_sub(1)
        );
    }

    /// Heals every cut, whoever made it; guards that still live do nothing more.
    pub fn heal_all(&mut self) {
        self.obey_guards();
        self.heal_cuts();
    }

    /// The cuts in force, by name, in the order in which they were made.
    pub fn living_cuts(&mut self) -> Vec<String> {
        self.obey_guards();
        self.network().living_cuts().map(|(_, name)| name.to_owned()).collect()
    }

    /// Crashes a node: what it holds in memory is gone. True if it was alive.
    pub fn crash(&mut self, node: impl Into<NodeId>) -> bool {
        self.disturb(node.into(), |sim, node| sim.engine.crash(node))
    }

    /// Brings a crashed node back. True if it was down.
    pub fn restart(&mut self, node: impl Into<NodeId>) -> bool {
        self.disturb(node.into(), |sim, node| sim.engine.restart(node))
    }

    /// Takes a node away for good. True if it was not gone already.
    pub fn kill(&mut self, node: impl Into<NodeId>) -> bool {
        self.disturb(node.into(), |sim, node| sim.engine.kill(node))
    }

    /// Stops a node with everything it holds. True if it was running.
    pub fn pause(&mut self, node: impl Into<NodeId>) -> bool {
        self.disturb(node.into(), |sim, node| {
            let paused = sim.engine.pause(node);
            if paused {
                sim.faulting.forget_pause(node);
            }
            paused
        })
    }

    /// Lets a paused node go on. True if it was paused.
    pub fn resume(&mut self, node: impl Into<NodeId>) -> bool {
        self.disturb(node.into(), |sim, node| sim.engine.resume(node))
    }

    fn disturb(&mut self, node: NodeId, act: impl FnOnce(&mut Self, NodeId) -> bool) -> bool {
        self.assert_node(node);
        if self.over {
            return false;
        }
        self.obey_guards();
        let mut done = false;
        self.guarded(|sim| {
            done = act(sim, node);
            sim.check_changes();
        });
        done
    }

    /// Asks a node for something, as one recorded step: a machine takes `Input::Call`.
    ///
    /// # Errors
    /// If the node is not up or understands another type of message, or the run is over; nothing was done.
    pub fn call<M: Message>(&mut self, node: impl Into<NodeId>, request: M) -> Result<(), CallError> {
        let node = node.into();
        self.assert_node(node);
        if self.over {
            return Err(CallError::RunIsOver { node });
        }
        let health = self.engine.kernel.health(node);
        if health != Health::Up {
            return Err(CallError::NotUp { node, health });
        }
        self.obey_guards();
        let mut result = Ok(());
        self.guarded(|sim| {
            result = sim.engine.call(node, &mut Some(request));
            sim.check_changes();
        });
        result.map_err(|understood| CallError::NotUnderstood { node, understood, given: std::any::type_name::<M>() })
    }

    /// Lets another seed decide from `from` on: another future of the same past.
    pub fn reseed_at(&mut self, from: VirtualInstant, seed: Seed) {
        self.engine.kernel.reseed_at(from, seed);
        self.report.seeds = self.engine.kernel.seeds().clone();
    }
}

fn collect(nodes: impl IntoIterator<Item = impl Into<NodeId>>) -> Vec<NodeId> {
    nodes.into_iter().map(Into::into).collect()
}

/// A call that no node took; nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// The node cannot act.
    NotUp {
        /// Which node.
        node: NodeId,
        /// What keeps it.
        health: Health,
    },
    /// A finding ended the run: nothing steps any more.
    RunIsOver {
        /// Which node.
        node: NodeId,
    },
    /// The node understands another type.
    NotUnderstood {
        /// Which node.
        node: NodeId,
        /// The type it understands.
        understood: &'static str,
        /// The type of the call; a bare number is an `i32`.
        given: &'static str,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUp { node, health } => write!(formatter, "{node} takes no call: it is {health:?}; restart or resume it first"),
            Self::RunIsOver { node } => write!(formatter, "{node} takes no call: a finding ended the run, `finish` says which"),
            Self::NotUnderstood { node, understood, given } => {
                write!(formatter, "{node} does not understand a call of type {given}; send it a {understood}")
            }
        }
    }
}

impl std::error::Error for CallError {}
