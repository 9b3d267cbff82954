//! The views that reports show as text.

use serde::Serialize;

use super::Scenario;

impl Scenario {
    /// Shows views of type `V` in reports.
    ///
    /// A report shows the last view of each node that a violation names, and the view before it.
    /// Without this a report shows only views that are numbers, texts, or lists of them. It changes nothing else: views need not be
    /// serialisable, and a run is the same with and without.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// #[derive(Default, serde::Serialize)]
    /// struct Progress {
    ///     done: u32,
    /// }
    ///
    /// async fn work(node: Node) {
    ///     for _ in 0..3 {
    ///         node.sleep(Duration::from_secs(1)).await;
    ///         node.publish(|progress: &mut Progress| progress.done += 1);
    ///     }
    /// }
    ///
    /// let report = Scenario::new("working")
    ///     .nodes("worker", 1, work)
    ///     .show_views::<Progress>()
    ///     .always("at most one is done", |world| {
    ///         let done = world.nodes_where::<Progress>(|progress| progress.done > 1);
    ///         if done.is_empty() { Verdict::Holds } else { Verdict::violated(done, "") }
    ///     })
    ///     .run(Seed(7));
    /// assert!(report.to_string().contains("Progress {done: 2}"));
    /// assert!(report.to_string().contains("before: Progress {done: 1}"));
    /// ```
    #[must_use]
    pub fn show_views<V: Serialize + 'static>(self) -> Self {
        self.with(|definition| definition.view_texts.add::<V>())
    }
}
