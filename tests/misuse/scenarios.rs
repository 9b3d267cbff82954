//! Scenarios and clusters that are declared wrongly.

use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{count, counters, panic_of, refusal};

#[test]
fn a_scenario_without_nodes() {
    assert_snapshot!(refusal(&Scenario::new("empty")), @"there are no nodes in it; add a group with `Scenario::machines` or `Scenario::nodes`");
}

#[test]
fn a_run_of_a_scenario_without_nodes() {
    assert_snapshot!(panic_of(|| Scenario::new("empty").run(Seed(7))), @r#"could not run scenario "empty": there are no nodes in it; add a group with `Scenario::machines` or `Scenario::nodes`"#);
}

#[test]
fn a_group_of_no_nodes() {
    assert_snapshot!(refusal(&Scenario::new("empty").nodes("counter", 0, count)), @"there are no nodes in it; add a group with `Scenario::machines` or `Scenario::nodes`");
}

#[test]
fn two_groups_of_one_name() {
    assert_snapshot!(refusal(&counters().nodes("counter", 1, count)), @r#"two groups are called "counter"; give each a name of its own"#);
}

#[test]
fn links_of_a_misspelt_group() {
    assert_snapshot!(panic_of(|| counters().links("conter", "*", "slow", LinkModel::default())), @r#"no group "conter" in scenario "counting"; declare groups before their links; did you mean "counter"; known: counter"#);
}

#[test]
fn links_before_their_group() {
    assert_snapshot!(panic_of(|| Scenario::new("early").links("counter", "*", "slow", LinkModel::default())), @r#"no group "counter" in scenario "early"; declare groups before their links"#);
}

#[test]
fn links_that_reorder_by_no_time() {
    let model = LinkModel { reorder: Ratio::percent(10), reorder_window: Duration::ZERO, ..LinkModel::default() };
    assert_snapshot!(refusal(&counters().default_links(model)), @r#"the links "default" are invalid: a reorder ratio of 0.1 needs time to reorder in; set `reorder_window` above zero"#);
}

#[test]
fn links_that_carry_no_session() {
    assert_snapshot!(refusal(&counters().default_links(LinkModel { window: 0, ..LinkModel::default() })), @r#"the links "default" are invalid: sessions with a window of 0 carry nothing; set `window` to 1 or more"#);
}

#[test]
fn a_node_left_out_that_is_not_there() {
    assert_snapshot!(refusal(&counters().without("counter-1")), @r#"node "counter-1" is to be left out, but the scenario has no such node; name it by group and index, as in "edge/1"; did you mean "counter/1"; known: counter/0, counter/1"#);
}

#[test]
fn a_seed_that_is_no_number() {
    assert_snapshot!("0x2g".parse::<Seed>().expect_err("it is no number"), @r#""0x2g" is not a seed; use a decimal number, 0x and up to 16 hex digits, or a 40-digit git hash"#);
}

#[test]
fn a_share_of_more_than_all() {
    assert_snapshot!(panic_of(|| Ratio::percent(120)), @"a ratio is at most 100 percent");
}

#[test]
fn a_cluster_without_regions() {
    assert_snapshot!(SimulatedCluster::builder().nodes(count).seed(Seed(7)).build_blocking().err().expect("it is refused"), @"the cluster has no regions; name at least one with `regions`");
}

#[test]
fn a_cluster_without_a_seed() {
    let builder = SimulatedCluster::builder().regions(["eu"]).shards_per_region(1).nodes(count);
    assert_snapshot!(builder.build_blocking().err().expect("it is refused"), @"there is no seed; choose one with `seed`, so that the run can be repeated");
}

#[test]
fn a_cluster_without_node_code() {
    let builder = SimulatedCluster::builder().regions(["eu"]).shards_per_region(1).seed(Seed(7));
    assert_snapshot!(builder.build_blocking().err().expect("it is refused"), @"nothing runs on the nodes; say what does with `machines` or `nodes`");
}

#[test]
fn latency_to_a_misspelt_region() {
    let builder = SimulatedCluster::builder().regions(["eu-west", "us-east"]).shards_per_region(1).nodes(count).seed(Seed(7));
    let builder = builder.latency("eu-west", "us-esat", Duration::from_millis(80));
    assert_snapshot!(builder.build_blocking().err().expect("it is refused"), @r#"a latency names region "us-esat", which the cluster does not have; add it to `regions`; did you mean "us-east"; known: eu-west, us-east"#);
}

#[test]
fn a_node_of_a_misspelt_region() {
    assert_snapshot!(panic_of(|| two_regions().node("us-esat", 0)), @r#"there is no region "us-esat" in the cluster; did you mean "us-east"; known: eu-west, us-east"#);
}

#[test]
fn a_node_of_a_shard_that_is_not_there() {
    assert_snapshot!(panic_of(|| two_regions().node("us-east", 3)), @"there is no shard 3; each region has shards 0 to 1");
}

fn two_regions() -> SimulatedCluster {
    let builder = SimulatedCluster::builder().regions(["eu-west", "us-east"]).shards_per_region(2).nodes(count);
    builder.seed(Seed(7)).build_blocking().expect("it is a cluster")
}
