//! A leak in a task of an async node is found in that task.

use cluster_sim::prelude::*;
use cluster_sim::report::{DivergenceKind, RecordKind};
use rstest::rstest;

use super::sources::{count_of_the_thread, entropy, hash_order, machine_time};
use super::{CheckFn, LEAKY, first_difference};

/// Three nodes of two tasks each; the task `counter` of the second node sends its peers numbers from `source`.
fn counters(source: fn() -> Vec<u64>) -> Scenario {
    let counting = move |node: Node| async move {
        let (port, inner) = (node.bind::<u64>("beats"), node.clone());
        node.spawn_named("counter", async move {
            let port = inner.bind::<u64>("counts");
            loop {
                let numbers = if inner.name() == LEAKY { source() } else { vec![617] };
                numbers.into_iter().for_each(|number| port.broadcast(number));
                inner.sleep(Duration::from_millis(7)).await;
            }
        });
        for beat in 0_u64.. {
            port.broadcast(beat);
            node.sleep(Duration::from_millis(10)).await;
        }
    };
    Scenario::new("counters").nodes("worker", 3, counting).duration(Duration::from_secs(2))
}

#[rstest]
#[case::hash_order(hash_order, Scenario::check_determinism)]
#[case::hash_order_in_a_process(hash_order, Scenario::check_determinism_in_process)]
#[case::clock(|| vec![machine_time()], Scenario::check_determinism)]
#[case::clock_in_a_process(|| vec![machine_time()], Scenario::check_determinism_in_process)]
#[case::entropy(|| vec![entropy()], Scenario::check_determinism)]
#[case::entropy_in_a_process(|| vec![entropy()], Scenario::check_determinism_in_process)]
#[case::left_in_the_thread(|| vec![count_of_the_thread()], Scenario::check_determinism)]
fn every_leak_is_found_in_its_task(#[case] source: fn() -> Vec<u64>, #[case] run_check: CheckFn) {
    let scenario = counters(source);
    // The first run leaves its count in the thread.
    scenario.run(Seed(7)).assert_ok();
    let check = run_check(&scenario, Seed(7));
    let event = first_difference(&check);
    let expected = (LEAKY, Some("main/counter"), DivergenceKind::Event(RecordKind::Send));
    assert_eq!((event.node.as_str(), event.task.as_deref(), event.kind), expected, "{check}");
}

#[test]
fn a_task_whose_poll_fills_several_windows_is_named() {
    let late = || [vec![617; 5_000], vec![entropy()]].concat();
    let check = counters(late).duration(Duration::from_millis(5)).check_determinism(Seed(7));
    let event = first_difference(&check);
    // Each number goes to two peers, so the poll is two windows back.
    assert!(event.index > 10_000, "{check}");
    assert_eq!((event.node.as_str(), event.task.as_deref()), (LEAKY, Some("main/counter")), "{check}");
}

/// Where a node leaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leak {
    Nowhere,
    Message,
    LateMessage,
    Sleep,
    Fact,
    Panic,
}

/// A node that sends from its main task and from one task for each beat.
async fn beating(node: Node, leak: Leak) {
    let port = node.bind::<u64>("beats");
    let leak = if node.name() == LEAKY { leak } else { Leak::Nowhere };
    let leaks = move |beat| leak == Leak::Message || leak == Leak::LateMessage && beat == 1_000;
    for beat in 0_u64.. {
        port.broadcast(beat);
        let (inner, peers) = (node.clone(), node.peers().to_vec());
        let heart = node.spawn_named("heart", async move {
            let port = inner.bind::<u64>(&format!("heart of beat {beat}"));
            let late = if leak == Leak::Sleep { entropy() % 1_000_000 } else { 0 };
            inner.sleep(Duration::from_millis(2) + Duration::from_nanos(late)).await;
            port.send(peers[0], if leaks(beat) { entropy() } else { beat });
            if leak == Leak::Fact {
                inner.emit(entropy());
            }
            assert!(leak != Leak::Panic || !super::is_second_run() || beat < 5, "the heart broke");
        });
        heart.await.expect("a heart beats to its end");
        node.sleep(Duration::from_millis(10)).await;
    }
}

fn hearts(leak: Leak) -> Scenario {
    Scenario::new("hearts").nodes("worker", 3, move |node| beating(node, leak)).duration(Duration::from_secs(2))
}

#[rstest]
#[case::message(Leak::Message, DivergenceKind::Event(RecordKind::Send))]
#[case::sleep(Leak::Sleep, DivergenceKind::Event(RecordKind::Timer))]
#[case::fact(Leak::Fact, DivergenceKind::Fact)]
fn a_leak_in_a_task_is_found_in_that_task(#[case] leak: Leak, #[case] kind: DivergenceKind) {
    for check in [hearts(leak).check_determinism(Seed(7)), hearts(leak).check_determinism_in_process(Seed(7))] {
        let event = first_difference(&check);
        let expected = (LEAKY, Some("main/heart"), kind);
        assert_eq!((event.node.as_str(), event.task.as_deref(), event.kind), expected, "{check}");
        let text = check.to_string();
        assert!(text.contains(", task main/heart\n") && text.contains("s  worker/2 timer of main/heart fires\n"), "{text}");
    }
}

#[test]
fn a_task_that_leaks_late_is_named() {
    let check = hearts(Leak::LateMessage).duration(Duration::from_secs(30)).check_determinism(Seed(7));
    let event = first_difference(&check);
    assert!(event.index > 4 * 4_096, "{check}");
    assert_eq!((event.node.as_str(), event.task.as_deref()), (LEAKY, Some("main/heart#1000")), "{check}");
}

#[test]
fn a_task_that_panics_in_one_run_is_the_divergence() {
    let check = hearts(Leak::Panic).check_determinism(Seed(7));
    let event = first_difference(&check);
    assert_eq!(event.node, LEAKY, "{check}");
    assert!(event.task.as_deref().is_some_and(|task| task.starts_with("main/heart#5")), "{check}");
    assert!(check.to_string().contains(": task end, node worker/1, task main/heart#5\n"), "{check}");
    assert!(event.left[0].ends_with("worker/1 main/heart#5 returns"), "{check}");
    assert!(event.right[0].ends_with("worker/1 main/heart#5 is dropped"), "{check}");
}

#[test]
fn deterministic_async_nodes_agree() {
    let scenario = hearts(Leak::Nowhere).chaos(FaultProfile::default());
    scenario.check_determinism(Seed(617)).assert_ok();
    let check = scenario.check_determinism_in_process(Seed(617));
    check.assert_ok();
    assert_eq!(check.report().map(|report| report.digest), Ok(scenario.run(Seed(617)).digest));
}

#[tokio::test]
async fn an_async_test_is_found_again_by_the_other_process() {
    hearts(Leak::Nowhere).check_determinism_in_process(Seed(7)).assert_ok();
    hearts(Leak::Nowhere).check_determinism(Seed(7)).assert_ok();
}
