//! A cycle of transactions as a graph: one below the other, and why each comes before the next.

use std::collections::BTreeSet;
use std::fmt::{Result, Write};

use cluster_sim_invariants::history::{CycleArrow, CycleNode, CyclePicture};

use crate::svg_text::{LETTER, cut, escaped};

/// Pixels left of the boxes, where the last arrow leads back.
const LEFT: usize = 48;
/// Pixels of a line in a box.
const LINE: usize = 18;
/// Pixels around the lines of a box.
const PADDING: usize = 10;
/// Pixels between two boxes, with an arrow.
const GAP: usize = 66;
/// Pixels from the left of a box to its arrow.
const STEM: usize = 28;
/// The widest box, in pixels.
const WIDEST: usize = 560;

/// The kinds of arrows and their meanings.
const KINDS: &[(&str, &str)] = &[
    ("ww", "the next overwrote what this one wrote"),
    ("wr", "the next read what this one wrote"),
    ("rw", "the next overwrote what this one read"),
    ("process", "one client ran both, in this order"),
    ("realtime", "this one ended before the next began"),
];

/// Draws a cycle; `message` is the contradiction as a sentence.
pub(crate) fn write_cycle(html: &mut String, message: &str, cycle: &CyclePicture) -> Result {
    let tops = tops(cycle);
    let bottom = tops.last().copied().unwrap_or(0);
    let (boxes, width) = (box_width(cycle), width(cycle));
    writeln!(
        html,
        "<p>Each of these transactions must come before the next one, and the last before the first: no order is left.</p>\n\
         <div class=\"sideways\"><svg class=\"cycle\" width=\"{width}\" height=\"{bottom}\" role=\"img\" aria-label=\"{}\">",
        escaped(message)
    )?;
    for (place, node) in cycle.nodes.iter().enumerate() {
        write_node(html, node, tops[place], boxes)?;
    }
    for (place, arrow) in cycle.arrows.iter().enumerate() {
        let names = [&cycle.nodes[place].name, &cycle.nodes[(place + 1) % cycle.nodes.len()].name];
        let from = tops[place] + height(&cycle.nodes[place]);
        let to = tops.get(place + 1).filter(|_| place + 1 < cycle.nodes.len());
        write_arrow(html, arrow, names, from, to.copied())?;
    }
    writeln!(html, "</svg></div>")?;
    let used: BTreeSet<&str> = cycle.arrows.iter().map(|arrow| arrow.kind.as_str()).collect();
    let meanings = KINDS.iter().filter(|(kind, _)| used.contains(kind));
    let meanings: Vec<String> = meanings.map(|(kind, meaning)| format!("<b>{kind}</b>: {meaning}.")).collect();
    writeln!(html, "<p class=\"quiet\">{}</p>", meanings.join(" "))
}

fn height(node: &CycleNode) -> usize {
    (node.steps.len() + 1) * LINE + 2 * PADDING
}

/// Returns the top of each box, and what comes below the last.
fn tops(cycle: &CyclePicture) -> Vec<usize> {
    let mut top = 1;
    let mut tops = Vec::new();
    for node in &cycle.nodes {
        tops.push(top);
        top += height(node) + GAP;
    }
    tops.push(top);
    tops
}

fn box_width(cycle: &CyclePicture) -> usize {
    let letters = |node: &CycleNode| {
        let steps = node.steps.iter().map(|step| step.chars().count());
        steps.chain([heading(node).chars().count()]).max().unwrap_or(0)
    };
    let widest = cycle.nodes.iter().map(letters).max().unwrap_or(0);
    (widest * LETTER + 3 * PADDING).min(WIDEST)
}

fn width(cycle: &CyclePicture) -> usize {
    let sentence = cycle.arrows.iter().map(|arrow| arrow.message.chars().count()).max().unwrap_or(0);
    (LEFT + box_width(cycle)).max(LEFT + STEM + (sentence + 4) * LETTER)
}

/// Names a transaction, who ran it, and when.
fn heading(node: &CycleNode) -> String {
    let to = node.to_ns.map_or("no answer".to_owned(), |to| format!("to {to}"));
    format!("{} of {}, {} {to}", node.name, node.process, node.from_ns)
}

fn write_node(html: &mut String, node: &CycleNode, top: usize, width: usize) -> Result {
    let (heading, height, left) = (heading(node), height(node), LEFT + PADDING);
    writeln!(
        html,
        "<g class=\"transaction\"><title>{}\n{}</title><rect x=\"{LEFT}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>",
        escaped(&heading),
        escaped(&node.steps.join("\n"))
    )?;
    let line = |place: usize| top + PADDING + place * LINE + 13;
    writeln!(html, "<text class=\"heading\" x=\"{left}\" y=\"{}\">{}</text>", line(0), escaped(&cut(&heading, width)))?;
    for (place, step) in node.steps.iter().enumerate() {
        writeln!(html, "<text x=\"{left}\" y=\"{}\">{}</text>", line(place + 1), escaped(&cut(step, width)))?;
    }
    writeln!(html, "</g>")
}

/// Draws an arrow from the bottom of a box to the top of the next; without one, back to the first.
fn write_arrow(
    html: &mut String,
    arrow: &CycleArrow,
    [from_name, to_name]: [&String; 2],
    from: usize,
    to: Option<usize>,
) -> Result {
    let stem = LEFT + STEM;
    let (path, head) = match to {
        Some(to) => (format!("M{stem} {from} V{}", to - 8), format!("{stem},{to} {},{} {},{}", stem - 5, to - 9, stem + 5, to - 9)),
        None => {
            let (bottom, side, middle) = (from + GAP - 14, LEFT / 3, 1 + PADDING + LINE / 2);
            let path = format!("M{stem} {from} V{bottom} H{side} V{middle} H{}", LEFT - 8);
            (path, format!("{LEFT},{middle} {},{} {},{}", LEFT - 9, middle - 5, LEFT - 9, middle + 5))
        }
    };
    let kind = escaped(&arrow.kind);
    let (text, chip) = (stem + 12, (arrow.kind.chars().count() + 1) * LETTER + 4);
    writeln!(
        html,
        "<g class=\"arrow {kind}\"><title>{from_name} before {to_name}: {message}</title><path d=\"{path}\"/><polygon points=\"{head}\"/>\
         <rect class=\"kind\" x=\"{text}\" y=\"{}\" width=\"{chip}\" height=\"18\" rx=\"4\"/>\
         <text class=\"kind\" x=\"{}\" y=\"{}\">{kind}</text><text class=\"label\" x=\"{}\" y=\"{}\">{label}</text>\
         <text class=\"reason\" x=\"{text}\" y=\"{}\">{message}</text></g>",
        from + 7,
        text + 6,
        from + 20,
        text + chip + 8,
        from + 20,
        from + 42,
        label = escaped(&arrow.label),
        message = escaped(&arrow.message),
    )
}
