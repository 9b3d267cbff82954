//! Points in node code at which a simulation may crash the node.

#[cfg(feature = "test-utils")]
use std::future::pending;

use super::{Node, Twin};

impl Node {
    /// Marks a point at which a simulation may crash the node; does nothing elsewhere.
    ///
    /// [`failpoint!`](crate::failpoint) awaits it. Faults and triggers name the point. In a crash here the life of the node is over
    /// at once: this future never resolves, all handles of the node are inert, and after the poll its tasks are dropped. A visit
    /// that nothing aims at leaves no trace in the run.
    ///
    /// A scenario declares its points, and a visit of another one is then a finding. In a scenario that declares none, visits are
    /// not counted.
    #[cfg_attr(
        all(feature = "tokio", not(feature = "test-utils")),
        expect(unused_variables, reason = "only a simulation has faults that aim at points")
    )]
    pub async fn failpoint(&self, point: &'static str) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(ref sim) => {
                let crashes = sim.life.act(|core| core.kernel.visit_failpoint(sim.life.node(), point));
                if crashes != Some(false) {
                    pending::<()>().await;
                }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(_) => {}
        }
    }
}

/// Marks a point in async node code at which a simulation may crash the node: `failpoint!(node, "journal.before_sync")`.
///
/// Expands to [`Node::failpoint`](crate::Node::failpoint) of that name, awaited. The name is a literal, so that a search finds it.
/// Machines call [`Effects::failpoint`](crate::Effects::failpoint).
///
/// ```
/// use cluster_sim_node::{Node, failpoint};
///
/// async fn acknowledge(node: &Node) {
///     failpoint!(node, "store.before_acknowledgement");
///     // Sends the acknowledgement.
/// }
/// ```
#[macro_export]
macro_rules! failpoint {
    ($node:expr, $point:literal) => {
        $crate::Node::failpoint(&$node, $point).await
    };
}
