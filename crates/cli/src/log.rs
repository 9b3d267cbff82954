//! The log: events with their node and virtual time.

use cluster_sim::explain::LogLayer;
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};

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
    tracing_subscriber::registry().with(LogLayer::new(writer).with_filter(filter))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use cluster_sim::prelude::*;

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

    /// Logs at its start and at its timer, after 1.5 s.
    struct Logging;

    impl Machine for Logging {
        type Message = ();
        type View = ();

        fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
            if matches!(input, Input::Start) {
                return effects.set_timer(Timer(0), Duration::from_millis(1_500));
            }
            tracing::info!(target: "edge_cache", key = 3, "applied a write");
            tracing::debug_span!(target: "edge_cache", "apply").in_scope(|| tracing::debug!(target: "edge_cache", "inside"));
            tracing::error!(target: "other", "another target");
        }

        fn view(&self) -> &() {
            &()
        }
    }

    fn run() {
        let logging = Scenario::new("logging").machines("edge", 1, |_: &Boot| Logging).start_together();
        logging.duration(Duration::from_secs(2)).run(Seed(7)).assert_ok();
        tracing::warn!(target: "cluster_sim", "between the steps");
    }

    #[test]
    fn edge_41_a_line_has_time_node_level_target_message_and_fields() {
        let line = "1.500000s edge/0 INFO edge_cache: applied a write key=3\n";
        let others = "1.500000s edge/0 ERROR other: another target\nWARN cluster_sim: between the steps\n";
        assert_eq!(logged("info", run), format!("{line}{others}"));
    }

    #[test]
    fn edge_41_a_target_filter_keeps_time_and_node() {
        let lines = "1.500000s edge/0 INFO edge_cache: applied a write key=3\n1.500000s edge/0 DEBUG edge_cache: inside\n";
        assert_eq!(logged("edge_cache=debug", run), lines);
    }
}
