//! The result of a campaign does not depend on the number of workers, or on threads or processes.

use cluster_sim::prelude::*;
use rstest::rstest;

use crate::count;

/// Violates one of three rules in some seeds and panics in others, each after a random time.
async fn fragile(node: Node) {
    node.sleep(Duration::from_millis(node.roll("when", 0).below(1_000))).await;
    let fate = node.roll("fate", 0).below(64);
    assert!(fate != 9, "fate is {fate} on node {}", node.id());
    node.publish(|shown: &mut u64| *shown = fate);
}

fn scenario() -> Scenario {
    let rule = |name: &str, fatal: u64| {
        let message = format!("{name} broke");
        move |world: &World<'_>| {
            let broken: Vec<NodeId> = world.views::<u64>().filter(|(_, fate)| **fate == fatal).map(|(node, _)| node).collect();
            if broken.is_empty() { Verdict::Holds } else { Verdict::violated(broken.clone(), format!("{message} on {broken:?}")) }
        }
    };
    let scenario = Scenario::new("fragile").nodes("node", 3, fragile).chaos(FaultProfile::default());
    scenario
        .always("one", rule("one", 1))
        .always("two", rule("two", 2))
        .always("three", rule("three", 3))
        .duration(Duration::from_secs(2))
}

#[rstest]
fn a_campaign_gives_one_result_in_threads_and_processes(#[values(1, 3, 9)] failures: usize) {
    let campaign = |workers: usize| scenario().campaign(100..300).max_failures(count(failures)).threads(count(workers));
    let alone = campaign(1).run();
    assert!(alone.failures().len() == failures.min(4), "{alone}");
    for other in [campaign(2).run(), campaign(5).run(), campaign(1).isolated().run(), campaign(3).isolated().run()] {
        assert_eq!(other.to_string(), alone.to_string());
        assert_eq!(other.failures(), alone.failures());
        assert_eq!((other.passed(), other.failed()), (alone.passed(), alone.failed()));
    }
}

#[test]
fn an_empty_range_of_seeds_is_no_pass() {
    for sweep in [scenario().campaign(5..5).run(), scenario().campaign(5..5).isolated().run()] {
        assert_eq!((sweep.passed(), sweep.is_ok(), sweep.exit_code()), (0, false, 4));
    }
}
