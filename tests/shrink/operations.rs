//! Operations of clients are removed too, and what is left still contradicts.

use std::time::Duration;

use cluster_sim::check::history::models::{Register, RegisterAnswer, RegisterOp};
use cluster_sim::node::Received;
use cluster_sim::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ask {
    client: u64,
    number: u64,
    write: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answer {
    number: u64,
    value: Option<u64>,
}

/// Holds one value. With the bug, a write that it answered can be forgotten: now and then it keeps the old one.
async fn store(node: Node, forgets: bool) {
    let port = node.bind::<Ask>("ask");
    let answers = node.bind::<Answer>("answer");
    let mut value = None;
    loop {
        let Received { from, message: Ask { client, number, write }, .. } = port.recv().await;
        let is_kept = !forgets || node.roll("forget", 1_000 * client + number).below(8) != 0;
        if is_kept {
            value = write.or(value);
        }
        answers.send(from, Answer { number, value });
    }
}

async fn client(node: Node) {
    let port = node.bind::<Ask>("ask");
    let answers = node.bind::<Answer>("answer");
    for number in node.operations(0..40) {
        let client = u64::from(node.id());
        let write = (number % 2 == 0).then_some(1_000 * client + number);
        let call = node.invoke(write.map_or(RegisterOp::Read, RegisterOp::Write));
        port.send(NodeId(0), Ask { client, number, write });
        loop {
            let answer = answers.recv().await.message;
            if answer.number == number {
                call.ok(if write.is_some() { RegisterAnswer::Written } else { RegisterAnswer::Value(answer.value) });
                break;
            }
        }
        node.sleep(Duration::from_millis(5)).await;
    }
}

fn scenario(forgets: bool) -> Scenario {
    Scenario::new("forgetful register")
        .nodes("store", 1, move |node| store(node, forgets))
        .clients("client", 3, client)
        .linearizable::<Register<u64>>("the store answers as one register")
        .duration(Duration::from_secs(2))
}

#[test]
fn a_history_is_minimized_to_the_operations_of_its_contradiction() {
    scenario(false).run(Seed(3)).assert_ok();
    let report = scenario(true).run(Seed(3));
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    assert_eq!(report.operations.values().sum::<u64>(), 120);
    let minimized = scenario(true).shrink(&report).unwrap();
    assert_eq!((minimized.operations.0, minimized.is_minimal), (120, true), "{minimized}");
    // One that writes, one that is forgotten, and one that reads; or a read before the first write that counts.
    assert!(minimized.operations.1 <= 3, "{minimized}");
    assert!(minimized.to_string().contains(", operations 120 -> "), "{minimized}");
    let case = minimized.case.apply_to(&scenario(true)).run(Seed(3));
    assert_eq!(case.digest, minimized.digest);
    minimized.case.apply_to(&scenario(false)).run(Seed(3)).assert_ok();
    // The case survives its file.
    let text = serde_json::to_string(&minimized.case).unwrap();
    assert_eq!(serde_json::from_str::<cluster_sim::explore::Case>(&text).unwrap(), minimized.case);
}
