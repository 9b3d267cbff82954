//! The log: events with their node and virtual time.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::span::Attributes;
use tracing::{Event, Id, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// The span that the simulation opens around every step of a node, with the fields `at` and `node`.
const STEP: &str = "step";

/// Logs to stderr the events that pass the filter, for the rest of this process; without a filter nothing.
pub(crate) fn install(filter: Option<EnvFilter>) {
    if let Some(filter) = filter {
        // A test or a user's own binary may have set a subscriber already: that one stays.
        let _ = tracing::subscriber::set_global_default(subscriber(filter, std::io::stderr));
    }
}

fn subscriber<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // Step spans pass every filter: it selects events, and each event needs its time and its node.
    let lines = tracing_subscriber::fmt::layer().event_format(VirtualTimeFormat).with_ansi(false).with_writer(writer);
    tracing_subscriber::registry()
        .with(Steps.with_filter(filter_fn(is_step)))
        .with(lines.with_filter(filter_fn(is_step).or(filter)))
}

fn is_step(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.name() == STEP
}

/// The virtual time and the node of a step.
#[derive(Debug, Default)]
struct Position {
    at: String,
    node: String,
}

impl Visit for Position {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "at" => self.at = format!("{value:?}"),
            "node" => self.node = format!("{value:?}"),
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // `Debug` would add quotes.
        self.record_debug(field, &format_args!("{value}"));
    }
}

/// Stores the position of every open step.
struct Steps;

impl Layer<Registry> for Steps {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, Registry>) {
        let mut position = Position::default();
        attributes.record(&mut position);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(position);
        }
    }
}

/// Formats an event as a line: virtual time, node, level, target, message, fields. Does not read the machine's clock.
struct VirtualTimeFormat;

impl<S, N> FormatEvent<S, N> for VirtualTimeFormat
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        // Steps do not nest, but a node may open spans of its own within one.
        for span in context.event_scope().into_iter().flatten() {
            if let Some(position) = span.extensions().get::<Position>() {
                write!(writer, "{} {} ", position.at, position.node)?;
                break;
            }
        }
        let metadata = event.metadata();
        write!(writer, "{} {}: ", metadata.level(), metadata.target())?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A writer that captures the log.
    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, work: impl FnOnce()) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let filter = EnvFilter::builder().parse(filter).unwrap();
        tracing::subscriber::with_default(subscriber(filter, move || writer.clone()), work);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn edge_41_a_line_has_time_node_level_target_message_and_fields() {
        let log = logged("info", || {
            tracing::trace_span!("step", at = %"1.500000s", node = "edge/1").in_scope(|| {
                tracing::info!(target: "edge_cache", key = 3, "applied a write");
                tracing::debug!("below the level");
            });
            tracing::warn!(target: "cluster_sim", "between the steps");
        });
        assert_eq!(log, "1.500000s edge/1 INFO edge_cache: applied a write key=3\nWARN cluster_sim: between the steps\n");
    }

    #[test]
    fn edge_41_a_target_filter_keeps_time_and_node() {
        let log = logged("edge_cache=debug", || {
            let step = tracing::trace_span!(target: "cluster_sim", "step", at = %"2.000000s", node = "n7");
            let _entered = step.enter();
            tracing::debug_span!(target: "edge_cache", "apply").in_scope(|| tracing::debug!(target: "edge_cache", "inside"));
            tracing::error!(target: "other", "another target");
        });
        assert_eq!(log, "2.000000s n7 DEBUG edge_cache: inside\n");
    }
}
