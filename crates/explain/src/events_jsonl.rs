//! The events of a recording as JSON lines.

use std::sync::Arc;

use cluster_sim_runtime::{Digest, Seed};
use cluster_sim_types::VirtualInstant;

use serde::Serialize;

use cluster_sim_simulation::{Event, EventKind, LeftOut, Recording};

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
