//! The log of nodes: stamped with virtual time, node and task, and part of recordings.

use std::io;
use std::sync::{Arc, Mutex};

use cluster_sim::explain::{EventKind, LogLayer, node_logs};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};

/// A writer that captures the log.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns what `work` returns, and what it logged at or above `level`.
fn logged<T>(level: LevelFilter, work: impl FnOnce() -> T) -> (T, String) {
    let captured = Captured::default();
    let writer = captured.clone();
    let layer = LogLayer::new(move || writer.clone()).with_filter(level);
    let result = tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    let bytes = captured.0.lock().expect("no writer panics").clone();
    (result, String::from_utf8(bytes).expect("a log is text"))
}

/// Logs when it is told a number.
struct Told;

impl Machine for Told {
    type Message = u64;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<u64>, _: &mut Effects<u64>) {
        if let Input::Message { message, .. } = input {
            tracing::info!(number = message, "was told");
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

/// Tells a machine two numbers from a task, and logs that.
async fn tells(node: Node) {
    let port = node.bind::<u64>(Told::PORT);
    let clock = node.clone();
    let telling = node.spawn_named("telling", async move {
        for number in 1..=2 {
            clock.sleep(milliseconds(10)).await;
            tracing::debug!("tells {number}");
            port.send(0, number);
        }
    });
    telling.await.expect("it returns");
    tracing::warn!(target: "store", told = 2, "is done");
}

fn scenario() -> Scenario {
    let link = LinkModel { delay: Distribution::constant(milliseconds(1)), ..LinkModel::default() };
    let scenario = Scenario::new("logging").machines("told", 1, |_: &Boot| Told).nodes("teller", 1, tells);
    scenario.default_links(link).start_together().duration(milliseconds(50))
}

#[test]
fn a_line_has_time_node_and_task() {
    let (report, log) = logged(LevelFilter::DEBUG, || {
        tracing::info!("before the run");
        scenario().run(Seed(7))
    });
    report.assert_ok();
    let target = module_path!();
    let expected = [
        format!("INFO {target}: before the run"),
        format!("0.010000s teller/0 main/telling DEBUG {target}: tells 1"),
        format!("0.011000s told/0 INFO {target}: was told number=1"),
        format!("0.020000s teller/0 main/telling DEBUG {target}: tells 2"),
        "0.020000s teller/0 main WARN store: is done told=2".to_owned(),
        format!("0.021000s told/0 INFO {target}: was told number=2"),
    ];
    assert_eq!(log.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn equal_seeds_log_equally_and_a_log_changes_nothing() {
    let run = || scenario().run(Seed(9));
    let ((one, log), (other, again)) = (logged(LevelFilter::TRACE, run), logged(LevelFilter::TRACE, run));
    assert_eq!((&one, &log), (&other, &again));
    assert_eq!(one, run(), "without a subscriber");
    let (_, warnings) = logged(LevelFilter::WARN, run);
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
}

#[test]
fn a_recording_has_the_log_in_the_logs_of_its_nodes() {
    let (recording, _) = logged(LevelFilter::DEBUG, || scenario().record(Seed(7)));
    let lines = |recording: &cluster_sim::explain::Recording| {
        recording.events.iter().filter(|event| matches!(event.event, EventKind::Log { .. })).count()
    };
    assert_eq!(lines(&recording), 5);
    assert_eq!(lines(&scenario().record(Seed(7))), 0, "without a subscriber");
    let logs = node_logs(&recording);
    assert!(logs["told/0"].contains("0.011000s  told/0 logs INFO explain::logs: was told number=1\n"), "{}", logs["told/0"]);
    let log = recording.events.iter().find(|event| matches!(event.event, EventKind::Log { .. })).expect("one logs");
    assert_eq!(log.task.as_deref(), Some("main/telling"));
    let text = serde_json::to_string(&recording).expect("a recording is plain data");
    assert_eq!(serde_json::from_str::<cluster_sim::explain::Recording>(&text).expect("it was written"), recording);
}

#[tokio::test]
async fn the_subscriber_of_an_async_test_hears_its_nodes() {
    let (report, log) = logged(LevelFilter::INFO, || scenario().run(Seed(7)));
    report.assert_ok();
    assert_eq!(log.lines().count(), 3, "{log}");
}
