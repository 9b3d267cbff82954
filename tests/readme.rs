//! The outputs that the README and the guide show are those of the present code.

use std::path::Path;

use cluster_sim::explore::{ArtifactContext, BuildInfo, ScenarioSource};
use cluster_sim::prelude::*;

const README: &str = include_str!("../README.md");
const FAILING_SEED: &str = include_str!("../docs/guide/failing-seed.md");
const TOKIO: &str = include_str!("../docs/guide/tokio.md");

/// The machine of the README without its call of `set_timer`: it sends at boot, and never again.
struct Silent {
    peers: Vec<NodeId>,
    highest: u64,
}

impl Machine for Silent {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Start | Input::Timer(_) => effects.send_all(&self.peers, self.highest),
            Input::Message { message, .. } | Input::Call(message) => self.highest = self.highest.max(message),
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.highest
    }
}

/// The gossip of the README with [`Silent`] nodes.
fn silent_gossip() -> Scenario {
    Scenario::new("gossip")
        .machines("gossip", 3, |boot| Silent { peers: boot.peers(), highest: u64::from(boot.id()) })
        .eventually("all nodes agree", |world| world.views::<u64>().all(|(_, highest)| *highest == 2))
        .duration(Duration::from_secs(2))
        .chaos(FaultProfile::default())
}

/// The output of a test of the attribute for that scenario, in a package named `store`.
fn failing_test_output() -> String {
    let command = "cargo nextest run -p store -E 'test(=all_nodes_agree)'";
    let scenario = silent_gossip();
    let mut sweep = scenario.campaign(0..64).rerun_hint(|report| format!("CLUSTER_SIM_SEED={} {command}", report.seed())).run();
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let context = ArtifactContext {
        name: "store-all_nodes_agree".to_owned(),
        source: ScenarioSource::Test { package: "store".to_owned(), name: "all_nodes_agree".to_owned() },
        build: BuildInfo::here(),
        replay: Box::new(move |file: &Path| format!("CLUSTER_SIM_REPLAY={} {command}", file.display())),
    };
    sweep.keep_artifacts(&scenario, &context, &root.path().join("target/cluster-sim"), |_| {});
    sweep.to_string()
}

/// The lines of the first block of output after `place` on a page.
fn block_after<'p>(page: &'p str, place: &str) -> Vec<&'p str> {
    let (_, after) = page.split_once(place).unwrap_or_else(|| panic!("the page has no {place:?}; move the test with its block"));
    let (_, block) = after.split_once("```text\n").expect("a block of text follows");
    block.split_once("```").expect("a block ends").0.lines().collect()
}

/// Whether a page may show `line` as `shown`, in which one `…` stands for any text.
fn is_shown_as(line: &str, shown: &str) -> bool {
    match shown.split_once('…') {
        Some((before, after)) => line.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)),
        None => line == shown,
    }
}

/// The first shown line, other than `...`, that the output does not have after the lines shown before it.
fn first_missing<'s>(shown: &[&'s str], output: &str) -> Option<&'s str> {
    let mut lines = output.lines();
    shown.iter().copied().filter(|line| line.trim() != "...").find(|shown| !lines.any(|line| is_shown_as(line, shown)))
}

#[track_caller]
fn assert_shows(shown: &[&str], output: &str) {
    assert!(shown.len() > 2, "the block is too short to show anything: {shown:?}");
    let missing = first_missing(shown, output);
    assert_eq!(missing, None, "this line is not in the output, or not in this order; the output is\n{output}");
}

#[test]
fn the_readme_shows_how_a_failing_test_ends() {
    assert_shows(&block_after(README, "## A failing run"), &failing_test_output());
}

#[test]
fn the_guide_shows_the_minimized_case_of_a_failing_test() {
    assert_shows(&block_after(FAILING_SEED, "## The minimized case"), &failing_test_output());
}

#[test]
fn the_guide_shows_the_report_of_a_failing_sweep() {
    let sweep = silent_gossip().sweep(0..64);
    assert_shows(&block_after(FAILING_SEED, "## Read the report"), &sweep.to_string());
}

#[expect(dead_code, reason = "its other half runs over real sockets")]
#[path = "../examples/same_node.rs"]
mod same_node;

#[test]
fn the_guide_shows_what_the_example_prints_in_the_simulation() {
    let shown = block_after(TOKIO, "## A longer example");
    // The title comes first; an empty line ends the half that is equal at every run.
    let simulated: Vec<&str> = shown.into_iter().skip(1).take_while(|line| !line.is_empty()).collect();
    assert_eq!(simulated, same_node::simulated());
}

#[test]
fn a_shown_line_must_be_in_the_output_and_in_order() {
    let output = "first\n  file: /tmp/a/0x6\nlast\n";
    assert_eq!(first_missing(&["first", "  ...", "  file: …/0x6", "...", "last"], output), None);
    assert_eq!(first_missing(&["last", "...", "first"], output), Some("first"));
    assert_eq!(first_missing(&["first", "  file: …/0x7"], output), Some("  file: …/0x7"));
    assert_eq!(first_missing(&["fir", "st"], output), Some("fir"));
}
