//! Fields that the workloads of several systems have in scenario files.

use std::fmt::Display;
use std::time::Duration;

use cluster_sim_registry::{FieldShape, NodeStyle, Parameters, Shape};
use serde_json::Value;

/// One day: no request or election takes longer.
const MS_MAX: u64 = 86_400_000;

/// How the nodes are written.
pub(crate) fn style_field() -> FieldShape {
    let words = Shape::word("style", &["machine", "async"]);
    FieldShape::with_default("style", words, "machine", "How the nodes are written; both behave alike.")
}

/// The style of a workload with a [`style_field`].
pub(crate) fn style_of(workload: &Parameters<'_>) -> NodeStyle {
    if workload.text("style") == "async" { NodeStyle::Async } else { NodeStyle::Machine }
}

/// A whole number within bounds.
pub(crate) fn whole_field(name: &'static str, [least, most]: [u64; 2], default: u64, about: &'static str) -> FieldShape {
    FieldShape::with_default(name, Shape::Whole(least, most), default, about)
}

/// A time in milliseconds that is not zero.
pub(crate) fn time_field(name: &'static str, default: Duration, about: &'static str) -> FieldShape {
    whole_field(name, [1, MS_MAX], millis(default), about)
}

/// A time in milliseconds that may be zero.
pub(crate) fn pause_field(name: &'static str, default: Duration, about: &'static str) -> FieldShape {
    whole_field(name, [0, MS_MAX], millis(default), about)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("a default is short")
}

/// The planted bug of the nodes, of these; null for none.
pub(crate) fn bug_field<B: Display>(bugs: &[B]) -> FieldShape {
    let names = bugs.iter().map(ToString::to_string).collect();
    let shape = Shape::OrNull(Box::new(Shape::Word("planted bug", names)));
    FieldShape::with_default("bug", shape, Value::Null, "The bug that is planted in the nodes; null for none.")
}

/// The bug of a workload with a [`bug_field`].
pub(crate) fn bug_of<B: Display + Copy>(bugs: &[B], workload: &Parameters<'_>) -> Option<B> {
    let name = workload.text_if_given("bug")?;
    bugs.iter().copied().find(|bug| bug.to_string() == name)
}
