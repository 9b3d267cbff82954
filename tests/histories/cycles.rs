//! Transactions as a rule of a scenario: a cycle is named, kept as data and drawn.

use std::time::Duration;

use cluster_sim::check::history::transactions::{AppendAnswer, AppendOp, Level, Transactions};
use cluster_sim::prelude::*;

const RULE: &str = "transactions are serializable";

/// Reads one list and appends to the other; two of them that miss each other's append are write skew.
async fn client(node: Node) {
    let (read, written) = if node.id() == NodeId(0) { ("x", "y") } else { ("y", "x") };
    let call = node.invoke(vec![AppendOp::Read(read), AppendOp::Append(written, node.id().0)]);
    node.sleep(Duration::from_millis(100)).await;
    call.ok(vec![AppendAnswer::List(Vec::<u32>::new()), AppendAnswer::Appended]);
}

fn scenario(level: Level) -> Scenario {
    Scenario::new("skew")
        .clients("client", 2, client)
        .duration(Duration::from_secs(1))
        .history::<Vec<AppendOp<&'static str, u32>>, _, _>(RULE, move || Transactions::list_append().level(level))
}

#[test]
fn write_skew_is_named_and_drawn_as_a_cycle() {
    let recording = scenario(Level::Serializable).record(Seed(1));
    let report = &recording.report;
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    let cycle = report.histories[RULE].cycle.as_ref().unwrap();
    let names: Vec<&str> = cycle.nodes.iter().map(|node| node.process.as_str()).collect();
    assert_eq!(names, ["client/0", "client/1"]);
    assert_eq!(cycle.nodes[0].steps, ["read \"x\": []", "append 0 to \"y\""]);
    let arrows: Vec<(&str, &str)> = cycle.arrows.iter().map(|arrow| (arrow.kind.as_str(), arrow.label.as_str())).collect();
    assert_eq!(arrows, [("rw", "\"x\": [], then 1"), ("rw", "\"y\": [], then 0")]);
    let page = cluster_sim::explain::html(&recording, None);
    assert_eq!(page.matches("class=\"arrow rw\"").count(), 2);
    let text = serde_json::to_string(report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap().histories, report.histories);
}

#[test]
fn snapshots_allow_write_skew() {
    scenario(Level::SnapshotIsolation).run(Seed(1)).assert_ok();
}
