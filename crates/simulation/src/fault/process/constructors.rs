//! Faults of processes in short form.

use std::time::Duration;

use cluster_sim_types::Ratio;

use super::ProcessFault;

impl ProcessFault {
    /// Asks a node to stop within `deadline`.
    ///
    /// It restarts `down_for` after its end, or when the fault phase ends.
    pub fn graceful_stop(node: impl Into<String>, deadline: Duration, down_for: impl Into<Option<Duration>>) -> Self {
        Self::GracefulStop { node: node.into(), deadline, down_for: down_for.into() }
    }

    /// Lets each step of a node take that long.
    pub fn slow(node: impl Into<String>, step_time: Duration, duration: impl Into<Option<Duration>>) -> Self {
        Self::Slow { node: node.into(), step_time, duration: duration.into() }
    }

    /// Drops tasks of an async node before that share of their polls.
    pub fn cancel_tasks(node: impl Into<String>, share: Ratio, duration: impl Into<Option<Duration>>) -> Self {
        Self::CancelTasks { node: node.into(), share, duration: duration.into() }
    }

    /// Gives the lives of these nodes that begin meanwhile the random numbers of the first one.
    pub fn equal_random(nodes: impl IntoIterator<Item = impl Into<String>>, duration: impl Into<Option<Duration>>) -> Self {
        Self::EqualRandom { nodes: nodes.into_iter().map(Into::into).collect(), duration: duration.into() }
    }

    /// Crashes a node of its next message; it restarts `down_for` later, or when the fault phase ends.
    pub fn poison_message(node: impl Into<String>, down_for: impl Into<Option<Duration>>) -> Self {
        Self::PoisonMessage { node: node.into(), message: 1, down_for: down_for.into(), duration: None }
    }

    /// Crashes a node with the next operation of its disk in flight.
    ///
    /// It restarts `down_for` later, or when the fault phase ends.
    ///
    /// ```
    /// use cluster_sim::fault::ProcessFault;
    /// use cluster_sim::prelude::*;
    ///
    /// let fault = Fault::from(ProcessFault::crash_in_io("store/0", Duration::from_secs(1)));
    /// assert_eq!(fault.nodes(), ["store/0"]);
    /// ```
    pub fn crash_in_io(node: impl Into<String>, down_for: impl Into<Option<Duration>>) -> Self {
        Self::CrashInIo { node: node.into(), operation: 1, down_for: down_for.into(), duration: None }
    }
}
