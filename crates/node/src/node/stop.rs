//! Requests that a node stops.

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::StopSignal;
use cluster_sim_types::LocalInstant;

use super::{Node, Twin};

impl Node {
    /// Waits until the node is asked to stop, as by a supervisor that replaces the program. Returns the deadline.
    ///
    /// The node may hand over its work, and then returns from its main function, which ends all of its other tasks. If it has not
    /// returned at the deadline, it crashes there. A node that does not wait for the request crashes at the deadline too. Cancel
    /// safe; several tasks may wait, and a wait that begins after the request ends at once.
    ///
    /// In a simulation the fault `GracefulStop` asks, on tokio `TokioNode::stop_within`.
    ///
    /// ```
    /// use cluster_sim_node::{Node, select};
    ///
    /// async fn serve(node: Node) {
    ///     let port = node.bind::<u64>("questions");
    ///     loop {
    ///         select! {
    ///             question = port.recv() => port.send(question.from, question.message + 1),
    ///             _deadline = node.stopping() => return,
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn stopping(&self) -> LocalInstant {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => StopSignal::of(sim.life).await,
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.life.stopping().await,
        }
    }

    /// Returns whether the node was asked to stop.
    pub fn is_stopping(&self) -> bool {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => sim.life.act(|core| core.kernel.stop_deadline(sim.life.node())).flatten().is_some(),
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.life.stop_deadline().is_some(),
        }
    }
}
