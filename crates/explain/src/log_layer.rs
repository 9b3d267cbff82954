//! [`LogLayer`]: log events of nodes with virtual time, node and task.

use std::io::Write;

use cluster_sim_runtime::{LogPosition, keep_log_line};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{DefaultFields, FormatFields, Writer};
use tracing_subscriber::layer::Context;

/// A layer of `tracing_subscriber`: stamps log events of nodes with virtual time, node and task.
///
/// It writes one line for each event: instant, node, task if the node is async, level, target, message and fields. An event of
/// other code has no instant and no node. Where a run is recorded ([`Scenario::record`](cluster_sim_simulation::Scenario::record),
/// the files about a failure), the lines are events of the recording, and so part of the node logs. Add a filter for what
/// `RUST_LOG` asks for:
///
/// ```
/// use cluster_sim::explain::LogLayer;
/// use cluster_sim::prelude::*;
/// use tracing_subscriber::layer::{Layer, SubscriberExt};
///
/// async fn beat(node: Node) {
///     for number in 1..=2 {
///         node.sleep(Duration::from_millis(10)).await;
///         tracing::info!(number, "beats");
///     }
/// }
///
/// let filter = tracing_subscriber::EnvFilter::from_default_env();
/// let to_stderr = tracing_subscriber::registry().with(LogLayer::new(std::io::stderr).with_filter(filter));
/// # drop(to_stderr);
/// // For a whole test binary: tracing::subscriber::set_global_default(to_stderr)
///
/// let subscriber = tracing_subscriber::registry().with(LogLayer::new(std::io::sink));
/// let scenario = Scenario::new("beating").nodes("heart", 1, beat).start_together();
/// let recording = tracing::subscriber::with_default(subscriber, || scenario.record(Seed(7)));
/// let logs = cluster_sim::explain::node_logs(&recording);
/// assert!(logs["heart/0"].contains("0.010000s  heart/0 logs INFO"), "{}", logs["heart/0"]);
/// assert!(logs["heart/0"].contains("beats number=2"));
/// assert_eq!(recording.report.digest, scenario.run(Seed(7)).digest, "a log changes nothing");
/// ```
///
/// Equal seeds give equal lines. Runs of several threads write to one writer, each line whole. Without a subscriber an event costs
/// a node one load.
#[derive(Debug, Clone)]
pub struct LogLayer<W> {
    writer: W,
}

impl<W> LogLayer<W>
where
    W: for<'w> MakeWriter<'w> + 'static,
{
    /// Creates a layer that writes to `writer`.
    ///
    /// For instance to `std::io::stderr`, or to `std::io::sink` to fill recordings only.
    pub fn new(writer: W) -> Self {
        Self { writer }
    }
}

impl<S, W> Layer<S> for LogLayer<W>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let position = LogPosition::current();
        let metadata = event.metadata();
        let mut fields = String::new();
        // A value whose `Debug` fails is left out; a log must not end a run.
        let _ = DefaultFields::new().format_fields(Writer::new(&mut fields), event);
        let text = format!("{} {}: {fields}", metadata.level(), metadata.target());
        let line = match &position {
            None => format!("{text}\n"),
            Some(LogPosition { at, name, task: None, .. }) => format!("{at} {name} {text}\n"),
            Some(LogPosition { at, name, task: Some(task), .. }) => format!("{at} {name} {task} {text}\n"),
        };
        if let Some(position) = &position {
            keep_log_line(position, || text);
        }
        // One write for a line, so that lines of several threads do not mix. A writer that is gone takes nothing from the run.
        let _ = self.writer.make_writer_for(metadata).write_all(line.as_bytes());
    }
}
