//! Views that a node publishes, facts that it emits, and values that it exposes to calls.

use std::future::pending;

use cluster_sim::Invariant;
use cluster_sim::check::{Change, Health};
use cluster_sim::prelude::*;
use cluster_sim::scenario::CallError;
use cluster_sim_testkit::log::{Log, LogOnDrop};
use cluster_sim_testkit::units::{instant, milliseconds};

use crate::nodes;

#[test]
fn a_view_starts_with_its_default_and_ends_with_the_incarnation() {
    let mut sim = nodes(1, |node| async move {
        if node.incarnation().0 == 0 {
            node.publish(|seen: &mut Vec<u8>| seen.push(1));
            node.sleep(milliseconds(1)).await;
            node.publish(|seen: &mut Vec<u8>| seen.push(2));
        }
        pending().await
    })
    .start(Seed(2));
    let view = |sim: &Sim| sim.inspect(|world| world.view::<Vec<u8>>(NodeId(0)).cloned());
    sim.run_for(milliseconds(2));
    assert_eq!(view(&sim), Some(vec![1, 2]));
    assert_eq!(sim.inspect(|world| world.view::<u8>(NodeId(0)).copied()), None, "there is no view of another type");
    assert!(sim.crash(0));
    assert_eq!(view(&sim), None);
    assert!(sim.restart(0));
    sim.run_for(milliseconds(2));
    assert_eq!(view(&sim), None, "the next incarnation publishes its own");
    sim.finish().assert_ok();
}

#[test]
fn publishing_a_second_view_type_is_a_finding() {
    let mut sim = nodes(1, |node| async move {
        node.publish(|seen: &mut u8| *seen = 4);
        node.sleep(milliseconds(1)).await;
        node.publish(|seen: &mut u64| *seen = 5);
    })
    .start(Seed(2));
    sim.run_for(milliseconds(2));
    assert_eq!(sim.inspect(|world| world.view::<u8>(NodeId(0)).copied()), Some(4));
    let finding = sim.finish().panic.expect("it is a finding");
    assert_eq!(
        finding.message,
        "n/0 publishes a view of type `u8` already, and now one of `u64`; publish one type with all that rules read"
    );
    assert!(finding.task.expect("it names the task").starts_with("main, spawned at"));
}

#[test]
fn a_check_runs_after_a_view_changed() {
    let scenario = nodes(1, |node| async move {
        let port = node.bind::<u8>("port");
        for number in 1..=9 {
            node.publish(|seen: &mut u64| {
                port.send(0, 1);
                *seen = number;
            });
            node.sleep(milliseconds(1)).await;
        }
    })
    .always("it never shows a seven", |world| world.views::<u64>().all(|(_, seen)| *seen != 7));
    let report = scenario.run(Seed(2));
    assert_eq!(report.violations[0].rule, "it never shows a seven");
    assert_eq!(report.violations[0].at, instant(6));
    assert_eq!(report.traffic.sent, 7);
}

/// Adds up the numbers that nodes emit.
#[derive(Debug, Default)]
struct Sum {
    sum: u64,
    facts: u64,
}

#[derive(Debug)]
struct Number(u64);

impl Invariant for Sum {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        if let Change::Fact(node, fact) = change
            && let Some(Number(number)) = (**fact).as_any().downcast_ref::<Number>()
        {
            assert_eq!(*node, NodeId(0));
            self.sum += number;
            self.facts += 1;
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.facts
    }
}

#[test]
fn facts_from_tasks_and_from_calls_reach_observers() {
    let mut sim = nodes(1, |node| async move {
        node.expose(node.clone());
        let child = node.clone();
        drop(node.spawn(async move { child.emit(Number(2)) }));
        node.emit(Number(1));
        pending().await
    })
    .observe("sum", Sum::default)
    .start(Seed(2));
    sim.run_for(milliseconds(1));
    sim.with_node(0, |node: &mut Node| node.emit(Number(4))).expect("the node is up");
    assert_eq!(sim.observer::<Sum>("sum").map(|sum| (sum.sum, sum.facts)), Some((7, 3)));
    sim.finish().assert_ok();
}

#[test]
fn a_call_reaches_the_exposed_value_or_names_the_reason() {
    let mut sim = nodes(2, |node| async move {
        if node.id() == NodeId(0) {
            node.expose(5_u32);
        }
        pending().await
    })
    .start(Seed(2));
    sim.run_for(milliseconds(1));
    assert_eq!(sim.with_node(0, |number: &mut u32| std::mem::replace(number, 6)), Ok(5));
    assert_eq!(sim.with_node(0, |number: &mut u32| *number), Ok(6));
    assert_eq!(
        sim.with_node(0, |_: &mut String| ()),
        Err(CallError::NotExposed { node: NodeId(0), asked: "alloc::string::String" })
    );
    assert_eq!(sim.with_node(0, |number: &mut u32| *number), Ok(6), "it is still there");
    assert_eq!(sim.with_node(1, |_: &mut u32| ()), Err(CallError::NothingExposed { node: NodeId(1) }));
    assert!(sim.pause(0));
    assert_eq!(sim.with_node(0, |_: &mut u32| ()), Err(CallError::NotUp { node: NodeId(0), health: Health::Paused }));
    assert!(sim.crash(0));
    assert_eq!(sim.with_node(0, |_: &mut u32| ()), Err(CallError::NotUp { node: NodeId(0), health: Health::Down }));
    sim.finish().assert_ok();
}

#[test]
fn tasks_and_messages_of_a_call_outlive_it() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(2, move |node| {
        let log = noted.clone();
        async move {
            let port = std::sync::Arc::new(node.bind::<u64>("port"));
            node.expose((node.clone(), std::sync::Arc::clone(&port)));
            loop {
                let received = port.recv().await;
                log.write(format!("{} received {}", node.id(), received.message));
            }
        }
    })
    .start(Seed(2));
    sim.run_for(milliseconds(1));
    let rolls = sim.with_node(0, |(node, port): &mut (Node, std::sync::Arc<cluster_sim::node::Port<u64>>)| {
        port.send(1, 1);
        let (clock, port) = (node.clone(), std::sync::Arc::clone(port));
        drop(node.spawn(async move {
            clock.sleep(milliseconds(50)).await;
            port.send(1, 2);
        }));
        (node.random(), node.random())
    });
    let rolls = rolls.expect("the node is up");
    assert_ne!(rolls.0, rolls.1);
    sim.run_for(milliseconds(500));
    assert_eq!(log.read(), ["n1 received 1", "n1 received 2"]);
    sim.finish().assert_ok();
}

#[test]
fn a_panic_in_a_call_is_a_finding_of_the_node() {
    let mut sim = nodes(1, |node| async move {
        node.expose(());
        pending().await
    })
    .start(Seed(2));
    sim.run_for(milliseconds(1));
    assert_eq!(sim.with_node(0, |(): &mut ()| panic!("called badly")), Err::<(), _>(CallError::RunIsOver { node: NodeId(0) }));
    let finding = sim.finish().panic.expect("it is a finding");
    assert_eq!((finding.site.to_string().as_str(), finding.message.as_str(), finding.task), ("n/0", "called badly", None));
}

#[test]
fn the_last_exposed_value_is_called() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let first = LogOnDrop("first dropped", noted.clone());
        async move {
            node.expose((node.clone(), 1_u8, Some(first)));
            pending().await
        }
    })
    .start(Seed(2));
    sim.run_for(milliseconds(1));
    type Exposed = (Node, u8, Option<LogOnDrop>);
    let second = |(node, number, _): &mut Exposed| {
        node.expose((node.clone(), *number + 1, None::<LogOnDrop>));
        *number
    };
    assert_eq!(sim.with_node(0, second), Ok(1));
    assert_eq!(log.read(), ["first dropped"]);
    assert_eq!(sim.with_node(0, |(_, number, _): &mut Exposed| *number), Ok(2));
    sim.finish().assert_ok();
}
