//! What a test does to a run by hand.

use std::fmt;

use cluster_sim_node::Message;
use cluster_sim_runtime::Seed;
use cluster_sim_transport::NetworkPartition;
use cluster_sim_types::{Health, NodeId, VirtualInstant};

use super::Sim;
use crate::fault::Fault;

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
        let others = (0..self.engine.core.kernel.node_count()).map(NodeId).filter(|other| *other != node).collect();
        self.cut(vec![node], others, true)
    }

    fn cut(&mut self, from: Vec<NodeId>, to: Vec<NodeId>, both_ways: bool) -> NetworkPartition {
        let [from, to] = [from, to].map(|side| side.into_iter().map(|node| self.name_of(node)).collect());
        if self.over {
            return self.network().no_cut();
        }
        self.by_hand(Fault::Cut { from, to, both_ways, duration: None });
        self.faults.release_last_cut().expect("a run that is not over cuts what it is asked to")
    }

    #[track_caller]
    fn name_of(&self, node: NodeId) -> String {
        self.assert_node(node);
        self.engine.core.kernel.name(node).to_string()
    }

    #[track_caller]
    fn assert_node(&self, node: NodeId) {
        let count = self.engine.core.kernel.node_count();
        assert!(
            node.0 < count,
            "there is no node {node} in scenario {:?}; it has n0 to n{}",
            self.definition.name,
            count.saturating_sub(1)
        );
    }

    /// Heals every cut, whoever made it; guards that still live do nothing more.
    pub fn heal_all(&mut self) {
        self.by_hand(Fault::HealAll);
    }

    /// The cuts in force, by name, in the order in which they were made.
    pub fn living_cuts(&mut self) -> Vec<String> {
        self.apply_heals();
        self.network().living_cuts().map(|(_, name)| name.to_owned()).collect()
    }

    /// Crashes a node: what it holds in memory is gone. True if it was alive.
    pub fn crash(&mut self, node: impl Into<NodeId>) -> bool {
        let node = self.name_of(node.into());
        self.by_hand(Fault::Crash { node, down_for: None })
    }

    /// Brings a crashed node back. True if it was down.
    pub fn restart(&mut self, node: impl Into<NodeId>) -> bool {
        let node = self.name_of(node.into());
        self.by_hand(Fault::Restart { node })
    }

    /// Takes a node away for good. True if it was not gone already.
    pub fn kill(&mut self, node: impl Into<NodeId>) -> bool {
        let node = self.name_of(node.into());
        self.by_hand(Fault::Kill { node })
    }

    /// Stops a node with everything it holds. True if it was running.
    pub fn pause(&mut self, node: impl Into<NodeId>) -> bool {
        let node = self.name_of(node.into());
        self.by_hand(Fault::Pause { node, duration: None })
    }

    /// Lets a paused node go on. True if it was paused.
    pub fn resume(&mut self, node: impl Into<NodeId>) -> bool {
        let node = self.name_of(node.into());
        self.by_hand(Fault::Resume { node })
    }

    /// Asks a node for something, as one recorded step: a machine takes `Input::Call`.
    ///
    /// # Errors
    /// If the node is not up or understands another type of message, or the run is over; nothing was done.
    pub fn call<M: Message>(&mut self, node: impl Into<NodeId>, request: M) -> Result<(), CallError> {
        let node = node.into();
        self.assert_node(node);
        self.assert_callable(node)?;
        self.apply_heals();
        let mut result = Ok(());
        self.guarded(|sim| {
            result = sim.engine.call(node, &mut Some(request));
            sim.check_changes();
        });
        result.map_err(|understood| CallError::NotUnderstood { node, understood, given: std::any::type_name::<M>() })
    }

    /// Reaches into a node by what it [exposed](cluster_sim_node::Node::expose), as one recorded step of that node: its handles work in
    /// there.
    ///
    /// # Errors
    /// If the node is not up, exposed nothing of that type, or the run is over, be it by what was done in there.
    pub fn with_node<H: 'static, T>(&mut self, node: impl Into<NodeId>, reach: impl FnOnce(&mut H) -> T) -> Result<T, CallError> {
        let node = node.into();
        self.assert_node(node);
        self.assert_callable(node)?;
        let Some(mut exposed) = self.engine.core.kernel.expose(node, None) else { return Err(CallError::NothingExposed { node }) };
        if !exposed.is::<H>() {
            self.engine.core.kernel.expose(node, Some(exposed));
            return Err(CallError::NotExposed { node, asked: std::any::type_name::<H>() });
        }
        self.apply_heals();
        let mut result = None;
        self.guarded(|sim| {
            result = Some(sim.engine.reach_into(node, || reach(exposed.downcast_mut().expect("it was looked at before"))));
            // What it exposed in there counts; the handle that led there is then the node's to drop.
            let newer = sim.engine.core.kernel.expose(node, None);
            match newer {
                Some(newer) => {
                    sim.engine.core.kernel.expose(node, Some(newer));
                    sim.engine.drop_of(node, exposed);
                }
                None => drop(sim.engine.core.kernel.expose(node, Some(exposed))),
            }
            sim.check_changes();
        });
        result.ok_or(CallError::RunIsOver { node })
    }

    /// Whether a node takes calls.
    fn assert_callable(&self, node: NodeId) -> Result<(), CallError> {
        if self.over {
            return Err(CallError::RunIsOver { node });
        }
        match self.engine.core.kernel.health(node) {
            Health::Up => Ok(()),
            health => Err(CallError::NotUp { node, health }),
        }
    }

    /// Lets another seed decide from `from` on: another future of the same past.
    pub fn reseed_at(&mut self, from: VirtualInstant, seed: Seed) {
        self.engine.core.kernel.reseed_at(from, seed);
        self.report.seeds = self.engine.core.kernel.seeds().clone();
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
    /// The node handed out nothing to reach into it by.
    NothingExposed {
        /// Which node.
        node: NodeId,
    },
    /// The node handed out something else.
    NotExposed {
        /// Which node.
        node: NodeId,
        /// The type that was asked for.
        asked: &'static str,
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
            Self::NothingExposed { node } => write!(formatter, "{node} exposed nothing; call `node.expose(handle)` in its code"),
            Self::NotExposed { node, asked } => {
                write!(formatter, "{node} exposed something else than a {asked}; ask for the type that it handed to `expose`")
            }
            Self::NotUnderstood { node, understood, given } => {
                write!(formatter, "{node} does not understand a call of type {given}; send it a {understood}")
            }
        }
    }
}

impl std::error::Error for CallError {}
