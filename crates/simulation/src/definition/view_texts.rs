//! The text of views, for reports.

use std::any::Any;
use std::fmt;

use cluster_sim_transport::describe;
use serde::Serialize;

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
    /// Lets views of type `V` be shown.
    pub(crate) fn add<V: Serialize + 'static>(&mut self) {
        self.0.push(text::<V>);
    }

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
