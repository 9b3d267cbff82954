//! Regions and shards: groups that are placed in one, and faults that name them.

use cluster_sim::node::{Region, Shard};
use cluster_sim::prelude::*;
use cluster_sim::scenario::ClusterError;
use cluster_sim_testkit::units::milliseconds;

/// Counts what each node receives from each other.
type Heard = Vec<u64>;

/// Sends a number to every node of a cluster of that size every 10 ms.
fn chatter(nodes: u32) -> impl Fn(Node) -> std::pin::Pin<Box<dyn Future<Output = ()>>> + Send + Sync + 'static {
    move |node| {
        Box::pin(async move {
            let port = node.bind::<u64>("chatter");
            let mut ticks = node.interval(milliseconds(10));
            let mut heard: Heard = vec![0; nodes as usize];
            loop {
                select! {
                    _ = ticks.tick() => (0..nodes).filter(|to| NodeId(*to) != node.id()).for_each(|to| port.send(to, 1)),
                    received = port.recv() => heard[received.from.index()] += 1,
                }
                node.publish(|view: &mut Heard| view.clone_from(&heard));
            }
        })
    }
}

/// Regions a and b, 80 ms apart, with shards 0 and 1 (nodes 0 to 3), and a client (node 4), in `region` if there is one.
fn cluster(region: Option<&'static str>, plan: FaultPlan) -> Result<SimulatedCluster, ClusterError> {
    SimulatedCluster::builder()
        .regions(["a", "b"])
        .shards_per_region(2)
        .latency("a", "b", milliseconds(80))
        .nodes(chatter(5))
        .with(move |scenario| {
            let scenario = scenario.nodes("client", 1, chatter(5)).faults(plan);
            region.map_or(scenario.clone(), |region| scenario.place("client", region))
        })
        .seed(Seed(7))
        .build_blocking()
}

/// The counts of a node, by sender.
fn heard(cluster: &SimulatedCluster, node: u32) -> Heard {
    cluster.inspect(|world| world.view::<Heard>(NodeId(node)).cloned().unwrap_or_default())
}

/// Whether the client hears from nodes 0 to 3 once the messages under way have arrived.
fn client_hears(cluster: &mut SimulatedCluster) -> Vec<bool> {
    cluster.run_for(milliseconds(200));
    let before = heard(cluster, 4);
    cluster.run_for(milliseconds(200));
    heard(cluster, 4).iter().zip(before).take(4).map(|(now, before)| *now > before).collect()
}

#[test]
fn a_placed_client_has_the_latencies_and_cuts_of_its_region() {
    let mut cluster = cluster(Some("b"), FaultPlan::new()).unwrap();
    cluster.run_for(milliseconds(79));
    assert_eq!(heard(&cluster, 4)[..2], [0, 0], "region a is 80 ms away");
    assert!(heard(&cluster, 4)[2..4].iter().all(|count| *count > 3));
    assert_eq!(cluster.nodes_in("b"), [2, 3, 4].map(NodeId));
    assert_eq!(cluster.replicas(Shard(0)), [0, 2].map(NodeId), "a client holds no shard");
    let cut = cluster.isolate("b");
    assert_eq!(client_hears(&mut cluster), [false, false, true, true]);
    drop(cut);
    assert_eq!(client_hears(&mut cluster), [true; 4]);
    let cut = cluster.inject_partition("a", "b");
    assert_eq!(client_hears(&mut cluster), [false, false, true, true]);
    drop(cut);
    let _cut = cluster.isolate("a");
    assert_eq!(client_hears(&mut cluster), [false, false, true, true]);
}

#[test]
fn a_client_that_is_placed_nowhere_is_in_no_region() {
    let mut cluster = cluster(None, FaultPlan::new()).unwrap();
    cluster.run_for(milliseconds(30));
    assert!(heard(&cluster, 4)[..4].iter().all(|count| *count > 0), "its links are the default ones, of 10 ms at most");
    assert_eq!((cluster.nodes_in("a"), cluster.nodes_in("b")), (vec![NodeId(0), NodeId(1)], vec![NodeId(2), NodeId(3)]));
    let cut = cluster.inject_partition("a", "b");
    assert_eq!(client_hears(&mut cluster), [true; 4], "it is on neither side");
    drop(cut);
    let _cut = cluster.isolate("a");
    assert_eq!(client_hears(&mut cluster), [false, false, true, true], "it is outside of the region");
}

#[test]
fn a_node_knows_the_region_that_it_stands_in() {
    let seen = |place: bool| {
        let main = async |node: Node| node.publish(|view: &mut (Region, Shard)| *view = (node.region(), node.shard()));
        let scenario = Scenario::new("places").nodes("store", 1, main).nodes("client", 1, main);
        let scenario = if place { scenario.place("store", "a") } else { scenario };
        let mut sim = scenario.start(Seed(7));
        sim.run_for(milliseconds(10));
        [0, 1].map(|node| sim.inspect(|world| world.view::<(Region, Shard)>(NodeId(node)).copied().unwrap()))
    };
    assert_eq!(seen(false), [(Region(0), Shard(0)); 2], "there are no regions");
    assert_eq!(seen(true), [(Region(0), Shard::NONE), (Region::NONE, Shard::NONE)]);
}

#[test]
fn plans_name_regions_shards_and_groups() {
    let cut = |from: &str, to: &str| {
        let fault = NetworkFault::Cut { from: vec![from.to_owned()], to: vec![to.to_owned()], both_ways: true, duration: None };
        FaultPlan::new().at(milliseconds(100), fault)
    };
    let hears = |plan: FaultPlan| {
        let mut cluster = cluster(Some("b"), plan)?;
        cluster.run_for(milliseconds(200));
        Ok::<_, ClusterError>(client_hears(&mut cluster))
    };
    assert_eq!(hears(cut("region:a", "region:b")), Ok(vec![false, false, true, true]));
    assert_eq!(hears(cut("region:b", "*")), Ok(vec![false, false, true, true]));
    assert_eq!(hears(cut("shard:1", "group:client")), Ok(vec![true, false, true, false]));
    assert_eq!(hears(cut("a/0", "client/0")), Ok(vec![false, true, true, true]));
    let refused = |plan| hears(plan).unwrap_err().to_string();
    let unknown = refused(cut("region:z", "*"));
    assert!(unknown.contains("names node \"region:z\"") && unknown.contains("region:a"), "{unknown}");
    let both = refused(cut("region:b", "shard:0"));
    assert!(both.contains("has node \"b/0\" on both sides"), "{both}");
}

#[test]
fn a_place_that_is_not_there_is_refused() {
    let error = cluster(Some("z"), FaultPlan::new()).err().expect("the cluster has no such region");
    let text =
        "a group is placed in region \"z\", which the cluster does not have; add it to `regions`; did you mean \"a\"; known: a, b";
    assert_eq!(error.to_string(), text);
}

#[test]
#[should_panic(
    expected = "no group \"stroe\" in scenario \"places\"; declare groups before what names them; did you mean \"store\""
)]
fn a_group_that_is_not_there_cannot_be_placed() {
    let _scenario = Scenario::new("places").nodes("store", 1, async |_| {}).place("stroe", "a");
}

/// Profiles cut whole regions off, and spare those that they are told to spare.
#[test]
fn profiles_cut_and_spare_regions() {
    let cuts = |profile: FaultProfile| {
        let scenario = Scenario::new("places").nodes("store", 2, async |_| {}).nodes("client", 2, async |_| {});
        let scenario = scenario.place("store", "a").place("client", "b").duration(Duration::from_secs(5)).chaos(profile);
        let faults = (0..60).flat_map(|seed| scenario.run(Seed(seed)).faults).map(|record| record.fault);
        faults.filter(|fault| fault.kind() == "cut").collect::<Vec<Fault>>()
    };
    let is_region = |fault: &Fault| fault.sides().iter().all(|side| side.len() == 2 && side[0][..4] == side[1][..4]);
    let all = cuts(FaultProfile::default());
    assert!(all.iter().filter(|fault| is_region(fault)).count() > 20);
    let spared = cuts(FaultProfile::default().never_cutting(["region:a"]));
    assert!(!spared.is_empty() && spared.iter().all(|fault| !fault.nodes().iter().any(|node| node.starts_with("store/"))));
}
