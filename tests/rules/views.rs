//! The views that rules read, a row of a group at a time.

use cluster_sim::prelude::*;

use super::{Counter, PERIOD};

/// Groups of one row, several rows, and async nodes of which some publish another type.
fn mixed() -> Scenario {
    async fn publish(node: Node) {
        for count in 0..5_u64 {
            match node.index() % 2 {
                0 => node.publish(|shown: &mut u64| *shown = 100 + count),
                _ => node.publish(|shown: &mut String| *shown = count.to_string()),
            }
            node.sleep(PERIOD).await;
        }
    }
    let boot = |info: &Boot| Counter { count: u64::from(info.index()), left: 5 };
    Scenario::new("mixed").machines("few", 3, boot).nodes("async", 19, publish).machines("row", 16, boot).machines("many", 41, boot)
}

fn shown(views: impl Iterator<Item = (NodeId, u64)>) -> Vec<(NodeId, u64)> {
    views.collect()
}

#[test]
fn all_views_are_those_of_each_node_in_order_of_id() {
    let one_by_one = |world: &World<'_>| {
        let each = world.nodes().filter_map(|node| Some((node, *world.view::<u64>(node)?)));
        let (each, all) = (shown(each), shown(world.views::<u64>().map(|(node, count)| (node, *count))));
        if each == all { Ok(()) } else { Err(format!("{all:?} instead of {each:?}")) }
    };
    let scenario = mixed().without("many/20").without("few/0").always("views are those of nodes", one_by_one);
    for seed in 0..8 {
        let report = scenario.clone().chaos(FaultProfile::default()).duration(Duration::from_secs(1)).run(Seed(seed));
        report.assert_ok();
    }
    assert_eq!(scenario.start(Seed(1)).inspect(|world| world.views::<u64>().count()), 0, "no node has booted");
}

#[test]
fn views_of_one_type_leave_out_those_of_others() {
    let mut sim = mixed().start(Seed(7));
    sim.run_for(PERIOD * 2);
    let counts = |world: &World<'_>| (world.views::<u64>().count(), world.views::<String>().count(), world.views::<u32>().count());
    assert_eq!(sim.inspect(counts), (3 + 10 + 16 + 41, 9, 0));
    sim.crash(0);
    sim.kill(78);
    assert_eq!(sim.inspect(counts), (3 + 10 + 16 + 41 - 2, 9, 0));
}
