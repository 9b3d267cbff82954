//! Three regions of five shards: partitions between regions, and convergence after they heal.

use cluster_sim::node::Shard;
use cluster_sim::prelude::*;
use cluster_sim::scenario::{ClusterBuilder, ClusterError, NotConverged};
use cluster_sim_testkit::units::milliseconds;

/// Keeps the highest number it has received, and sends it to the replicas of its shard in the other regions.
struct Replica {
    peers: Vec<NodeId>,
    seen: Seen,
}

/// The view of a replica: its shard, and the highest number it has.
struct Seen {
    shard: Shard,
    highest: u64,
}

const GOSSIP: Timer = Timer(0);

impl Replica {
    fn boot(node: &Boot) -> Self {
        Self { peers: node.peers(), seen: Seen { shard: node.shard(), highest: 0 } }
    }
}

impl Machine for Replica {
    type Message = u64;
    type View = Seen;

    fn step(&mut self, _now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Message { message, .. } | Input::Call(message) => self.seen.highest = self.seen.highest.max(message),
            _ => {
                effects.send_all(&self.peers, self.seen.highest);
                effects.set_timer(GOSSIP, Duration::from_millis(50));
            }
        }
    }

    fn view(&self) -> &Seen {
        &self.seen
    }
}

const REGIONS: [&str; 3] = ["us-east", "eu-west", "ap-south"];
const SHARDS: u16 = 5;

fn builder() -> ClusterBuilder {
    let [near, atlantic, pacific, far] = [1, 40, 90, 110].map(milliseconds);
    SimulatedCluster::builder()
        .regions(REGIONS)
        .shards_per_region(u32::from(SHARDS))
        .latency_matrix([[near, atlantic, pacific], [atlantic, near, far], [pacific, far, near]])
        .machines(Replica::boot)
        .seed(Seed(42))
}

/// Writes a different number into every shard of a region; shard 0 gets 100.
fn write_all_shards(cluster: &mut SimulatedCluster, region: &str) {
    for shard in 0..SHARDS {
        let node = cluster.node(region, shard);
        cluster.sim().call(node, 100 + u64::from(shard)).expect("every node is up");
    }
}

/// The nodes that do not have what was written into their shard.
fn behind(world: &World<'_>) -> Vec<NodeId> {
    world.nodes_where(|seen: &Seen| seen.highest != 100 + u64::from(seen.shard.0))
}

#[test]
fn a_region_converges_after_its_cut_heals() {
    let mut cluster = builder().build_blocking().unwrap();
    let cut = cluster.inject_partition("us-east", "eu-west");
    let other = cluster.inject_partition("ap-south", "eu-west");
    cluster.run_for(milliseconds(10));
    write_all_shards(&mut cluster, "us-east");
    cluster.run_for(Duration::from_secs(5));
    assert_eq!(cluster.inspect(behind), cluster.nodes_in("eu-west"), "nothing crosses a cut");
    assert!(cut.dropped() > 500 && other.dropped() > 500, "{} and {}", cut.dropped(), other.dropped());
    drop((cut, other));
    let took = cluster.await_convergence_blocking(Duration::from_secs(2), behind).unwrap();
    assert!(took >= milliseconds(40) && took < milliseconds(200), "a gossip interval and one way over the sea, not {took:?}");
    cluster.finish().assert_ok();
}

#[test]
fn shards_are_independent() {
    let mut cluster = builder().build_blocking().unwrap();
    cluster.run_for(milliseconds(10));
    let node = cluster.node("us-east", 3);
    cluster.sim().call(node, 7_u64).unwrap();
    cluster.run_for(Duration::from_secs(1));
    let reached =
        |world: &World<'_>| world.views::<Seen>().filter(|(_, seen)| seen.highest == 7).map(|(node, _)| node).collect::<Vec<_>>();
    assert_eq!(cluster.inspect(reached), cluster.replicas(Shard(3)));
}

#[test]
fn a_cut_between_two_regions_is_bypassed_through_the_third() {
    let mut cluster = builder().build_blocking().unwrap();
    let _cut = cluster.inject_partition("us-east", "eu-west");
    cluster.run_for(milliseconds(10));
    write_all_shards(&mut cluster, "us-east");
    let took = cluster.await_convergence_blocking(Duration::from_secs(2), behind).unwrap();
    assert!(took >= milliseconds(90 + 110), "through the third region, not {took:?}");
}

#[test]
fn a_one_way_cut_leaves_the_other_way_open() {
    let mut cluster = builder().build_blocking().unwrap();
    let _cuts = [cluster.inject_partition_one_way("us-east", "eu-west"), cluster.inject_partition_one_way("us-east", "ap-south")];
    cluster.run_for(milliseconds(10));
    write_all_shards(&mut cluster, "eu-west");
    cluster.await_convergence_blocking(Duration::from_secs(1), behind).expect("what comes into us-east is not cut");
    let node = cluster.node("us-east", 0);
    cluster.sim().call(node, 999_u64).unwrap();
    cluster.run_for(Duration::from_secs(2));
    let reached = cluster.inspect(|world| world.nodes_where(|seen: &Seen| seen.highest >= 999));
    assert_eq!(reached, [node], "nothing leaves it");
}

#[test]
fn an_isolated_region_is_reported_as_behind_with_its_cut() {
    let mut cluster = builder().build_blocking().unwrap();
    let _cut = cluster.isolate("ap-south");
    cluster.run_for(milliseconds(10));
    write_all_shards(&mut cluster, "us-east");
    let error = cluster.await_convergence_blocking(Duration::from_secs(1), behind).unwrap_err();
    assert_eq!(error.behind, ["ap-south/0", "ap-south/1", "ap-south/2", "ap-south/3", "ap-south/4"]);
    assert_eq!(error.waited, Duration::from_secs(1));
    assert_eq!(
        error.to_string(),
        "not converged after 1.000s: ap-south/0, ap-south/1, ap-south/2, ap-south/3, ap-south/4 behind; \
         in force: cut [ap-south/0 ap-south/1 ap-south/2 and 2 more] | [us-east/0 us-east/1 us-east/2 and 7 more]"
    );
    cluster.heal_all_partitions();
    cluster.await_convergence_blocking(Duration::from_secs(1), behind).unwrap();
}

#[test]
fn without_a_cut_the_convergence_error_reports_none() {
    let mut cluster = builder().build_blocking().unwrap();
    cluster.run_for(milliseconds(10));
    let error = cluster.await_convergence_blocking(milliseconds(20), behind).unwrap_err();
    assert!(error.cuts.is_empty() && error.to_string().ends_with("no cut is in force"), "{error}");
}

#[test]
fn a_finding_ends_the_wait_for_convergence() {
    let fails_late =
        |scenario: Scenario| scenario.always("no node has 100", |world| world.views::<Seen>().all(|(_, seen)| seen.highest != 100));
    let mut cluster = builder().with(fails_late).build_blocking().unwrap();
    cluster.run_for(milliseconds(10));
    let node = cluster.node("us-east", 0);
    cluster.sim().call(node, 99_u64).unwrap();
    cluster.sim().call(node, 100_u64).unwrap();
    let error: NotConverged = cluster.await_convergence_blocking(Duration::from_secs(9), behind).unwrap_err();
    assert!(error.run_is_over && error.to_string().contains("a finding ended the run"), "{error}");
    assert_eq!(cluster.finish().outcome, Outcome::Violated);
}

/// Runs the healed partition and returns the digest.
async fn healed_partition() -> String {
    let mut cluster = builder().build().await.unwrap();
    let cut = cluster.inject_partition("us-east", "eu-west");
    cluster.run_for(milliseconds(500));
    write_all_shards(&mut cluster, "ap-south");
    tokio::task::yield_now().await;
    cut.heal();
    cluster.await_convergence(Duration::from_secs(2), behind).await.unwrap();
    let report = cluster.finish();
    report.assert_ok();
    report.digest.to_string()
}

fn expected_digest() -> String {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(healed_partition())
}

#[tokio::test]
async fn a_tokio_test_gives_the_digest_of_a_plain_test() {
    let here = healed_partition().await;
    assert_eq!(here, std::thread::spawn(expected_digest).join().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_multi_thread_tokio_test_gives_the_digest_of_a_plain_test() {
    let here = healed_partition().await;
    assert_eq!(here, std::thread::spawn(expected_digest).join().unwrap());
}

#[test]
fn the_latency_matrix_applies_in_each_direction() {
    let mut cluster = SimulatedCluster::builder()
        .regions(["a", "b"])
        .shards_per_region(1)
        .latency_matrix([[milliseconds(1), milliseconds(30)], [milliseconds(200), milliseconds(1)]])
        .machines(Replica::boot)
        .seed(Seed(1))
        .build_blocking()
        .unwrap();
    cluster.run_for(milliseconds(1));
    let [a, b] = ["a", "b"].map(|region| cluster.node(region, 0));
    cluster.sim().call(a, 100_u64).unwrap();
    let there = cluster.await_convergence_blocking(Duration::from_secs(1), behind).unwrap();
    assert!((30..30 + 51).contains(&there.as_millis()), "{there:?}");
    cluster.sim().call(b, 101_u64).unwrap();
    let back = cluster
        .await_convergence_blocking(Duration::from_secs(1), |world| world.nodes_where(|seen: &Seen| seen.highest != 101))
        .unwrap();
    assert!((200..200 + 51).contains(&back.as_millis()), "{back:?}");
}

#[test]
fn every_invalid_cluster_is_refused_with_the_cure() {
    let whole = || SimulatedCluster::builder().regions(["a", "b"]).shards_per_region(1).machines(Replica::boot).seed(Seed(1));
    let refusal = |builder: ClusterBuilder| builder.build_blocking().err().expect("it is no cluster");
    let cases = [
        (refusal(whole().regions(Vec::<String>::new())), ClusterError::NoRegions, "no regions; name at least one"),
        (refusal(whole().shards_per_region(0)), ClusterError::NoShards, "no shards; give them at least one"),
        (
            refusal(whole().regions(["a", "b", "a"])),
            ClusterError::DuplicateRegion { region: "a".into() },
            "two regions are called \"a\"; give each a name",
        ),
        (
            refusal(whole().shards_per_region(65_536)),
            ClusterError::TooManyShards { shards: 65_536 },
            "65536 shards a region are too many; the most is 65535",
        ),
        (
            refusal(whole().latency("a", "z", Duration::ZERO)),
            ClusterError::UnknownRegion { region: "z".into(), known: vec!["a".into(), "b".into()] },
            "region \"z\", which the cluster does not have; add it",
        ),
        (
            refusal(SimulatedCluster::builder().regions(["a"]).shards_per_region(1).seed(Seed(1))),
            ClusterError::NoMachines,
            "nothing runs on the nodes; say what does",
        ),
        (
            refusal(SimulatedCluster::builder().regions(["a"]).shards_per_region(1).machines(Replica::boot)),
            ClusterError::NoSeed,
            "there is no seed; choose one",
        ),
    ];
    for (refused, expected, words) in cases {
        assert_eq!(refused, expected);
        assert!(refused.to_string().contains(words), "{refused}");
    }
}

#[test]
fn the_largest_number_of_shards_is_accepted() {
    let cluster =
        SimulatedCluster::builder().regions(["a"]).shards_per_region(65_535).machines(Replica::boot).seed(Seed(1)).build_blocking();
    assert_eq!(cluster.unwrap().node("a", 65_534), NodeId(65_534));
}

#[test]
fn a_call_of_another_type_is_refused_with_both_type_names() {
    let mut cluster = builder().build_blocking().unwrap();
    cluster.run_for(milliseconds(10));
    let node = cluster.node("us-east", 0);
    let error = cluster.sim().call(node, "hello".to_owned()).unwrap_err();
    assert_eq!(error.to_string(), "n0 does not understand a call of type alloc::string::String; send it a u64");
    cluster.sim().crash(node);
    let error = cluster.sim().call(node, 7_u64).unwrap_err();
    assert_eq!(error.to_string(), "n0 takes no call: it is Down; restart or resume it first");
}

#[test]
fn a_latency_between_two_regions_applies_in_both_directions() {
    let mut cluster = SimulatedCluster::builder()
        .regions(["a", "b"])
        .shards_per_region(1)
        .latency("a", "b", milliseconds(300))
        .machines(Replica::boot)
        .seed(Seed(1))
        .build_blocking()
        .unwrap();
    cluster.run_for(milliseconds(1));
    for (region, number) in [("a", 100_u64), ("b", 101)] {
        let node = cluster.node(region, 0);
        cluster.sim().call(node, number).unwrap();
        let took = cluster
            .await_convergence_blocking(Duration::from_secs(1), |world| world.nodes_where(|seen: &Seen| seen.highest != number));
        assert!((300..300 + 51).contains(&took.unwrap().as_millis()), "from region {region}");
    }
}
