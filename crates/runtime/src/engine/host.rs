//! The trait of code that runs on nodes.

use std::any::Any;

use cluster_sim_types::{Incarnation, NodeId};

use super::core::Core;
use super::queue::DeviceId;
use crate::random::Entropy;

/// A life that begins: what a host gets when it boots.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct NewLife {
    /// The number of the life: 0 for the first, one more after every restart.
    pub incarnation: Incarnation,
    /// The source of the node's own choices in this life.
    pub entropy: Entropy,
}

/// The reason for waking a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Its life begins.
    Start,
    /// It is asked to stop. Only hosts without tasks are woken by this.
    Stop,
    /// The device has an input for it, fetched with this number.
    Device(DeviceId, u32),
    /// A timer with this token came due; the timer is no longer set.
    Timer(u64),
}

/// Access of a host to the simulation during one step.
pub struct Step<'a> {
    /// The node that steps.
    pub node: NodeId,
    /// The state that hosts and devices share.
    pub core: &'a mut Box<Core>,
}

/// Code on the nodes of a group, of any kind: takes inputs, produces effects, can crash.
///
/// Nodes are named by their place in the group, from 0 on.
pub trait Hosts {
    /// Begins a life of a node, without any memory of earlier ones besides what its devices keep.
    fn boot(&mut self, place: usize, life: NewLife, core: &Core);

    /// Handles one wake of a node and carries out the effects.
    fn step(&mut self, place: usize, wake: Wake, step: Step<'_>);

    /// Handles a call of a node from outside the cluster, as one step.
    ///
    /// `request` is an `Option` of the node's request type, which the host takes.
    ///
    /// # Errors
    /// If `request` has another type than the node expects, with the name of that type; `None` if the node takes no calls. Nothing was
    /// done.
    fn call(&mut self, place: usize, request: &mut dyn Any, step: Step<'_>) -> Result<(), Option<&'static str>>;

    /// Ends the present life of a node and drops its memory.
    fn crash(&mut self, place: usize);

    /// Returns a node's current view, for checks.
    fn view<'a>(&'a self, place: usize, core: &'a Core) -> Option<&'a dyn Any>;

    /// Returns the name of the type of a node's views, for reports; `None` if the node published none.
    fn view_type(&self, place: usize, core: &Core) -> Option<&'static str> {
        let _ = (place, core);
        None
    }

    /// Returns the table of the nodes' views and the group to pass to it.
    ///
    /// The table is a [`ViewTable`](cluster_sim_types::ViewTable). Its rows hold no view of a node that is down. Without a table views are read one by one.
    fn view_table(&self) -> Option<(&dyn Any, &dyn Any)> {
        None
    }
}
