//! The smallest user test with async nodes, under plain and tokio tests, with one digest.

use cluster_sim::prelude::*;
use cluster_sim::report::Digest;

async fn gossip(node: Node) {
    let peers = node.bind::<u64>("gossip");
    let mut highest = u64::from(node.id());
    loop {
        node.publish(|seen: &mut u64| *seen = highest);
        peers.broadcast(highest);
        peers.recv_for(Duration::from_millis(50), |received| highest = highest.max(received.message)).await;
    }
}

fn agreement_follows_a_healed_partition() -> Digest {
    let scenario = Scenario::new("gossip")
        .nodes("gossip", 3, gossip)
        .eventually("all nodes agree", |world| world.views::<u64>().all(|(_, seen)| *seen == 2))
        .duration(Duration::from_secs(10));
    let mut sim = scenario.start(Seed(7));
    let cut = sim.partition([2], [0, 1]);
    sim.run_for(Duration::from_secs(5));
    assert_eq!(sim.inspect(|world| world.nodes_where::<u64>(|seen| *seen != 2)), [NodeId(0), NodeId(1)]);
    cut.heal();
    sim.run_for(Duration::from_secs(5));
    let report = sim.finish();
    report.assert_ok();
    scenario.sweep(0..64).assert_ok();
    report.digest
}

#[test]
fn a_plain_test_gives_one_digest() {
    assert_eq!(agreement_follows_a_healed_partition(), agreement_follows_a_healed_partition());
}

#[tokio::test]
async fn a_tokio_test_gives_the_digest_of_a_plain_run() {
    let here = agreement_follows_a_healed_partition();
    let plain = std::thread::spawn(agreement_follows_a_healed_partition).join().expect("the plain run passes");
    assert_eq!(here, plain);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_multi_thread_tokio_test_gives_that_digest_too() {
    let here = agreement_follows_a_healed_partition();
    let on_worker = tokio::spawn(async { agreement_follows_a_healed_partition() }).await.expect("the run on a worker passes");
    assert_eq!(here, on_worker);
}
