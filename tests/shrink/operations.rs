//! Operations of clients are removed too, and what is left still contradicts.

use std::time::Duration;

use cluster_sim::check::history::models::{Register, RegisterAnswer, RegisterOp};
use cluster_sim::node::Received;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::crash;
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;
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

/// Its operations are numbered by steps of `step`.
async fn client(node: Node, step: u64) {
    let port = node.bind::<Ask>("ask");
    let answers = node.bind::<Answer>("answer");
    for number in node.operations((0..40).map(|number| number * step)) {
        let (client, number) = (u64::from(node.id()), number / step);
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

fn scenario(forgets: bool, step: u64) -> Scenario {
    Scenario::new("forgetful register")
        .nodes("store", 1, move |node| store(node, forgets))
        .clients("client", 3, move |node| client(node, step))
        .linearizable::<Register<u64>>("the store answers as one register")
        .duration(Duration::from_secs(2))
}

/// Numbers may be far apart, as those of requests that carry the number of a shard.
#[rstest]
fn a_history_is_minimized_to_the_operations_of_its_contradiction(#[values(1, 1 << 32, 1 << 58)] step: u64) {
    let scenario = |forgets| scenario(forgets, step);
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

/// Holds one value in memory: a crash forgets what it answered.
async fn memory(node: Node) {
    store(node, false).await;
}

/// Asks once each 20 ms, and leaves open what is not answered by then.
async fn impatient(node: Node) {
    let port = node.bind::<Ask>("ask");
    let answers = node.bind::<Answer>("answer");
    for number in node.operations(0..200) {
        let client = u64::from(node.id());
        let write = (number % 8 == 0).then_some(1_000 * client + number);
        let call = node.invoke(write.map_or(RegisterOp::Read, RegisterOp::Write));
        port.send(NodeId(0), Ask { client, number, write });
        let mut heard = None;
        answers
            .recv_for(milliseconds(20), |answer| {
                heard = Some(answer.message).filter(|answer| answer.number == number).or(heard.take())
            })
            .await;
        match heard {
            Some(_) if write.is_some() => call.ok(RegisterAnswer::Written),
            Some(answer) => call.ok(RegisterAnswer::Value(answer.value)),
            None => drop(call),
        }
    }
}

/// Operations before the crash are needed for the time they take only: the crash comes earlier.
#[test]
fn the_wait_for_a_late_fault_is_cut_out() {
    let plan = FaultPlan::new().at(milliseconds(1_500), crash("store/0", milliseconds(5)));
    let scenario = Scenario::new("register in memory")
        .nodes("store", 1, memory)
        .clients("client", 2, impatient)
        .faults(plan)
        .linearizable::<Register<u64>>("the store answers as one register")
        .duration(milliseconds(4_500));
    let report = scenario.run(Seed(1));
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    let minimized = scenario.shrink(&report).unwrap();
    assert!(minimized.is_minimal && minimized.operations.1 <= 2, "{minimized}");
    let [fault] = minimized.case.faults.faults() else { panic!("{minimized}") };
    assert!(fault.at.since_zero() < milliseconds(60), "{fault:?}");
    assert_eq!(minimized.case.apply_to(&scenario).run(Seed(1)).digest, minimized.digest);
}
