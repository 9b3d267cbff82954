//! Impaired links: of one node, of one link, of a class; each with its effect and its end.

use std::sync::{Arc, Mutex};

use cluster_sim::net::{Impairment, LinkOrder};
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{received, workers, workers_of};

fn impair(from: &str, to: &str, by: Impairment, duration: impl Into<Option<Duration>>) -> Fault {
    LinkFault::Impair { from: vec![from.to_owned()], to: vec![to.to_owned()], both_ways: false, by, duration: duration.into() }
        .into()
}

fn to_second(by: Impairment, duration: impl Into<Option<Duration>>) -> Fault {
    impair("worker/0", "worker/1", by, duration)
}

/// The messages that both workers receive within 507 ms under a fault at 105 ms, and its effect.
fn run(fault: Fault) -> ([u64; 2], u64) {
    let mut sim = workers().faults(FaultPlan::new().at(milliseconds(105), fault)).start(Seed(7));
    sim.run_for(milliseconds(507));
    let all = [0, 1].map(|node| received(&sim, node));
    (all, sim.finish().faults[0].effect)
}

const NOTHING: Impairment = Impairment {
    loss: Ratio::ZERO,
    delay: Duration::ZERO,
    duplicate: Ratio::ZERO,
    reorder: Ratio::ZERO,
    reorder_window: Duration::ZERO,
};
const LOSS: Impairment = Impairment { loss: Ratio::ONE, ..NOTHING };
const DELAY: Impairment = Impairment { delay: Duration::from_millis(100), ..NOTHING };
const COPIES: Impairment = Impairment { duplicate: Ratio::ONE, ..NOTHING };

/// Ten messages are sent before it, and forty each way from then on. The way back is never impaired.
#[test]
fn an_impaired_link_loses_delays_or_duplicates_for_its_duration() {
    assert_eq!(run(to_second(LOSS, None)), ([50, 10], 40));
    assert_eq!(run(to_second(LOSS, milliseconds(200))), ([50, 30], 20));
    assert_eq!(run(to_second(LOSS, milliseconds(0))), ([50, 50], 0));
    assert_eq!(run(to_second(DELAY, None)), ([50, 40], 40), "ten are under way");
    assert_eq!(run(to_second(DELAY, milliseconds(200))), ([50, 50], 20), "all have arrived by then");
    assert_eq!(run(to_second(COPIES, None)), ([50, 90], 40));
    assert_eq!(run(to_second(COPIES, milliseconds(200))), ([50, 70], 20));
    assert_eq!(run(to_second(Impairment { duplicate: Ratio::ONE, ..DELAY }, None)), ([50, 70], 40), "copies are delayed too");
}

/// On links where messages overtake each other: ten before, then thirty twice, and ten that are under way with their copies.
#[test]
fn a_copy_on_an_impaired_link_is_delayed_too() {
    let fault = to_second(Impairment { duplicate: Ratio::ONE, ..DELAY }, None);
    let link = LinkModel { order: LinkOrder::Unordered, ..LinkModel::constant(milliseconds(5)) };
    let mut sim = workers().default_links(link).faults(FaultPlan::new().at(milliseconds(105), fault)).start(Seed(7));
    sim.run_for(milliseconds(507));
    assert_eq!(received(&sim, 1), 10 + 2 * 30);
}

#[test]
fn a_share_of_messages_is_lost() {
    let ([back, forth], effect) = run(to_second(Impairment { loss: Ratio::percent(50), ..NOTHING }, None));
    assert_eq!((back, forth + effect), (50, 50));
    assert!((12..=28).contains(&effect), "{effect} where 20 are expected");
}

#[test]
fn overlapping_impairments_of_a_link_add_up() {
    let plan = FaultPlan::new().at(milliseconds(105), to_second(DELAY, None)).at(milliseconds(105), to_second(COPIES, None));
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(507));
    assert_eq!(received(&sim, 1), 10 + 2 * 30, "ten before, then all of them late and twice");
}

/// In a group of three: of its links alone, in both directions.
#[test]
fn all_links_of_one_node_are_impaired() {
    let all = LinkFault::Impair {
        from: vec!["worker/1".to_owned()],
        to: vec!["*".to_owned()],
        both_ways: true,
        by: LOSS,
        duration: Some(milliseconds(200)),
    };
    let mut sim = workers_of(3).faults(FaultPlan::new().at(milliseconds(105), all)).start(Seed(7));
    sim.run_for(milliseconds(507));
    assert_eq!([0, 1, 2].map(|node| received(&sim, node)), [100 - 20, 100 - 40, 100 - 20]);
    let report = sim.finish();
    assert_eq!((report.faults[0].effect, report.traffic.lost()), (80, 80));
    let text = report.to_string();
    assert!(text.contains("impair [worker/1] | [*] (lose 1) for 0.200s  (80 messages impaired)"), "{text}");
}

#[test]
fn a_class_of_links_is_impaired_and_no_other() {
    let scenario = |links: &str| {
        let fault = LinkFault::ImpairLinks { links: links.to_owned(), by: LOSS, duration: Some(milliseconds(200)) };
        let plan = FaultPlan::new().at(milliseconds(105), fault);
        let other = LinkModel::constant(milliseconds(5));
        let mut sim = workers().links("worker", "worker", "lan", other).faults(plan).start(Seed(7));
        sim.run_for(milliseconds(507));
        ([0, 1].map(|node| received(&sim, node)), sim.finish().faults[0].effect)
    };
    assert_eq!(scenario("lan"), ([30, 30], 40));
    assert_eq!(scenario("default"), ([50, 50], 0));
}

/// The numbers that the second of two async nodes receives, which the first sends in order.
fn order(by: Impairment) -> Vec<u64> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let of_node = Arc::clone(&log);
    let main = move |node: Node| {
        let log = Arc::clone(&of_node);
        async move {
            let port = node.bind::<u64>("numbers");
            if node.index() == 0 {
                for number in 0..20 {
                    node.sleep(milliseconds(10)).await;
                    port.send(1, number);
                }
            }
            loop {
                let number = port.recv().await.message;
                log.lock().unwrap().push(number);
            }
        }
    };
    let plan = FaultPlan::new().at(Duration::ZERO, impair("node/0", "node/1", by, None));
    let scenario = Scenario::new("numbers").nodes("node", 2, main).default_links(LinkModel::constant(milliseconds(5)));
    scenario.faults(plan).run(Seed(7)).assert_ok();
    log.lock().unwrap().clone()
}

/// On links that keep the order of messages.
#[test]
fn reordered_messages_are_overtaken_by_later_ones() {
    let in_order: Vec<u64> = (0..20).collect();
    assert_eq!(order(DELAY), in_order);
    let reorder = Impairment { reorder: Ratio::percent(50), reorder_window: milliseconds(100), ..NOTHING };
    let mut reordered = order(reorder);
    assert_ne!(reordered, in_order);
    reordered.sort_unstable();
    assert_eq!(reordered, in_order, "none is lost");
}

#[test]
fn an_impairment_without_a_part_is_refused() {
    let refused = |by| {
        let plan = FaultPlan::new().at(milliseconds(5), to_second(by, None));
        workers().faults(plan).validate().unwrap_err().to_string()
    };
    let text = "fault 0 (impair) is invalid: it impairs nothing; set `loss`, `delay`, `duplicate` or `reorder` above zero";
    assert_eq!(refused(NOTHING), text);
    let never = refused(Impairment { reorder: Ratio::ONE, ..NOTHING });
    assert!(never.ends_with("a reorder ratio of 1 needs time to reorder in; set `reorder_window` above zero"), "{never}");
    let plan = FaultPlan::new().at(milliseconds(5), impair("worker/0", "worker/9", LOSS, None));
    let unknown = workers().faults(plan).validate().unwrap_err().to_string();
    assert!(unknown.contains("names node \"worker/9\""), "{unknown}");
}

/// It rolls for itself: what it decides does not change with the other faults of the plan.
#[test]
fn equal_seeds_impair_the_same_messages() {
    let half = Impairment { loss: Ratio::percent(50), ..NOTHING };
    let digest = |seed: u64| {
        let plan = FaultPlan::new().at(milliseconds(105), to_second(half, None));
        workers().faults(plan).run(Seed(seed)).digest
    };
    assert_eq!(digest(3), digest(3));
    assert_ne!(digest(3), digest(4));
}
