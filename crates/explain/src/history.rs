//! The part of a history around a contradiction, as a picture: a lane for each client, a bar for each operation.

use std::collections::BTreeSet;
use std::fmt::Write;

use cluster_sim_invariants::history::{HistoryBar, HistoryPicture};
use cluster_sim_types::VirtualInstant;

use crate::cycle::write_cycle;
use crate::svg_text::{LETTER, cut, escaped};

/// The style of the picture; it uses the colours of the page.
pub(crate) const STYLE: &str = include_str!("history.css");

/// Pixels for the names of the lanes.
const NAMES: usize = 150;
/// Pixels between two moments. Moments are drawn evenly: nanoseconds apart or seconds, their order is what counts.
const MOMENT: usize = 44;
const LANE: usize = 40;
const BAR: usize = 26;
/// Pixels between a text and the next bar of its lane.
const GAP: usize = 4;

/// Draws the picture of a rule as a part of a page.
pub(crate) fn history_section(rule: &str, picture: &HistoryPicture) -> String {
    let mut html = String::new();
    // Writing to a string cannot fail.
    let _ = write_section(&mut html, rule, picture);
    html
}

/// Draws the picture of a rule as a page of its own.
pub fn history_page(rule: &str, picture: &HistoryPicture) -> String {
    let title = escaped(rule);
    let style = concat!(include_str!("html/style.css"), include_str!("history.css"));
    let message = escaped(&picture.message);
    let section = history_section(rule, picture);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title>\n<style>{style}</style></head>\n<body><header><h1>{title}</h1><p id=\"sentence\">{message}</p></header>\
         <main>\n{section}</main></body></html>\n"
    )
}

fn write_section(html: &mut String, rule: &str, picture: &HistoryPicture) -> std::fmt::Result {
    let moments: BTreeSet<VirtualInstant> = picture.bars.iter().flat_map(|bar| [Some(bar.from_ns), bar.to_ns]).flatten().collect();
    let moments: Vec<VirtualInstant> = moments.into_iter().collect();
    let (width, height) = (NAMES + (moments.len() + 1) * MOMENT, (picture.lanes.len() + 1) * LANE);
    let left_out = match picture.left_out {
        0 => String::new(),
        count => format!(" <span class=\"quiet\">{count} other operations are not shown</span>"),
    };
    writeln!(html, "<section class=\"history\"><h2>{}{left_out}</h2>", escaped(rule))?;
    if let Some(cycle) = &picture.cycle {
        write_cycle(html, &picture.message, cycle)?;
        writeln!(html, "<h3>When clients ran them</h3>")?;
    }
    writeln!(
        html,
        "<div class=\"sideways\"><svg width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"what clients saw\">"
    )?;
    for (lane, name) in picture.lanes.iter().enumerate() {
        let middle = lane * LANE + LANE / 2;
        writeln!(html, "<line class=\"lane\" x1=\"{NAMES}\" x2=\"{width}\" y1=\"{middle}\" y2=\"{middle}\"/>")?;
        writeln!(html, "<text class=\"name\" x=\"0\" y=\"{}\">{}</text>", middle + 4, escaped(&cut(name, NAMES)))?;
    }
    for bar in &picture.bars {
        let (left, right) = ends(bar, &moments, width);
        // A short bar's text goes on up to the next one of the lane.
        let others = picture.bars.iter().filter(|other| other.lane == bar.lane);
        let next = others.map(|other| ends(other, &moments, width).0).filter(|start| *start > left).min();
        let room = next.map_or(width, |next| next - GAP).max(right) - left;
        write_bar(html, bar, (left, right), room)?;
    }
    write_times(html, picture, &moments)?;
    writeln!(html, "</svg></div>")?;
    writeln!(
        html,
        "<p class=\"quiet\">Red: the operations of the contradiction. A number: the place in the longest order that explains every answer before \
         it. Dashed: no answer was heard. Grey: it could still come.</p></section>"
    )
}

/// Returns where a bar begins and ends; one without an answer goes on to the edge.
fn ends(bar: &HistoryBar, moments: &[VirtualInstant], width: usize) -> (usize, usize) {
    let place_of = |at: VirtualInstant| moments.partition_point(|moment| *moment < at);
    let left = NAMES + place_of(bar.from_ns) * MOMENT;
    let right = bar.to_ns.map_or(width, |to| NAMES + place_of(to) * MOMENT).max(left + MOMENT / 3);
    (left, right)
}

/// Writes a bar and its text, for which there are `room` pixels from its left end.
fn write_bar(html: &mut String, bar: &HistoryBar, (left, right): (usize, usize), room: usize) -> std::fmt::Result {
    let top = bar.lane * LANE + (LANE - BAR) / 2;
    let state = match bar {
        HistoryBar { contradicts: true, .. } => "contradicts",
        HistoryBar { failed: true, .. } => "failed",
        HistoryBar { place: Some(_), .. } => "placed",
        _ => "candidate",
    };
    let open = if bar.to_ns.is_none() { " open" } else { "" };
    let place = bar.place.map(|place| format!("{place}. ")).unwrap_or_default();
    let label = format!("{place}{}", bar.text.replace('\n', "; "));
    let to = bar.to_ns.map_or("no answer".to_owned(), |to| format!("to {to}"));
    let about = match bar.place {
        Some(place) => format!("place {place} in the longest order"),
        None if bar.failed => "it did not happen".to_owned(),
        None if bar.contradicts => "no order of the others leaves it a place".to_owned(),
        None => "not placed: it could still come".to_owned(),
    };
    let told = escaped(&format!("{}\n{} {to}\n{about}", bar.text, bar.from_ns));
    let shown = escaped(&cut(&label, room));
    writeln!(
        html,
        "<g class=\"op {state}{open}\"><title>{told}</title><rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{BAR}\" rx=\"4\"/>\
         <text x=\"{}\" y=\"{}\">{shown}</text></g>",
        right - left,
        left + 6,
        top + BAR / 2 + 4
    )
}

/// Writes the instants at which operations of the contradiction begin and end, as far as there is room.
fn write_times(html: &mut String, picture: &HistoryPicture, moments: &[VirtualInstant]) -> std::fmt::Result {
    let ends = |bar: &HistoryBar| [Some(bar.from_ns), bar.to_ns];
    let told: BTreeSet<VirtualInstant> = picture.bars.iter().filter(|bar| bar.contradicts).flat_map(ends).flatten().collect();
    let bottom = (picture.lanes.len() + 1) * LANE - LANE / 2;
    let mut free = 0;
    for (place, moment) in moments.iter().enumerate() {
        let left = NAMES + place * MOMENT;
        if told.contains(moment) {
            writeln!(html, "<line class=\"moment\" x1=\"{left}\" x2=\"{left}\" y1=\"0\" y2=\"{}\"/>", bottom - 12)?;
            if left >= free {
                let text = moment.to_string();
                writeln!(html, "<text class=\"time\" x=\"{left}\" y=\"{bottom}\">{text}</text>")?;
                free = left + (text.len() + 1) * LETTER;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "compare and set 1 to 2";

    /// Draws a short bar, a long one in another lane, and one in the lane of the first, which begins at that moment.
    fn drawn(next: u64) -> String {
        let bar = |lane, from, to| HistoryBar {
            lane,
            text: TEXT.to_owned(),
            from_ns: VirtualInstant::from_nanoseconds(from),
            to_ns: Some(VirtualInstant::from_nanoseconds(to)),
            failed: false,
            contradicts: false,
            place: None,
        };
        let mut bars: Vec<HistoryBar> = (0..10).map(|at| bar(1, at, at + 1)).collect();
        bars.extend([bar(0, 0, 1), bar(0, next, 20)]);
        let lanes = vec!["a".to_owned(), "b".to_owned()];
        history_section("rule", &HistoryPicture { message: String::new(), lanes, bars, left_out: 0, cycle: None })
    }

    #[test]
    fn a_short_bar_has_its_text_where_the_lane_is_free() {
        let whole = |html: &str| html.matches(&format!(">{TEXT}</text>")).count();
        assert_eq!(whole(&drawn(2)), 2, "the last bar of each lane");
        assert_eq!(whole(&drawn(9)), 3, "and the first of one");
    }
}
