//! Recordings: a run from start to end as data.

use std::sync::Arc;

use cluster_sim_runtime::{Digest, Seed};
use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::failure_summary::FailureSummary;
use super::recorder::Recorder;
use super::spans::Span;
use super::views::NodeView;
use crate::event::EventKind;
use crate::report::Report;
use crate::scenario::Scenario;
use crate::sim::Sim;

/// The format number of recordings and JSON lines.
pub(super) const FORMAT: u32 = 2;

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
    /// The number of events that [`Scenario::record`] keeps: about 100 MB of memory, and a page of 10 MB.
    pub const EVENTS: usize = 200_000;

    /// The sentence of an event of this recording, without its instant.
    ///
    /// For example `store/1 -> store/0  sends #7 ack(3)`.
    pub fn text_of(&self, event: &Event) -> String {
        event.text(&self.spans)
    }

    /// Runs a simulation that was just started to its end, and records it.
    pub(crate) fn of_run(mut sim: Sim, most: usize) -> Self {
        sim.capture_texts();
        let (recorder, report) = sim.run_observed(Recorder::new(most));
        let mut recording = recorder.finish(report.expect("a recorder stays to the end"));
        if let Some(summary) = FailureSummary::of(&recording) {
            recording.report.take_summary(&summary);
        }
        recording
    }
}

impl Scenario {
    /// Runs one seed as [`run`](Self::run) does, and records it.
    ///
    /// Keeps up to [`Recording::EVENTS`] events.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_start`](Self::try_start) returns the error.
    pub fn record(&self, seed: Seed) -> Recording {
        self.record_at_most(seed, Recording::EVENTS)
    }

    /// Records one seed with a bound on the number of events.
    ///
    /// Of a run that has more, the first few and the last are kept.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_start`](Self::try_start) returns the error.
    pub fn record_at_most(&self, seed: Seed, events: usize) -> Recording {
        Recording::of_run(self.start(seed), events)
    }
}

/// The first line of [`events_jsonl`].
#[derive(Serialize)]
struct Header<'a> {
    format: u32,
    scenario: &'a str,
    seed: Seed,
    digest: Digest,
    nodes: &'a [Arc<str>],
    left_out: Option<LeftOut>,
}

/// Writes the events of a run as JSON lines, after a header line that names the run.
pub fn events_jsonl(recording: &Recording) -> String {
    let Recording { report, nodes, left_out, .. } = recording;
    let header = Header {
        format: recording.format,
        scenario: &report.scenario,
        seed: report.seed(),
        digest: report.digest,
        nodes,
        left_out: *left_out,
    };
    let mut lines = line(&header);
    for event in &recording.events {
        let Event { index, at, step, node, task, event: kind, .. } = event;
        let text = recording.text_of(event);
        lines.push_str(&line(&EventLine { index: *index, at: *at, step: *step, node, task: task.as_deref(), event: kind, text }));
    }
    lines
}

/// A line of [`events_jsonl`]: an event and its sentence.
#[derive(Serialize)]
struct EventLine<'a> {
    index: u64,
    #[serde(rename = "at_ns")]
    at: VirtualInstant,
    step: u64,
    node: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<&'a str>,
    event: &'a EventKind,
    text: String,
}

fn line(object: &impl Serialize) -> String {
    let mut line = serde_json::to_string(object).expect("it is plain data with text keys");
    line.push('\n');
    line
}
