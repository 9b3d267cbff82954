//! Shows a run to a reader: as an HTML page, JSON lines, JUnit, Markdown and node logs.
//!
//! | for | use |
//! |---|---|
//! | a person who looks for the cause | [`html`]: a self-contained page with the run as a diagram |
//! | a pull request | [`markdown`]: the verdict as a compact block |
//! | a pipeline | [`junit`]: one case for each scenario and rule; [`junit_of_suite`] adds some about all runs |
//! | a program | [`Recording`](cluster_sim_simulation::Recording) and [`events_jsonl`]; a [`Report`](cluster_sim_simulation::Report) is serde data by itself |
//!
//! With feature `tracing` there is also `LogLayer`, a layer of `tracing_subscriber` that stamps the log of nodes.
//!
//! [`Scenario::record`](cluster_sim_simulation::Scenario::record) makes a recording: it runs the seed and keeps its events. The functions here
//! return text; the caller writes it to files.
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
//!     .always("no count passes three", |world| world.views::<u64>().all(|(_, count)| *count <= 3));
//! let recording = scenario.record(Seed(7));
//! assert_eq!(recording.report, scenario.run(Seed(7)), "recording changes nothing");
//! assert!(explain::html(&recording, None).contains("no count passes three"));
//! ```

mod cycle;
mod events_jsonl;
mod history;
mod html;
mod junit;
#[cfg(feature = "tracing")]
mod log_layer;
mod markdown;
mod node_logs;
mod svg_text;

pub use events_jsonl::events_jsonl;
pub use history::history_page;
pub use html::html;
pub use junit::{SuiteCase, junit, junit_of_suite};
#[cfg(feature = "tracing")]
pub use log_layer::LogLayer;
pub use markdown::markdown;
pub use node_logs::node_logs;

pub use cluster_sim_simulation::text::printable;
