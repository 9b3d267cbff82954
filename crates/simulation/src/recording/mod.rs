//! [`Recording`]: a run from start to end as data, and the summary of how it failed.

mod beside;
mod bounded_log;
mod describe_failure;
mod event;
mod pairs;
mod recorder;
mod span;
mod spans;
mod summarize;
mod views;

use std::sync::Arc;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

pub use beside::Beside;
pub(crate) use describe_failure::describe_failure;
pub use event::Event;
pub use recorder::Recorder;
pub use span::Span;
pub use views::NodeView;

use crate::report::Report;
use crate::sim::Sim;

/// The format number of recordings, and of their events as JSON lines.
const FORMAT: u32 = 2;

/// A run from start to end: its report, spans, views and events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The number of this format.
    pub format: u32,
    /// The report, equal to that of a run without recording.
    pub report: Report,
    /// The declared names of all nodes, in the order of their numbers.
    pub nodes: Vec<Arc<str>>,
    /// The start of the recovery phase, if the run reached it; in nanoseconds since the start.
    #[serde(rename = "recovery_at_ns")]
    pub recovery_at: Option<VirtualInstant>,
    /// Spans of time in which a cut, a pause, a crash, a loss rule or changed links were in force.
    pub spans: Vec<Span>,
    /// The last views of the nodes, where their text is known.
    pub views: Vec<NodeView>,
    /// The gap in `events`, if the run had more of them than the recording keeps.
    pub left_out: Option<LeftOut>,
    /// The events, in order.
    pub events: Vec<Event>,
}

/// The events that a recording leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The number of recorded events before the gap.
    pub after: u64,
    /// The number of events left out.
    pub events: u64,
}

impl Recording {
    /// The events that [`Scenario::record`](crate::Scenario::record) keeps at most.
    ///
    /// They take about 100 MB of memory, and make a page of 10 MB.
    pub const EVENTS: usize = 200_000;

    /// The sentence of an event of this recording, without its instant.
    ///
    /// For example `store/1 -> store/0  sends #7 ack(3)`.
    pub fn text_of(&self, event: &Event) -> String {
        event.text(&self.spans)
    }

    /// Runs a simulation that was just started to its end, and records it.
    pub(crate) fn of_run(sim: Sim, most: usize) -> Self {
        let (recorder, report) = sim.run_observed(Recorder::new(most));
        recorder.finish(report.expect("a recorder stays to the end")).0
    }
}
