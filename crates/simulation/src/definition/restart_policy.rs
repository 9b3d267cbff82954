//! [`RestartPolicy`]: what happens to a node that panics or exits.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::MainFactory;

/// When a supervisor restarts a node whose code panicked or whose main function returned.
///
/// ```
/// use cluster_sim::prelude::*;
/// use cluster_sim::scenario::RestartPolicy;
///
/// async fn fragile(node: Node) {
///     node.sleep(Duration::from_secs(1)).await;
///     assert!(node.incarnation().0 > 1, "lives one and two end here");
///     std::future::pending().await
/// }
///
/// let policy = RestartPolicy::after(Duration::from_millis(100)).at_most(3);
/// let report = Scenario::new("fragile").nodes("node", 1, fragile).restart_policy("node", policy).run(Seed(7));
/// report.assert_ok();
/// assert_eq!(report.restarts.len(), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Time between the end of one life and the start of the next.
    pub(crate) after: Duration,
    /// Restarts of one node in a run.
    pub(crate) most: u32,
}

impl RestartPolicy {
    /// Restarts a node that long after it panicked or returned, as often as it does so.
    pub fn after(after: Duration) -> Self {
        Self { after, most: u32::MAX }
    }

    /// Restarts a node at most that many times in a run.
    ///
    /// One more panic is then a finding; a node that returns once more stays down.
    #[must_use]
    pub fn at_most(self, restarts: u32) -> Self {
        Self { most: restarts, ..self }
    }
}

/// Ends the life of a node whose main function returned, in place of a panic.
pub(crate) struct MainReturned;

/// The main function, with an end that the run catches.
pub(super) fn caught_at_its_end(main: &MainFactory) -> MainFactory {
    let main = Arc::clone(main);
    Arc::new(move |node| {
        let running = main(node);
        Box::pin(async move {
            running.await;
            // Unlike a panic this prints nothing.
            resume_unwind(Box::new(MainReturned))
        })
    })
}
