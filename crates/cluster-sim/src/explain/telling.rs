//! One event in words.

use cluster_sim_runtime::RecordKind;

use super::event::{Event, EventKind};
use super::spans::{Span, SpanKind};

/// Of what a message says, so many characters are told.
const SAID_MOST: usize = 120;

/// What happened, in words, without when. What begins or ends a span is told in the words of that.
pub(super) fn told(event: &Event, spans: &[Span]) -> String {
    let (node, task) = (&*event.node, event.task.as_deref());
    let number = event.number.unwrap_or_default();
    let label = event.label.map(|label| label.to_string()).unwrap_or_default();
    let kind = match event.kind {
        EventKind::Event(kind) => kind,
        EventKind::Fact => return format!("{node} states {}", event.fact.as_deref().unwrap_or("something")),
    };
    let peer = event.peer.as_deref().unwrap_or("cluster");
    match kind {
        RecordKind::Boot if number == 0 => format!("{node} boots"),
        RecordKind::Boot => format!("{node} boots, life {number}"),
        RecordKind::Crash => format!("{node} crashes"),
        RecordKind::Kill => format!("{node} is killed"),
        RecordKind::Pause => format!("{node} pauses"),
        RecordKind::Resume => format!("{node} goes on"),
        RecordKind::Send => format!("{node} -> {peer}  sends {}", message(event)),
        RecordKind::Copy => format!("{node} -> {peer}  the network copies {}", message(event)),
        RecordKind::Drop => format!("{node} -> {peer}  loses {} to {}", message(event), cause(event)),
        RecordKind::Deliver => format!("{peer} -> {node}  delivers {}", message(event)),
        RecordKind::Timer => task.map_or_else(|| format!("{node} timer {number}"), |task| format!("{node} timer of {task}")),
        RecordKind::Call => format!("{node} is called from outside"),
        RecordKind::Cut => {
            begun(event, spans, &[SpanKind::Cut]).unwrap_or_else(|| format!("cut {number} begins, {node} from {peer}"))
        }
        RecordKind::Heal => ended(event, spans, &[SpanKind::Cut]).unwrap_or_else(|| format!("cut {number} heals")),
        RecordKind::Links => {
            let of_links = [SpanKind::Loss, SpanKind::Links];
            let told = begun(event, spans, &of_links).or_else(|| ended(event, spans, &of_links));
            told.unwrap_or_else(|| format!("links of class {number} change"))
        }
        RecordKind::Spawn => format!("{node} spawns {}", task.unwrap_or("a task")),
        RecordKind::Poll => format!("{node} polls {}, the {number}. time", task.unwrap_or("a task")),
        RecordKind::TaskEnd => format!("{node} {} {}", task.unwrap_or("a task"), cause(event)),
        RecordKind::Reseed => "another seed decides from here on".to_owned(),
        RecordKind::Connect => format!("{node} -> {peer}  asks for session {label}, attempt {number}"),
        RecordKind::Accept => format!("{peer} -> {node}  is accepted, session {label}"),
        RecordKind::Refuse => format!("{peer} -> {node}  is refused, session {label}"),
        RecordKind::SessionSend => format!("{node} -> {peer}  sends {}, number {number} of session {label}", message(event)),
        RecordKind::Retransmit => format!("{node} -> {peer}  sends number {number} of session {label} again"),
        RecordKind::SessionDeliver => {
            format!("{peer} -> {node}  delivers {}, number {number} of session {label}", message(event))
        }
        RecordKind::SessionClose => format!("{node} -> {peer}  finishes session {label} after {number} messages"),
        RecordKind::SessionReset => format!("{node} -- {peer}  session {label} is gone: {}", cause(event)),
    }
}

/// Which message, by the number that it has at both of its ends, and what it says, where that is known.
fn message(event: &Event) -> String {
    let number = event.message.map(|number| format!("#{number} ")).unwrap_or_default();
    let said = match (&event.said, event.label) {
        (Some(said), _) => plain(said),
        (None, Some(label)) => label.to_string(),
        (None, None) => "something".to_owned(),
    };
    format!("{number}{said}")
}

fn cause(event: &Event) -> &str {
    event.cause.as_deref().unwrap_or("something")
}

/// What began with an event, if exactly one thing did.
fn begun(event: &Event, spans: &[Span], kinds: &[SpanKind]) -> Option<String> {
    one(spans.iter().filter(|span| span.from == event.at && kinds.contains(&span.kind))).map(|span| span.text.clone())
}

/// What was over with an event, if exactly one thing was.
fn ended(event: &Event, spans: &[Span], kinds: &[SpanKind]) -> Option<String> {
    one(spans.iter().filter(|span| span.until == Some(event.at) && kinds.contains(&span.kind)))
        .map(|span| format!("over: {}", span.text))
}

fn one<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    found.next().filter(|_| found.next().is_none())
}

/// JSON, whole or cut off, as people write data: names without quotes, and space after what separates.
fn plain(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(sign) = rest.chars().next() {
        let is_text = sign == '"';
        let end = if is_text { end_of_text(rest) } else { sign.len_utf8() };
        let (piece, after) = rest.split_at(end);
        rest = after;
        let name = piece.trim_matches('"');
        let is_plain_name = !name.is_empty() && name.chars().all(|sign| sign.is_alphanumeric() || sign == '_');
        text.push_str(if is_text && is_plain_name && rest.starts_with(':') { name } else { piece });
        if matches!(piece, "," | ":") {
            text.push(' ');
        }
    }
    match text.char_indices().nth(SAID_MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Where the text ends that begins this.
fn end_of_text(json: &str) -> usize {
    let mut escaped = true;
    for (place, sign) in json.char_indices() {
        if sign == '"' && !escaped {
            return place + 1;
        }
        escaped = place == 0 && sign != '"' || sign == '\\' && !escaped;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("7", "7")]
    #[case(r#"{"ask":{"number":3,"of":[1,2]}}"#, "{ask: {number: 3, of: [1, 2]}}")]
    #[case(r#"{"a key":"a \"b\", c: d","x":"y"}"#, r#"{"a key": "a \"b\", c: d", x: "y"}"#)]
    #[case(r#"{"x":"cut o"#, r#"{x: "cut o"#)]
    #[case(r#""\\",1"#, r#""\\", 1"#)]
    fn data_is_told_as_people_write_it(#[case] json: &str, #[case] told: &str) {
        assert_eq!(plain(json), told);
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        let told = plain(&format!("\"{}\"", "ä".repeat(500)));
        assert_eq!((told.chars().count(), told.chars().last()), (SAID_MOST + 1, Some('…')));
    }
}
