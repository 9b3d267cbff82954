//! A run as a self-contained HTML page: no network, no other files, no build.

mod data;

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
                recording.report.histories.iter().for_each(|(rule, picture)| page.push_str(&history_section(rule, picture)));
            }
            "data" => page.push_str(&data),
            "script" => SCRIPTS.iter().for_each(|script| page.push_str(script)),
            other => unreachable!("the page has no placeholder {other}"),
        }
    }
    page
}

/// Escapes text for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
