//! One file with a run as a picture: it needs no network, no other file and no build.

mod data;

use super::recording::Recording;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
/// Each knows what comes before it.
const SCRIPTS: [&str; 5] = [
    include_str!("run.js"),
    include_str!("text.js"),
    include_str!("scene.js"),
    include_str!("diagram.js"),
    include_str!("page.js"),
];

/// The recording of a run as a page of HTML, complete in itself.
///
/// At its top stands the verdict in one sentence, with `replay`, the line to paste for seeing it again. Below that is the run as a
/// space-time diagram, at first around the step that the verdict names: virtual time across, a lane for each node, an arrow for
/// each message. Then come faults, checks, traffic, measurements and the last events.
pub fn html(recording: &Recording, replay: Option<&str>) -> String {
    let data = data::of(recording, replay);
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + data.len() + 64 * 1024);
    // Every second piece names what stands in its place, and nothing that was put in is looked at again.
    for (place, piece) in PAGE.split("@@").enumerate() {
        match piece {
            _ if place % 2 == 0 => page.push_str(piece),
            "title" => page.push_str(&escaped(&recording.report.scenario)),
            "style" => page.push_str(STYLE),
            "data" => page.push_str(&data),
            "script" => SCRIPTS.iter().for_each(|script| page.push_str(script)),
            other => unreachable!("nothing is called {other} in the page"),
        }
    }
    page
}

/// Text in which nothing is taken for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
