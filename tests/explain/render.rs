//! The HTML page as a headless browser shows it. Skipped where there is no Chromium.

use std::process::{Command, Stdio};

use cluster_sim::explain::{self, Recording};
use cluster_sim::prelude::*;
use serde_json::Value;

use crate::recording::with_every_fault;
use crate::scenarios::{self, SEED};

/// The DOM of a page in a headless browser; `None` without a browser, with a line on stderr.
fn render(page: &str) -> Option<String> {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium on PATH and none in the variable CHROMIUM");
        return None;
    };
    let folder = tempfile::tempdir().expect("there is room for a page");
    let file = folder.path().join("report.html");
    std::fs::write(&file, page).expect("there is room for a page");
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,1000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .stderr(Stdio::null())
        .output()
        .expect("the browser runs");
    assert!(output.status.success(), "the browser ended with {}", output.status);
    let dom = String::from_utf8(output.stdout).expect("a page is text");
    assert!(dom.contains("id=\"sentence\""), "the browser showed another page: {} bytes", dom.len());
    Some(dom)
}

#[expect(clippy::disallowed_methods, reason = "the browser of this machine is found; no simulated run sees it")]
fn browser() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let known = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map(str::to_owned);
    named.into_iter().chain(known).find(|name| {
        let version = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    })
}

/// The value of an attribute at its first occurrence.
fn attribute<'a>(dom: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = dom.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn number(dom: &str, name: &str) -> u64 {
    let value = attribute(dom, name).unwrap_or_else(|| panic!("no element has {name}"));
    value.parse().unwrap_or_else(|_| panic!("{name} is {value:?}"))
}

/// The text of the element with that id.
fn text_of<'a>(dom: &'a str, id: &str) -> &'a str {
    let (_, rest) = dom.split_once(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no element has the id {id}"));
    let (_, rest) = rest.split_once('>').expect("a tag ends");
    rest.split_once("</").map_or("", |(text, _)| text)
}

/// The names of the lanes, and for each whether the verdict names it.
fn lanes(dom: &str) -> Vec<(&str, bool)> {
    let (_, names) = dom.split_once("id=\"names\"").expect("there are lanes");
    let (names, _) = names.split_once("</div>").expect("the list ends");
    let buttons = names.split("<button").skip(1);
    buttons
        .map(|button| {
            let (attributes, rest) = button.split_once('>').expect("a tag ends");
            (rest.split_once("</").map_or("", |(name, _)| name), attributes.contains("suspect"))
        })
        .collect()
}

/// The texts on the bars of faults in force.
fn bands(dom: &str) -> Vec<&str> {
    let bars = dom.split("class=\"band\"").skip(1);
    bars.filter_map(|bar| bar.split_once("<span>")?.1.split_once("</span>")).map(|(words, _)| words).collect()
}

fn assert_complete(dom: &str) {
    assert_eq!(attribute(dom, "data-error"), None, "{}", text_of(dom, "error"));
    assert_eq!(attribute(dom, "data-ready"), Some("yes"), "the scripts ran to their end");
}

#[test]
fn a_stale_read_shows_its_cut_and_message() {
    let recording = scenarios::stale_gossip().record(SEED);
    let Some(dom) = render(&explain::html(&recording, Some("replay <this>"))) else { return };
    assert_complete(&dom);
    let sentence = text_of(&dom, "sentence");
    assert!(sentence.starts_with("“no node forgets a version” was broken at 0.409362s (step 173) on gossip/3: "), "{sentence}");
    assert_eq!(
        lanes(&dom),
        [0, 1, 2, 3, 4].map(|index| (["gossip/0", "gossip/1", "gossip/2", "gossip/3", "gossip/4"][index], index == 3))
    );
    assert_eq!(
        bands(&dom),
        ["cut [gossip/4] | [gossip/0 gossip/1 gossip/2 gossip/3] for 0.190s"],
        "the pause ended before the window"
    );
    assert!(dom.contains("1 earlier fault"), "and a note points to it");
    assert!(number(&dom, "data-arrows") > 50, "the window holds the verdict and the cut");
    assert_eq!(number(&dom, "data-lost"), recording.report.traffic.lost());
    let (_, hint) = dom.split_once(">In that step<").expect("a hint names the step");
    assert!(
        hint.contains("gossip/4 -&gt; gossip/3  delivers #")
            && hint.contains(" Latest {version: 1}")
            && hint.contains("sent at 0.400613s"),
        "a hint names the delivery: {hint}"
    );
    assert!(dom.contains("replay &lt;this&gt;"), "the rerun command is shown");
    assert!(dom.contains(">29 messages dropped<"), "the table of faults shows the effect of the cut");
}

#[test]
fn a_lost_question_shows_the_rule_that_dropped_it() {
    let Some(dom) = render(&explain::html(&scenarios::lost_retry().record(SEED), None)) else { return };
    assert_complete(&dom);
    assert!(text_of(&dom, "sentence").contains("client/0 still waits for the answer to question 5"));
    assert_eq!(bands(&dom), ["crash client/1 for 0.120s", "lose 0.3 of default as bad weather for 0.150s"]);
    assert_eq!((number(&dom, "data-arrows"), number(&dom, "data-lost")), (38, 4), "everything is in view");
    assert_eq!(number(&dom, "data-idle"), 1, "1.5 idle seconds are drawn short");
    assert!(dom.contains("lost to bad weather"), "the traffic names the cause of each loss");
    assert!(!dom.contains(">In that step<"), "no step breaks an `eventually`");
}

#[test]
fn runs_that_panic_or_pass_are_drawn() {
    for (scenario, word) in [(scenarios::panicking_server(), "FAIL"), (scenarios::doubling(), "PASS")] {
        let Some(dom) = render(&explain::html(&scenario.record(SEED), None)) else { return };
        assert_complete(&dom);
        assert_eq!(text_of(&dom, "word"), word);
        assert!(number(&dom, "data-arrows") > 10);
    }
}

#[test]
fn every_loss_is_drawn_when_other_arrows_are_left_out() {
    let recording = scenarios::crowd(40, 40).record(SEED);
    assert!(recording.events.len() > 100_000 && recording.left_out.is_none(), "{} events", recording.events.len());
    // Keeps the arrows and lanes of the first window, then shows the whole run.
    let clicks = "const { arrows, lanes } = document.getElementById('picture').dataset;
        document.body.dataset.first = `${arrows} of ${lanes}`;
        document.querySelector('#names .quiet').click();
        document.getElementById('to-whole').click();";
    let page = explain::html(&recording, None).replace("</body>", &format!("<script>{clicks}</script></body>"));
    let Some(dom) = render(&page) else { return };
    assert_complete(&dom);
    let (arrows, lanes) = attribute(&dom, "data-first").and_then(|first| first.split_once(" of ")).expect("it was kept");
    assert!(
        (50..2_000).contains(&arrows.parse::<u32>().unwrap()) && lanes == "24",
        "the first window: {arrows} arrows on {lanes} lanes"
    );
    assert_eq!(number(&dom, "data-lanes"), 40);
    let traffic = &recording.report.traffic;
    assert_eq!(number(&dom, "data-arrows"), traffic.sent, "every message is in view");
    assert_eq!(number(&dom, "data-lost"), traffic.lost());
    assert_eq!(number(&dom, "data-crossed"), traffic.lost(), "every loss is drawn");
    assert!((traffic.lost()..20_000).contains(&number(&dom, "data-drawn")));
}

#[test]
fn a_recording_with_events_left_out_is_drawn() {
    let Some(dom) = render(&explain::html(&scenarios::crowd(5, 40).record_at_most(SEED, 200), None)) else { return };
    assert_complete(&dom);
    assert!(number(&dom, "data-arrows") > 10);
}

/// Recordings with events of most kinds: sessions, tasks, crashes, cuts, loss rules, changed links.
fn recordings() -> [Recording; 5] {
    let failing = [scenarios::stale_gossip(), scenarios::lost_retry(), scenarios::panicking_server(), scenarios::doubling()];
    let [stale, lost, panicked, doubled] = failing.map(|scenario| scenario.record(SEED));
    [stale, lost, panicked, doubled, with_every_fault()]
}

/// The sentences of all events, filled in from the table and the columns that a page carries.
fn filled_in(page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("id=\"data\">").expect("a page carries its data");
    let (json, _) = rest.split_once("</script>").expect("the data end");
    let data: Value = serde_json::from_str(json).expect("the data are JSON");
    let text_at = |column: &str, row: usize| {
        let place = data["events"][column][row].as_u64().expect("a column of texts holds places") as usize;
        data["texts"][place].as_str().expect("it is a text")
    };
    let rows = data["events"]["at"].as_array().expect("it is a column").len();
    (0..rows)
        .map(|row| {
            let mut rest = data["sentences"][text_at("sentence", row)].as_str().expect("the table has every sentence");
            let mut sentence = String::new();
            while let Some((before, after)) = rest.split_once('{') {
                let (part, after) = after.split_once('}').expect("a brace is closed");
                sentence.push_str(before);
                sentence.push_str(text_at(part, row));
                rest = after;
            }
            sentence + rest
        })
        .collect()
}

fn texts(recording: &Recording) -> Vec<String> {
    recording.events.iter().map(|event| recording.text_of(event)).collect()
}

#[test]
fn the_page_carries_the_table_of_sentences() {
    for recording in recordings() {
        assert_eq!(filled_in(&explain::html(&recording, None)), texts(&recording), "{}", recording.report.scenario);
    }
}

#[test]
fn the_page_and_text_of_write_the_same_sentences() {
    // Runs in the scope of the page's own scripts, after them.
    let dump = "document.body.dataset.sentences = JSON.stringify([...rows.at.keys()].map(sentence));";
    let end = "})();\n</script>";
    for recording in recordings() {
        let page = explain::html(&recording, None);
        assert_eq!(page.matches(end).count(), 1);
        let Some(dom) = render(&page.replace(end, &format!("{dump}\n{end}"))) else { return };
        assert_complete(&dom);
        let json = attribute(&dom, "data-sentences").expect("the sentences were written");
        let json = json
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&nbsp;", "\u{a0}")
            .replace("&amp;", "&");
        let sentences: Vec<String> = serde_json::from_str(&json).expect("they are a list of texts");
        assert_eq!(sentences, texts(&recording), "{}", recording.report.scenario);
    }
}

/// A run whose names would close the script element that holds them, if they were not escaped.
fn hostile() -> Recording {
    const BREAK: &str = "</script><script>document.documentElement.dataset.error='out'</script><!--<b>&amp;\u{2028}@@data@@";
    Scenario::new(BREAK)
        .nodes(BREAK, 2, |node| async move {
            node.emit(BREAK);
            node.publish(|seen: &mut u64| *seen += 1);
        })
        .always(BREAK, |world| {
            if world.views::<u64>().all(|(_, seen)| *seen == 0) { Verdict::Holds } else { Verdict::violated([NodeId(1)], BREAK) }
        })
        .record(SEED)
}

#[test]
fn names_are_escaped_in_the_page() {
    let page = explain::html(&hostile(), Some("</script>@@title@@"));
    let plain = explain::html(&scenarios::doubling().record(SEED), None);
    assert_eq!(page.matches("</script").count(), plain.matches("</script").count());
    assert_eq!(page.matches("<script").count(), plain.matches("<script").count());
    let Some(dom) = render(&page) else { return };
    assert_complete(&dom);
    assert!(text_of(&dom, "sentence").contains("&lt;script&gt;document"), "it is shown as it is written");
}

#[test]
fn a_broken_page_shows_its_error() {
    let page = explain::html(&scenarios::doubling().record(SEED), None).replace("JSON.parse(", "JSON.parts(");
    let Some(dom) = render(&page) else { return };
    assert!(attribute(&dom, "data-error").is_some_and(|error| error.contains("JSON.parts")), "the error is reported");
    assert!(text_of(&dom, "error").starts_with("This page is broken: "), "and shown");
}
