//! A recording in the form that the page reads: columns of numbers, and each text once.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_types::VirtualInstant;
use serde::Serialize;

use crate::explain::event::Event;
use crate::explain::recording::{LeftOut, Recording};
use crate::explain::spans::Span;
use crate::explain::verdict::Verdict;
use crate::report::Report;

/// What the page is about.
#[derive(Serialize)]
struct Data<'a> {
    report: &'a Report,
    verdict: Verdict,
    replay: Option<&'a str>,
    seed: String,
    nodes: &'a [Arc<str>],
    #[serde(rename = "calm_at_ns")]
    calm_at: Option<VirtualInstant>,
    left_out: Option<LeftOut>,
    spans: &'a [Span],
    /// The faults of the report in words.
    faults: Vec<String>,
    texts: Vec<String>,
    events: Columns,
}

/// The events, field by field. Texts and kinds are places among the texts, 0 for none; other numbers are one more than they say, 0
/// for none.
#[derive(Default, Serialize)]
struct Columns {
    index: Vec<u64>,
    at: Vec<u64>,
    step: Vec<u64>,
    kind: Vec<usize>,
    node: Vec<usize>,
    peer: Vec<usize>,
    task: Vec<usize>,
    message: Vec<u64>,
    sent_index: Vec<u64>,
    sent_at: Vec<u64>,
    label: Vec<usize>,
    content: Vec<usize>,
    said: Vec<usize>,
    length: Vec<u64>,
    number: Vec<usize>,
    cause: Vec<usize>,
    fact: Vec<usize>,
    viewed: Vec<u8>,
}

/// Each text once, found again by what it says; the first one stands for none.
struct Texts {
    places: BTreeMap<String, usize>,
    texts: Vec<String>,
}

impl Texts {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.texts.len();
        self.texts.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }

    fn place_of(&mut self, text: Option<impl AsRef<str>>) -> usize {
        text.map_or(0, |text| self.place(text.as_ref()))
    }
}

impl Columns {
    fn push(&mut self, event: &Event, texts: &mut Texts) {
        let kind = serde_json::to_value(event.kind).expect("a kind is a word");
        let or_none = |number: Option<u64>| number.map_or(0, |number| number.saturating_add(1));
        self.index.push(event.index);
        self.at.push(event.at.as_nanoseconds());
        self.step.push(event.step);
        self.kind.push(texts.place_of(kind.as_str()));
        self.node.push(texts.place(&event.node));
        self.peer.push(texts.place_of(event.peer.as_ref()));
        self.task.push(texts.place_of(event.task.as_ref()));
        self.message.push(or_none(event.message));
        self.sent_index.push(or_none(event.sent.map(|sent| sent.index)));
        self.sent_at.push(or_none(event.sent.map(|sent| sent.at.as_nanoseconds())));
        self.label.push(texts.place_of(event.label.map(|label| label.to_string())));
        self.content.push(texts.place_of(event.content.map(|content| content.to_string())));
        self.said.push(texts.place_of(event.said.as_ref()));
        self.length.push(or_none(event.length.map(u64::from)));
        // As text: a token of 64 bits is more than a number holds there.
        self.number.push(texts.place_of(event.number.map(|number| number.to_string())));
        self.cause.push(texts.place_of(event.cause.as_ref()));
        self.fact.push(texts.place_of(event.fact.as_ref()));
        self.viewed.push(u8::from(event.viewed));
    }
}

/// A recording as JSON that can stand in a script element: nothing in it ends that element.
pub(super) fn of(recording: &Recording, replay: Option<&str>) -> String {
    let mut texts = Texts { places: BTreeMap::new(), texts: vec![String::new()] };
    let mut events = Columns::default();
    recording.events.iter().for_each(|event| events.push(event, &mut texts));
    let report = &recording.report;
    let data = Data {
        report,
        verdict: Verdict::of(report, &recording.nodes),
        replay,
        seed: report.seed().to_string(),
        nodes: &recording.nodes,
        calm_at: recording.calm_at,
        left_out: recording.left_out,
        spans: &recording.spans,
        faults: report.faults.iter().map(|record| record.fault.to_string()).collect(),
        texts: texts.texts,
        events,
    };
    // Outside of strings JSON has no such character.
    serde_json::to_string(&data).expect("it is plain data with text keys").replace('<', "\\u003c")
}
