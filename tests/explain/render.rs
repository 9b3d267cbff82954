//! The page as a person sees it, in a browser.

use std::process::{Command, Stdio};

use cluster_sim::explain::{self, Recording};
use cluster_sim::prelude::*;

use crate::scenarios::{self, SEED};

/// What a headless browser shows of a page; nothing where there is none, which is said.
fn shown(page: &str) -> Option<String> {
    let Some(browser) = browser() else {
        eprintln!("skipped: there is no Chromium on PATH and none in the variable CHROMIUM, so nobody looked at the page");
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

/// The value of an attribute of whatever has it first.
fn attribute<'a>(dom: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = dom.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn number(dom: &str, name: &str) -> u64 {
    let value = attribute(dom, name).unwrap_or_else(|| panic!("nothing has {name}"));
    value.parse().unwrap_or_else(|_| panic!("{name} is {value:?}"))
}

/// The text between the tags of the element of that id.
fn text_of<'a>(dom: &'a str, id: &str) -> &'a str {
    let (_, rest) = dom.split_once(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("nothing is called {id}"));
    let (_, rest) = rest.split_once('>').expect("a tag ends");
    rest.split_once("</").map_or("", |(text, _)| text)
}

/// The names of the lanes, and whether each is one that the verdict names.
fn lanes(dom: &str) -> Vec<(&str, bool)> {
    let (_, names) = dom.split_once("id=\"names\"").expect("there are lanes");
    let (names, _) = names.split_once("</div>").expect("there is an end of them");
    let buttons = names.split("<button").skip(1);
    buttons
        .map(|button| {
            let (attributes, rest) = button.split_once('>').expect("a tag ends");
            (rest.split_once("</").map_or("", |(name, _)| name), attributes.contains("suspect"))
        })
        .collect()
}

/// The words on the bars of what was in force.
fn bands(dom: &str) -> Vec<&str> {
    let bars = dom.split("class=\"band\"").skip(1);
    bars.filter_map(|bar| bar.split_once("<span>")?.1.split_once("</span>")).map(|(words, _)| words).collect()
}

fn assert_whole(dom: &str) {
    assert_eq!(attribute(dom, "data-error"), None, "{}", text_of(dom, "error"));
    assert_eq!(attribute(dom, "data-ready"), Some("yes"), "the page did not come to its end");
}

#[test]
fn a_stale_view_is_seen_with_its_cut_and_the_message_that_brought_it() {
    let recording = scenarios::stale_gossip().record(SEED);
    let Some(dom) = shown(&explain::html(&recording, Some("replay <this>"))) else { return };
    assert_whole(&dom);
    let sentence = text_of(&dom, "sentence");
    assert!(sentence.starts_with("“nobody forgets what it knew” was broken at 0.409362s (step 173) on gossip/3: "), "{sentence}");
    assert_eq!(
        lanes(&dom),
        [0, 1, 2, 3, 4].map(|index| (["gossip/0", "gossip/1", "gossip/2", "gossip/3", "gossip/4"][index], index == 3))
    );
    assert_eq!(bands(&dom), ["cut [gossip/4] | [gossip/0 gossip/1 gossip/2 gossip/3] for 0.190s"], "the pause was earlier");
    assert!(dom.contains("1 earlier fault"), "and is said to be there");
    assert!(number(&dom, "data-arrows") > 50, "the window is around the verdict and holds the cut");
    assert_eq!(number(&dom, "data-lost"), recording.report.traffic.lost());
    let (_, hint) = dom.split_once(">In that step<").expect("the step is told of");
    assert!(
        hint.contains("gossip/4 → gossip/3 delivers {version: 1}") && hint.contains("sent at 0.400613s"),
        "its delivery is told of"
    );
    assert!(dom.contains("replay &lt;this&gt;"), "the line to paste is there");
    assert!(dom.contains("ate 29 messages"), "the table of faults says what the cut did");
}

#[test]
fn a_question_that_is_never_asked_again_is_seen_with_the_loss_that_took_it() {
    let Some(dom) = shown(&explain::html(&scenarios::lost_retry().record(SEED), None)) else { return };
    assert_whole(&dom);
    assert!(text_of(&dom, "sentence").contains("client/0 still waits for the answer to question 5"));
    assert_eq!(bands(&dom), ["crash client/1 for 0.120s", "lose 0.3 of default as bad weather for 0.150s"]);
    assert_eq!((number(&dom, "data-arrows"), number(&dom, "data-lost")), (38, 4), "all is in view");
    assert_eq!(number(&dom, "data-idle"), 1, "the second and a half in which nothing happens is drawn short");
    assert!(dom.contains("lost to bad weather"), "the traffic tells what was lost to what");
    assert!(!dom.contains(">In that step<"), "what must hold in the end is broken by no step");
}

#[test]
fn runs_that_panic_or_hold_or_speak_in_sessions_are_seen_whole() {
    for (scenario, word) in [(scenarios::panicking_server(), "PANICKED"), (scenarios::doubling(), "HELD")] {
        let Some(dom) = shown(&explain::html(&scenario.record(SEED), None)) else { return };
        assert_whole(&dom);
        assert_eq!(text_of(&dom, "word"), word);
        assert!(number(&dom, "data-arrows") > 10);
    }
}

#[test]
fn a_hundred_thousand_events_in_view_are_drawn_in_part_and_every_loss_is() {
    let recording = scenarios::crowd(40, 40).record(SEED);
    assert!(recording.events.len() > 100_000 && recording.left_out.is_none(), "{} events", recording.events.len());
    // What the window at first was and how many lanes it had is kept before all is asked for.
    let clicks = "const { arrows, lanes } = document.getElementById('picture').dataset;
        document.body.dataset.first = `${arrows} of ${lanes}`;
        document.querySelector('#names .quiet').click();
        document.getElementById('to-whole').click();";
    let page = explain::html(&recording, None).replace("</body>", &format!("<script>{clicks}</script></body>"));
    let Some(dom) = shown(&page) else { return };
    assert_whole(&dom);
    let (arrows, lanes) = attribute(&dom, "data-first").and_then(|first| first.split_once(" of ")).expect("it was kept");
    assert!((50..2_000).contains(&arrows.parse::<u32>().unwrap()) && lanes == "24", "at first {arrows} of {lanes}");
    assert_eq!(number(&dom, "data-lanes"), 40);
    let traffic = &recording.report.traffic;
    assert_eq!(number(&dom, "data-arrows"), traffic.sent, "all are in view");
    assert_eq!(number(&dom, "data-lost"), traffic.lost());
    assert_eq!(number(&dom, "data-crossed"), traffic.lost(), "of the losses none is left out");
    assert!((traffic.lost()..20_000).contains(&number(&dom, "data-drawn")));
}

#[test]
fn a_recording_with_events_left_out_is_seen_whole() {
    let Some(dom) = shown(&explain::html(&scenarios::crowd(5, 40).record_at_most(SEED, 200), None)) else { return };
    assert_whole(&dom);
    assert!(number(&dom, "data-arrows") > 10);
}

/// A run whose names would end the script that holds them, if they could.
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
fn no_name_breaks_out_of_the_page() {
    let page = explain::html(&hostile(), Some("</script>@@title@@"));
    let plain = explain::html(&scenarios::doubling().record(SEED), None);
    assert_eq!(page.matches("</script").count(), plain.matches("</script").count());
    assert_eq!(page.matches("<script").count(), plain.matches("<script").count());
    let Some(dom) = shown(&page) else { return };
    assert_whole(&dom);
    assert!(text_of(&dom, "sentence").contains("&lt;script&gt;document"), "it is shown as it was written");
}

#[test]
fn a_page_that_is_broken_says_so() {
    let page = explain::html(&scenarios::doubling().record(SEED), None).replace("JSON.parse(", "JSON.parts(");
    let Some(dom) = shown(&page) else { return };
    assert!(attribute(&dom, "data-error").is_some_and(|error| error.contains("JSON.parts")), "the error is told");
    assert!(text_of(&dom, "error").starts_with("This page is broken: "), "and seen");
}
