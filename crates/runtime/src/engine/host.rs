//! What runs on a node.

use std::any::Any;

use cluster_sim_types::{Incarnation, NodeId};

use super::core::Core;
use super::queue::DeviceId;
use crate::random::Entropy;

/// Why a host is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Its life begins.
    Start,
    /// A device has something for it, under this number.
    Device(DeviceId, u32),
    /// A timer it armed came due; it is disarmed now.
    Timer(u64),
}

/// What a host may touch during one step.
pub struct Step<'a> {
    /// The node that steps.
    pub node: NodeId,
    /// What hosts and devices share.
    pub core: &'a mut Box<Core>,
}

/// What runs on a node, of whatever kind: input in, effects out, crash.
pub trait Host {
    /// Begins a life. What the node held in an earlier one is gone.
    fn boot(&mut self, incarnation: Incarnation, entropy: Entropy);

    /// Takes one wake and carries out what the node wants done about it.
    fn step(&mut self, wake: Wake, step: Step<'_>);

    /// Takes a call from outside the cluster, as one step; `request` is an `Option` of what the node understands, taken out.
    ///
    /// # Errors
    /// With the type the node understands, if `request` is of another one; nothing was done.
    fn call(&mut self, request: &mut dyn Any, step: Step<'_>) -> Result<(), &'static str>;

    /// Ends this life: everything held in memory is dropped.
    fn crash(&mut self);

    /// What checks may see of the node now.
    fn view<'a>(&'a self, core: &'a Core) -> Option<&'a dyn Any>;
}
