//! A leak in a task of an async node is found in that task.

use cluster_sim::prelude::*;
use cluster_sim::{Happening, RecordKind};
use rstest::rstest;

use super::sources::{count_of_the_thread, entropy, hash_order, machine_time};
use super::{LEAKY, NodeStyle, first_difference};

/// Three nodes of two tasks each, of which the task `counter` of the second node tells its peers numbers from such a source.
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
fn each_source_of_a_leak_is_found_in_the_task_that_asks_it(#[case] source: fn() -> Vec<u64>, #[case] form: NodeStyle) {
    let scenario = counters(source);
    // It leaves behind what it leaves behind.
    scenario.run(Seed(7)).assert_ok();
    let twice = form(&scenario, Seed(7));
    let event = first_difference(&twice);
    let expected = (LEAKY, Some("main/counter"), Happening::Event(RecordKind::Send));
    assert_eq!((event.node.as_str(), event.task.as_deref(), event.kind), expected, "{twice}");
}

#[test]
fn a_task_that_does_so_much_in_one_poll_that_it_fills_windows_is_named() {
    let late = || [vec![617; 5_000], vec![entropy()]].concat();
    let twice = counters(late).duration(Duration::from_millis(5)).check_determinism(Seed(7));
    let event = first_difference(&twice);
    // Each number goes to two peers; the poll is two windows back.
    assert!(event.index > 10_000, "{twice}");
    assert_eq!((event.node.as_str(), event.task.as_deref()), (LEAKY, Some("main/counter")), "{twice}");
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

/// A node with two tasks that speak: its main task, and one for each beat of its heart.
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
            assert!(leak != Leak::Panic || !super::is_there() || beat < 5, "the heart broke");
        });
        heart.await.expect("a heart beats to its end");
        node.sleep(Duration::from_millis(10)).await;
    }
}

fn hearts(leak: Leak) -> Scenario {
    Scenario::new("hearts").nodes("worker", 3, move |node| beating(node, leak)).duration(Duration::from_secs(2))
}

#[rstest]
#[case::message(Leak::Message, Happening::Event(RecordKind::Send))]
#[case::sleep(Leak::Sleep, Happening::Event(RecordKind::Timer))]
#[case::fact(Leak::Fact, Happening::Fact)]
fn a_leak_in_a_task_is_found_in_that_task(#[case] leak: Leak, #[case] kind: Happening) {
    for twice in [hearts(leak).check_determinism(Seed(7)), hearts(leak).check_determinism_in_process(Seed(7))] {
        let event = first_difference(&twice);
        let expected = (LEAKY, Some("main/heart"), kind);
        assert_eq!((event.node.as_str(), event.task.as_deref(), event.kind), expected, "{twice}");
        let text = twice.to_string();
        assert!(text.contains(", task main/heart\n") && text.contains("s  worker/2 timer of main/heart\n"), "{text}");
    }
}

#[test]
fn a_task_has_its_name_however_late_it_leaks() {
    let twice = hearts(Leak::LateMessage).duration(Duration::from_secs(30)).check_determinism(Seed(7));
    let event = first_difference(&twice);
    assert!(event.index > 4 * 4_096, "{twice}");
    assert_eq!((event.node.as_str(), event.task.as_deref()), (LEAKY, Some("main/heart#1000")), "{twice}");
}

#[test]
fn a_task_that_panics_on_one_side_is_where_the_runs_part() {
    let twice = hearts(Leak::Panic).check_determinism(Seed(7));
    let event = first_difference(&twice);
    assert_eq!(event.node, LEAKY, "{twice}");
    assert!(event.task.as_deref().is_some_and(|task| task.starts_with("main/heart#5")), "{twice}");
    assert!(twice.to_string().contains(": task end, node worker/1, task main/heart#5\n"), "{twice}");
    assert!(event.left[0].ends_with("worker/1 main/heart#5 ends"), "{twice}");
    assert!(event.right[0].ends_with("worker/1 main/heart#5 is dropped"), "{twice}");
}

#[test]
fn async_nodes_that_keep_their_promise_agree() {
    let scenario = hearts(Leak::Nowhere).chaos(FaultProfile::default());
    scenario.check_determinism(Seed(617)).assert_ok();
    let twice = scenario.check_determinism_in_process(Seed(617));
    twice.assert_ok();
    assert_eq!(twice.report().map(|report| report.digest), Ok(scenario.run(Seed(617)).digest));
}

#[tokio::test]
async fn an_async_test_is_found_again_by_the_other_process() {
    hearts(Leak::Nowhere).check_determinism_in_process(Seed(7)).assert_ok();
    hearts(Leak::Nowhere).check_determinism(Seed(7)).assert_ok();
}
