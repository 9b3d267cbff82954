//! The views that reports show as text.

use std::any::Any;
use std::fmt;

use cluster_sim_transport::describe;
use serde::Serialize;

use super::Scenario;

/// A view as text, if it is of the type that this function is for.
type ViewText = fn(&dyn Any) -> Option<String>;

/// The types of views whose text is known.
#[derive(Clone)]
pub(crate) struct ViewTexts(Vec<ViewText>);

/// Shows how many there are: the address of a function differs in every process.
impl fmt::Debug for ViewTexts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ViewTexts({})", self.0.len())
    }
}

impl ViewTexts {
    /// The text of a view, if its type is known.
    pub(crate) fn text(&self, view: &dyn Any) -> Option<String> {
        self.0.iter().find_map(|text| text(view))
    }
}

impl Default for ViewTexts {
    /// Numbers, texts, and lists of them.
    fn default() -> Self {
        Self(vec![
            text::<bool>,
            text::<u8>,
            text::<u16>,
            text::<u32>,
            text::<u64>,
            text::<usize>,
            text::<i32>,
            text::<i64>,
            text::<f64>,
            text::<String>,
            text::<Vec<u32>>,
            text::<Vec<u64>>,
            text::<Vec<String>>,
        ])
    }
}

fn text<V: Serialize + 'static>(view: &dyn Any) -> Option<String> {
    view.downcast_ref::<V>().map(describe)
}

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
        self.with(|definition| definition.view_texts.0.push(text::<V>))
    }
}
