//! The memory of a large cluster.

use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim_replicated_log::Config;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::replicated_log::cluster;
use cluster_sim_testkit::units::{milliseconds, seconds};
use rstest::rstest;

const MIB: u64 = 1 << 20;

#[rstest]
fn nine_servers_with_all_rules_fit_64_mib(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let config = Config { servers: 9, operations: 150, pause: milliseconds(10), orders: 4, ..Config::default() };
    let profile = FaultProfile::default().also(FaultKind::OF_CLOCKS).also(FaultKind::disk_honest());
    let scenario = cluster("log of nine", style, 3, config).chaos(profile).duration(seconds(10));
    let mut entries = 0;
    let allocated = allocation_counter::measure(|| {
        let report = scenario.run(Seed(7));
        report.assert_ok();
        entries = report.checks.iter().find(|check| check.name.contains("one state")).expect("it is a rule").times_checked;
    });
    println!("{} KiB at most, with {entries} entries executed", allocated.bytes_max / 1024);
    assert!(entries > 2_000, "{entries} entries");
    assert!(allocated.bytes_max < 64 * MIB, "{} MiB", allocated.bytes_max / MIB);
}
