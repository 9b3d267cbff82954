//! The types that most tests need: `use cluster_sim::prelude::*;`.

pub use std::time::Duration;

pub use crate::{
    Boot, Effects, Input, LocalInstant, Machine, Node, NodeId, NodeInfo, Ratio, Seed, Timer, Verdict, VirtualInstant, World,
    channel, oneshot, select,
};

#[cfg(feature = "test-utils")]
pub use crate::{
    Distribution, Explore, Fault, FaultPlan, FaultProfile, LinkModel, NetworkFault, NetworkPartition, NodeFault, Outcome, Report, Scenario,
    Sim, SimulatedCluster,
};
