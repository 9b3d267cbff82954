//! The trait of code that runs on a node.

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

/// Code on a node, of any kind: takes inputs, produces effects, can crash.
pub trait Host {
    /// Begins a life without any memory of earlier ones.
    fn boot(&mut self, life: NewLife);

    /// Handles one wake and carries out the effects.
    fn step(&mut self, wake: Wake, step: Step<'_>);

    /// Handles a call from outside the cluster, as one step.
    ///
    /// `request` is an `Option` of the node's request type, which the host takes.
    ///
    /// # Errors
    /// With the name of the expected type, if `request` has another one; nothing was done.
    fn call(&mut self, request: &mut dyn Any, step: Step<'_>) -> Result<(), &'static str>;

    /// Ends this life and drops its memory.
    fn crash(&mut self);

    /// Returns the node's current view, for checks.
    fn view<'a>(&'a self, core: &'a Core) -> Option<&'a dyn Any>;
}
