//! The types that most tests need: `use cluster_sim::prelude::*;`.

pub use std::time::Duration;

#[cfg(feature = "test-utils")]
pub use crate::explore::Trial;
#[cfg(feature = "test-utils")]
pub use crate::fault::{ClockFault, DiskFault, DomainFault, LinkFault, NetworkFault, NodeFault, ProcessFault};
#[cfg(feature = "test-utils")]
pub use crate::net::Distribution;
pub use crate::node::{NodeInfo, channel, failpoint, oneshot, timers};
pub use crate::{
    Boot, Effects, Input, LocalInstant, Machine, Node, NodeId, Ratio, Seed, Timer, Verdict, VirtualInstant, World, select,
};
#[cfg(feature = "test-utils")]
pub use crate::{
    Explore, Fault, FaultPlan, FaultProfile, LinkModel, NetworkPartition, Outcome, Report, Scenario, Sim, SimulatedCluster,
};
