//! One event of a recording in words.

use cluster_sim_runtime::RecordKind;

use super::event::{Event, EventKind};
use super::spans::{Span, SpanKind};
use crate::report::EventText;

/// Of what a message says, so many characters are told.
const SAID_MOST: usize = 120;

/// What happened, in words, without when. What begins or ends a span is told in the words of that.
pub(super) fn told(event: &Event, spans: &[Span]) -> String {
    let kind = match event.kind {
        EventKind::Event(kind) => kind,
        EventKind::Fact => return format!("{} states {}", event.node, event.fact.as_deref().unwrap_or("something")),
    };
    let span = span(event, kind, spans);
    let in_words = EventText {
        kind,
        node: &event.node,
        peer: event.peer.as_deref().unwrap_or("cluster"),
        task: event.task.as_deref(),
        message: &message(event),
        session: event.label.map_or(0, |label| label.0),
        number: event.number.unwrap_or_default(),
        cause: event.cause.as_deref().unwrap_or("something"),
        span: span.as_deref(),
    };
    in_words.to_string()
}

/// What began with an event, or was over, in words, if exactly one thing did.
fn span(event: &Event, kind: RecordKind, spans: &[Span]) -> Option<String> {
    match kind {
        RecordKind::Cut => begun(event, spans, &[SpanKind::Cut]),
        RecordKind::Heal => ended(event, spans, &[SpanKind::Cut]),
        RecordKind::Links => {
            let of_links = [SpanKind::Loss, SpanKind::Links];
            begun(event, spans, &of_links).or_else(|| ended(event, spans, &of_links))
        }
        _ => None,
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
