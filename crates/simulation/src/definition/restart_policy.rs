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
    /// The text in the message of a panic after which a node restarts; absent for any panic.
    text: Option<&'static str>,
}

impl RestartPolicy {
    /// Restarts a node that long after it panicked or returned, as often as it does so.
    pub fn after(after: Duration) -> Self {
        Self { after, most: u32::MAX, text: None }
    }

    /// Restarts a node at most that many times in a run.
    ///
    /// One more panic is then a finding; a node that returns once more stays down.
    #[must_use]
    pub fn at_most(self, restarts: u32) -> Self {
        Self { most: restarts, ..self }
    }

    /// Restarts a node only after panics whose message contains that text; any other panic is a finding.
    ///
    /// For a node that gives up on purpose, as when its disk fails: bugs that panic are found all the same.
    #[must_use]
    pub fn only_panics_with(self, text: &'static str) -> Self {
        Self { text: Some(text), ..self }
    }

    /// Whether it handles a panic of that message.
    pub(crate) fn handles(&self, message: &str) -> bool {
        self.text.is_none_or(|text| message.contains(text))
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
