//! Actions of a test on a live run.

use std::fmt;
use std::time::Duration;

use cluster_sim_node::Message;
use cluster_sim_runtime::Seed;
use cluster_sim_transport::NetworkPartition;
use cluster_sim_types::{Health, NodeId, VirtualInstant};

use super::Sim;
use crate::fault::{NetworkFault, NodeFault, ProcessFault, Resolved, on_both_sides};

impl Sim {
    /// Cuts all links between two sides, which have no node in common, while the guard lives.
    ///
    /// Messages in flight across the cut are lost on arrival. Cuts overlap freely: a link carries messages only while no cut
    /// covers it. Dropping the guard heals the cut before the next step, at the same virtual instant. The guard counts the
    /// messages dropped.
    ///
    /// # Panics
    /// If there is no such node, or one is on both sides.
    #[track_caller]
    pub fn partition(
        &mut self,
        left: impl IntoIterator<Item = impl Into<NodeId>>,
        right: impl IntoIterator<Item = impl Into<NodeId>>,
    ) -> NetworkPartition {
        self.cut(collect(left), collect(right), true)
    }

    /// Cuts all links from one side to the other, but not back, while the guard lives.
    ///
    /// Otherwise as [`partition`](Self::partition).
    ///
    /// # Panics
    /// If there is no such node, or one is on both sides.
    #[track_caller]
    pub fn partition_one_way(
        &mut self,
        from: impl IntoIterator<Item = impl Into<NodeId>>,
        to: impl IntoIterator<Item = impl Into<NodeId>>,
    ) -> NetworkPartition {
        self.cut(collect(from), collect(to), false)
    }

    /// Cuts one node off from all others while the guard lives.
    ///
    /// Otherwise as [`partition`](Self::partition).
    ///
    /// # Panics
    /// If there is no such node.
    pub fn isolate(&mut self, node: impl Into<NodeId>) -> NetworkPartition {
        let node = node.into();
        let others = self.all_nodes().filter(|other| *other != node).collect();
        self.cut(vec![node], others, true)
    }

    pub(crate) fn all_nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.engine.core.kernel.node_count()).map(NodeId)
    }

    #[track_caller]
    fn cut(&mut self, from: Vec<NodeId>, to: Vec<NodeId>, both_ways: bool) -> NetworkPartition {
        let [names, others] = self.names_of_sides(&from, &to);
        if self.over {
            return self.network().fabric.no_cut();
        }
        let cut = NetworkFault::Cut { from, to, both_ways, duration: None };
        let named = NetworkFault::Cut { from: names, to: others, both_ways, duration: None };
        self.by_hand(named.into(), Resolved::Network(cut));
        self.release_last_guard().expect("a run that is not over cuts what it is asked to")
    }

    /// The names of the nodes of two sides, which have none in common.
    #[track_caller]
    pub(super) fn names_of_sides(&self, from: &[NodeId], to: &[NodeId]) -> [Vec<String>; 2] {
        let names: [Vec<String>; 2] = [from, to].map(|side| side.iter().map(|node| self.name_of(*node)).collect());
        if let Some(index) = on_both_sides(from, to) {
            panic!("{:?} is on both sides of the cut; name it on one of them", names[0][index]);
        }
        names
    }

    /// Applies a fault of a node, and returns whether it had an effect.
    #[track_caller]
    fn hit(&mut self, fault: NodeFault<NodeId>) -> bool {
        let named = fault.with_node(self.name_of(*fault.node()));
        self.by_hand(named.into(), Resolved::Node(fault))
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

    /// Heals every cut, including those of the fault plan; guards that still live then do nothing.
    pub fn heal_all(&mut self) {
        self.by_hand(NetworkFault::HealAll.into(), Resolved::Network(NetworkFault::HealAll));
    }

    /// Names of the cuts in force, in the order in which they were made.
    pub fn living_cuts(&mut self) -> Vec<String> {
        self.apply_heals();
        self.network().fabric.living_cuts().map(|(_, name)| name.to_owned()).collect()
    }

    /// Crashes a node: its memory is lost. Returns whether it was alive.
    ///
    /// It stays down until [`restart`](Self::restart), or until the recovery phase begins.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn crash(&mut self, node: impl Into<NodeId>) -> bool {
        self.hit(NodeFault::Crash { node: node.into(), down_for: None })
    }

    /// Restarts a crashed node. Returns whether it was down.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn restart(&mut self, node: impl Into<NodeId>) -> bool {
        self.hit(NodeFault::Restart { node: node.into() })
    }

    /// Asks a node to stop, and crashes it after `deadline` if it has not. Returns whether it was alive.
    ///
    /// It stays down until [`restart`](Self::restart), or until the recovery phase begins.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn stop(&mut self, node: impl Into<NodeId>, deadline: Duration) -> bool {
        let (node, down_for) = (node.into(), None);
        let fault = ProcessFault::GracefulStop { node: self.name_of(node), deadline, down_for };
        self.by_hand(fault.into(), Resolved::Process(ProcessFault::GracefulStop { node, deadline, down_for }))
    }

    /// Kills a node: it never restarts. Returns whether it was not killed before.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn kill(&mut self, node: impl Into<NodeId>) -> bool {
        self.hit(NodeFault::Kill { node: node.into() })
    }

    /// Pauses a node, which keeps its memory. Returns whether it was running.
    ///
    /// Up to 256 messages wait in its inbox; further ones are lost. Timers fire once it resumes: by [`resume`](Self::resume), or
    /// when the recovery phase begins.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn pause(&mut self, node: impl Into<NodeId>) -> bool {
        self.hit(NodeFault::Pause { node: node.into(), duration: None })
    }

    /// Resumes a paused node. Returns whether it was paused.
    ///
    /// # Panics
    /// If there is no such node.
    pub fn resume(&mut self, node: impl Into<NodeId>) -> bool {
        self.hit(NodeFault::Resume { node: node.into() })
    }

    /// Sends a request to a node, as one recorded step.
    ///
    /// A machine receives [`Input::Call`](cluster_sim_node::Input::Call).
    ///
    /// # Errors
    /// If the node is not up or has another type of message, or the run is over; nothing was done.
    ///
    /// # Panics
    /// If there is no such node.
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
        let given = std::any::type_name::<M>();
        result.map_err(|understood| match understood {
            Some(understood) => CallError::NotUnderstood { node, understood, given },
            None => CallError::TakesNoCalls { node },
        })
    }

    /// Calls `reach` with the value that a node [exposed](cluster_sim_node::Node::expose).
    ///
    /// Runs as one recorded step of that node, within which its handles work.
    ///
    /// # Errors
    /// If the node is not up, exposed nothing of that type, or the run is over, even if `reach` itself ended it.
    ///
    /// # Panics
    /// If there is no such node.
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
            // A value exposed during the call replaces the old one, which the node then drops.
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

    /// Returns an error if the node cannot be called.
    fn assert_callable(&self, node: NodeId) -> Result<(), CallError> {
        if self.over {
            return Err(CallError::RunIsOver { node });
        }
        match self.engine.core.kernel.health(node) {
            Health::Up => Ok(()),
            health => Err(CallError::NotUp { node, health }),
        }
    }

    /// Replaces the seed from virtual instant `from` on: another future after an equal past.
    pub fn reseed_at(&mut self, from: VirtualInstant, seed: Seed) {
        self.engine.core.kernel.reseed_at(from, seed);
        self.report.seeds = self.engine.core.kernel.seeds().clone();
    }
}

pub(super) fn collect(nodes: impl IntoIterator<Item = impl Into<NodeId>>) -> Vec<NodeId> {
    nodes.into_iter().map(Into::into).collect()
}

/// A call that reached no node; nothing was done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The node is crashed, paused or killed.
    NotUp {
        /// The node.
        node: NodeId,
        /// Its health.
        health: Health,
    },
    /// The run is over.
    RunIsOver {
        /// The node.
        node: NodeId,
    },
    /// The node exposed nothing.
    NothingExposed {
        /// The node.
        node: NodeId,
    },
    /// The node exposed another type.
    NotExposed {
        /// The node.
        node: NodeId,
        /// The type asked for.
        asked: &'static str,
    },
    /// The node is an async node, which takes no calls.
    TakesNoCalls {
        /// The node.
        node: NodeId,
    },
    /// The node has another type of message.
    NotUnderstood {
        /// The node.
        node: NodeId,
        /// The type it understands.
        understood: &'static str,
        /// The type of the call; an untyped integer is an `i32`.
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
            Self::TakesNoCalls { node } => write!(
                formatter,
                "{node} is an async node, which takes no calls; expose a handle with `node.expose` and reach it by `Sim::with_node`"
            ),
            Self::NotUnderstood { node, understood, given } => {
                write!(formatter, "{node} does not understand a call of type {given}; send it a {understood}")
            }
        }
    }
}

impl std::error::Error for CallError {}
