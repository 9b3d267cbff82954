//! Links in a scenario file: their models, and what impairs them.

use cluster_sim::LinkModel;
use serde_json::Value;

use super::settled::settled;
use crate::shape::{FieldShape, ObjectShape, Shape, Tag};

/// The longest time of a file in milliseconds, some 31 years.
pub(super) const MS_MAX: u64 = 1_000_000_000_000;
/// The longest time of a file in nanoseconds.
pub(super) const NS_MAX: u64 = MS_MAX * 1_000_000;

/// The names of a time in milliseconds and in nanoseconds.
macro_rules! times {
    ($stem:literal) => {
        [concat!($stem, "_ms"), concat!($stem, "_ns")]
    };
}
pub(super) use times;

impl ObjectShape {
    /// Adds a time that each seed may choose, in milliseconds or in nanoseconds, of which it has at least `least`.
    pub(super) fn time(self, names: [&'static str; 2], least: u64, is_required: bool, about: &'static str) -> Self {
        let [ms, ns] = names;
        let object = self
            .and(FieldShape::optional(ms, Shape::Chosen(least.div_ceil(1_000_000), MS_MAX), about))
            .and(FieldShape::optional(ns, Shape::Chosen(least, NS_MAX), "The same in nanoseconds."));
        if is_required { object.exactly_one(names) } else { object.at_most_one(names) }
    }
}

/// A distribution of durations, as the simulator has it in data.
fn distribution() -> Shape {
    let ns = |name, about| FieldShape::required(name, Shape::Whole(0, u64::MAX), about);
    let positive = |name, about| FieldShape::required(name, Shape::Number(0.001, 1_000.0), about);
    let tag = |name, fields: Vec<FieldShape>, about| Tag { name, fields: Some(ObjectShape::new(fields)), about };
    let quantiles = Shape::list(Shape::Whole(0, u64::MAX), 2);
    Shape::Tagged(
        "distribution",
        vec![
            tag("constant", vec![ns("value_ns", "The duration.")], "One duration."),
            tag(
                "uniform",
                vec![ns("from_ns", "The shortest."), ns("to_ns", "The longest.")],
                "All durations of a range, equally likely.",
            ),
            tag(
                "exponential",
                vec![ns("mean_ns", "The mean, above 0."), ns("max_ns", "The longest.")],
                "Waiting times between events of a constant rate.",
            ),
            tag(
                "log_normal",
                vec![
                    ns("median_ns", "The median, above 0."),
                    positive("sigma", "The standard deviation of the logarithm."),
                    ns("max_ns", "The longest."),
                ],
                "Durations with a normal logarithm.",
            ),
            tag(
                "pareto",
                vec![
                    ns("scale_ns", "The shortest, above 0."),
                    positive("shape", "The exponent of the tail."),
                    ns("max_ns", "The longest."),
                ],
                "Durations with a power-law tail.",
            ),
            tag(
                "empirical",
                vec![FieldShape::required("quantiles_ns", quantiles, "Equally spaced quantiles, ascending.")],
                "Measured durations.",
            ),
        ],
    )
}

/// A time of a link that no seed chooses.
fn fixed_time(object: ObjectShape, names: [&'static str; 2], about: &'static str) -> ObjectShape {
    let [ms, ns] = names;
    object
        .and(FieldShape::optional(ms, Shape::Whole(0, MS_MAX), about))
        .and(FieldShape::optional(ns, Shape::Whole(0, NS_MAX), "The same in nanoseconds."))
        .at_most_one(names)
}

/// The model of a class of links; what is left out is that of the default model.
pub(super) fn link_model() -> ObjectShape {
    let share = |name, about| FieldShape::optional(name, Shape::share(), about);
    let delay = "The one-way delay: one duration, or the shortest and the longest of a range.";
    let object = ObjectShape::new([
        FieldShape::optional("delay_ms", Shape::Span(0, MS_MAX), delay),
        FieldShape::optional("delay", distribution(), "The one-way delay as a distribution."),
        share("loss", "The share of messages that is lost."),
        share("duplicate", "The share of messages that comes twice."),
        share("reorder", "The share of messages that later ones overtake; needs a window."),
        FieldShape::optional(
            "order",
            Shape::word("order of messages", &["unordered", "fifo"]),
            "Whether messages may overtake each other.",
        ),
        FieldShape::optional("priority", Shape::Whole(0, 255), "The order of deliveries at one instant: lower goes first."),
        FieldShape::optional(
            "stale",
            Shape::word("treatment of messages to an earlier life", &["deliver", "drop"]),
            "What happens to a message that was sent to an earlier life of its receiver.",
        ),
        FieldShape::optional("window", Shape::Whole(1, 1_000_000), "How many messages of a session may be unread."),
    ])
    .at_most_one(["delay_ms", "delay"]);
    let object = fixed_time(object, times!("reorder_window"), "The longest further delay of a reordered message.");
    let object = fixed_time(object, times!("retransmit_after"), "The wait before a session sends again.");
    let object = fixed_time(object, times!("retransmit_after_max"), "The longest such wait.");
    fixed_time(object, times!("session_timeout"), "How long a session waits for any answer before it breaks.")
}

/// The effects of an impairment on messages, besides those of their link.
pub(super) fn impairment() -> ObjectShape {
    let share = |name, about| FieldShape::with_default(name, Shape::share(), 0.0, about);
    ObjectShape::new([
        share("loss", "The share of messages that is lost."),
        share("duplicate", "The share of messages that comes once more."),
        share("reorder", "The share of messages that later ones overtake; needs a window."),
    ])
    .time(times!("delay"), 0, false, "The delay of each message beyond that of its link.")
    .time(times!("reorder_window"), 0, false, "The longest further delay of a reordered message.")
}

/// The model of a class of links that has the shape of [`link_model`].
///
/// # Errors
/// If its parts do not go together, with the reason.
pub(super) fn to_link_model(value: &Value) -> Result<LinkModel, String> {
    let value = settled(&Shape::Object(link_model()), value, "", &|_, least, _| least, &|_, name| vec![name.to_owned()]);
    let model: LinkModel = serde_json::from_value(value).map_err(|error| error.to_string())?;
    model.validate().map(|()| model).map_err(|error| error.to_string())
}
