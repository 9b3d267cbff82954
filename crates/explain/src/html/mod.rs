//! A run as a self-contained HTML page: no network, no other files, no build.

mod data;

use cluster_sim_invariants::EvidenceTable;
use cluster_sim_simulation::Recording;

use crate::history::{self, history_section};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
/// In order: each uses those before it.
const SCRIPTS: [&str; 5] = [
    include_str!("run.js"),
    include_str!("text.js"),
    include_str!("scene.js"),
    include_str!("diagram.js"),
    include_str!("page.js"),
];

/// Writes a recording as a self-contained HTML page.
///
/// The top shows the verdict in one sentence, and `replay`, the command that reruns it. Below is the run as a space-time diagram,
/// at first around the step that the verdict names: virtual time across, a lane for each node, an arrow for each message. Then
/// come the events, faults, checks, traffic and measurements.
pub fn html(recording: &Recording, replay: Option<&str>) -> String {
    let data = data::of(recording, replay);
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + data.len() + 64 * 1024);
    // Every second piece is the name of a placeholder; inserted text is not searched again.
    for (place, piece) in PAGE.split("@@").enumerate() {
        match piece {
            _ if place % 2 == 0 => page.push_str(piece),
            "title" => page.push_str(&escaped(&recording.report.scenario)),
            "style" => [STYLE, history::STYLE].iter().for_each(|style| page.push_str(style)),
            "histories" => {
                recording.report.tables.iter().for_each(|(rule, table)| page.push_str(&table_section(rule, table)));
                recording.report.histories.iter().for_each(|(rule, picture)| page.push_str(&history_section(rule, picture)));
            }
            "data" => page.push_str(&data),
            "script" => SCRIPTS.iter().for_each(|script| page.push_str(script)),
            other => unreachable!("the page has no placeholder {other}"),
        }
    }
    page
}

/// Writes the table of a rule as a part of a page.
fn table_section(rule: &str, table: &EvidenceTable) -> String {
    let line = |tag: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(|row| line("td", row)).collect();
    let head = line("th", &table.columns);
    format!("<section class=\"evidence\"><h2>{}</h2>\n<table>\n{head}{rows}</table></section>\n", escaped(rule))
}

/// Escapes text for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_evidence_is_escaped_and_has_all_cells() {
        let mut table = EvidenceTable::new(["offset", "broker/0"]);
        table.push(["7", "<b>"]);
        let section = table_section("a & b", &table);
        for part in ["<h2>a &amp; b</h2>", "<tr><th>offset</th><th>broker/0</th></tr>", "<tr><td>7</td><td>&lt;b&gt;</td></tr>"] {
            assert!(section.contains(part), "{section}");
        }
    }
}
