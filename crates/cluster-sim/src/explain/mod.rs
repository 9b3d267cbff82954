//! What a person and a machine see of one run: the whole of it as data, as a page, and its verdict for pull requests and pipelines.
//!
//! | for | there is |
//! |---|---|
//! | a person who looks for the cause | [`html`]: one file with the run as a picture, which needs nothing else |
//! | a pull request | [`markdown`]: the verdict in a compact block |
//! | a pipeline | [`junit`]: one case for each scenario and rule |
//! | a program | [`Recording`] and [`events_jsonl`]; a [`Report`](crate::Report) is serde data by itself |
//!
//! A [`Recording`] is made by [`Scenario::record`](crate::Scenario::record), which runs the seed once more and keeps what happens.
//! What is made of it is text: writing files is left to whoever asks.
//!
//! ```
//! use cluster_sim::explain;
//! use cluster_sim::prelude::*;
//!
//! async fn count(node: Node) {
//!     let mut ticks = node.interval(Duration::from_secs(1));
//!     loop {
//!         ticks.tick().await;
//!         node.publish(|count: &mut u64| *count += 1);
//!     }
//! }
//!
//! let scenario = Scenario::new("counting")
//!     .nodes("counter", 2, count)
//!     .always("nobody counts past three", |world| world.views::<u64>().all(|(_, count)| *count <= 3));
//! let recording = scenario.record(Seed(7));
//! assert_eq!(recording.report, scenario.run(Seed(7)), "recording changes nothing");
//! assert!(explain::html(&recording, None).contains("nobody counts past three"));
//! ```

mod bounded_log;
mod event;
mod failure_summary;
mod html;
mod junit;
mod last_events;
mod markdown;
mod node_logs;
mod pairs;
mod recorder;
mod recording;
mod spans;
mod verdict;
mod views;

pub use crate::event::{EventKind, EventMessage, Key, Sent, TaskEnd};
pub use event::Event;
pub use failure_summary::FailureSummary;
pub use html::html;
pub use junit::junit;
pub(crate) use last_events::describe_failure;
pub use markdown::markdown;
pub use node_logs::node_logs;
pub use recording::{LeftOut, Recording, events_jsonl};
pub use spans::{Span, SpanKind};
pub use views::NodeView;
