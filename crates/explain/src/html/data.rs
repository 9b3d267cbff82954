//! The data of the page: a recording as columns of numbers, with each text once.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_types::VirtualInstant;

use serde::Serialize;

use cluster_sim_simulation::text::{RunVerdict, SENTENCES, parts_of};
use cluster_sim_simulation::{Event, LeftOut, NodeView, Recording, Report, Span};

/// The data of a page.
#[derive(Serialize)]
struct Data<'a> {
    report: &'a Report,
    verdict: RunVerdict,
    replay: Option<&'a str>,
    seed: String,
    nodes: &'a [Arc<str>],
    #[serde(rename = "recovery_at_ns")]
    recovery_at: Option<VirtualInstant>,
    left_out: Option<LeftOut>,
    spans: &'a [Span],
    views: &'a [NodeView],
    /// The faults of the report as text.
    faults: Vec<String>,
    /// The effect of each fault as text.
    effects: Vec<String>,
    /// The table of sentences: a template by name.
    sentences: BTreeMap<&'static str, &'static str>,
    texts: Vec<String>,
    events: Columns,
}

/// The events, field by field.
///
/// A text is its index in `texts`, 0 for none. An optional number is stored plus one, 0 for none. `node` to `span` are the parts
/// that templates name.
#[derive(Default, Serialize)]
struct Columns {
    index: Vec<u64>,
    at: Vec<u64>,
    step: Vec<u64>,
    kind: Vec<usize>,
    sentence: Vec<usize>,
    node: Vec<usize>,
    peer: Vec<usize>,
    task: Vec<usize>,
    message: Vec<usize>,
    session: Vec<usize>,
    number: Vec<usize>,
    cause: Vec<usize>,
    span: Vec<usize>,
    loss: Vec<usize>,
    message_id: Vec<u64>,
    sent_index: Vec<u64>,
    sent_at: Vec<u64>,
    label: Vec<usize>,
    content: Vec<usize>,
    text: Vec<usize>,
    bytes: Vec<u64>,
    view_changed: Vec<u8>,
}

/// Texts without repetition; index 0 stands for none.
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
    fn push(&mut self, event: &Event, spans: &[Span], texts: &mut Texts) {
        let kind = serde_json::to_value(&event.event).expect("an event is plain data");
        let or_none = |number: Option<u64>| number.map_or(0, |number| number.saturating_add(1));
        let (sentence, parts) = parts_of(event, spans);
        let message = event.message();
        self.index.push(event.index);
        self.at.push(event.at.as_nanoseconds());
        self.step.push(event.step);
        self.kind.push(texts.place_of(kind["kind"].as_str()));
        self.sentence.push(texts.place(sentence));
        self.node.push(texts.place(&event.node));
        self.peer.push(texts.place_of(event.peer()));
        self.task.push(texts.place(&parts.task));
        self.message.push(texts.place(&parts.message));
        self.session.push(texts.place(&parts.session));
        self.number.push(texts.place(&parts.number));
        self.cause.push(texts.place(&parts.cause));
        self.span.push(texts.place(&parts.span));
        self.loss.push(texts.place_of(kind["cause"]["kind"].as_str()));
        self.message_id.push(or_none(message.and_then(|message| message.id)));
        let sent = message.and_then(|message| message.sent);
        self.sent_index.push(or_none(sent.map(|sent| sent.index)));
        self.sent_at.push(or_none(sent.map(|sent| sent.at.as_nanoseconds())));
        self.label.push(texts.place_of(message.map(|message| message.label.to_string())));
        self.content.push(texts.place_of(message.map(|message| message.content.to_string())));
        self.text.push(texts.place_of(message.and_then(|message| message.text.as_ref())));
        self.bytes.push(or_none(message.map(|message| u64::from(message.bytes))));
        self.view_changed.push(u8::from(event.view_changed));
    }
}

/// Writes a recording as JSON that is safe inside a script element.
pub(super) fn of(recording: &Recording, replay: Option<&str>) -> String {
    let mut texts = Texts { places: BTreeMap::new(), texts: vec![String::new()] };
    let mut events = Columns::default();
    recording.events.iter().for_each(|event| events.push(event, &recording.spans, &mut texts));
    let report = &recording.report;
    let data = Data {
        report,
        verdict: RunVerdict::of(report, &recording.nodes),
        replay,
        seed: report.seed().to_string(),
        nodes: &recording.nodes,
        recovery_at: recording.recovery_at,
        left_out: recording.left_out,
        spans: &recording.spans,
        views: &recording.views,
        faults: report.faults.iter().map(|record| record.fault.to_string()).collect(),
        effects: report.faults.iter().map(|record| record.effect_text(report.ended_at)).collect(),
        sentences: SENTENCES.into_iter().collect(),
        texts: texts.texts,
        events,
    };
    // In JSON `<` occurs only inside strings, where it may be escaped.
    serde_json::to_string(&data).expect("it is plain data with text keys").replace('<', "\\u003c")
}
