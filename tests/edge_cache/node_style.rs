//! Clients as machines and as async functions have equal messages, fates and counters.

use cluster_sim::Seed;
use cluster_sim_scenarios::edge_cache::{Defaults, EdgeCacheFile, Seconds, Step};
use cluster_sim_scenarios::{NodeStyle, Variables};
use cluster_sim_testkit::equivalence;
use rstest::rstest;
use serde_json::Value;

use crate::measured::{changed, metric, run, steps};

fn assert_equal(file: &EdgeCacheFile, seed: u64) {
    let prepare = |client| EdgeCacheFile { client, ..file.clone() }.prepare().expect("the file is a scenario");
    let [machines, tasks] = [NodeStyle::Machine, NodeStyle::Async].map(prepare);
    equivalence::assert_equal(machines.scenario(), tasks.scenario(), Seed(seed));
}

#[rstest]
#[case::example(include_str!("../../scenarios/edge-cache.json"))]
#[case::control(include_str!("../../scenarios/edge-cache-control.json"))]
#[case::burst_lag(include_str!("../../scenarios/edge-cache-burst-lag.json"))]
#[case::version_gated(include_str!("../../scenarios/edge-cache-version-gated.json"))]
fn async_clients_behave_as_machines_do(#[case] text: &str) {
    let file = EdgeCacheFile::parse(text, "a.json", &Defaults::default()).expect("it is a scenario");
    (40..48).for_each(|seed| assert_equal(&file, seed));
}

/// Runs of one second in which the router lags, one edge is cut and one is killed, as in the committed digests.
#[test]
fn async_clients_behave_as_machines_do_in_ten_thousand_seeds() {
    let text = include_str!("../../scenarios/edge-cache-short.json");
    let file = EdgeCacheFile::parse(text, "a.json", &Defaults::default()).expect("it is a scenario");
    (0..10_000).for_each(|seed| assert_equal(&file, seed));
}

/// The report of a builtin scenario, without the fields that depend on the style of its clients.
fn report(name: &str) -> serde_json::Map<String, Value> {
    let registry = cluster_sim_scenarios::builtin();
    let ready = registry.named(name).expect("it is ready").prepare(&Variables::default()).expect("it is fit to run");
    let mut report = serde_json::to_value(ready.run()).expect("a report is plain data");
    report["scenario"].as_object_mut().expect("a scenario is echoed").remove("client").expect("it says how clients are written");
    report.as_object_mut().expect("a report has fields").clone()
}

#[rstest]
#[case("edge-cache", "edge-cache-async")]
#[case("edge-cache-short", "edge-cache-short-async")]
fn builtin_scenarios_report_alike_with_async_clients_and_machines(#[case] machines: &str, #[case] tasks: &str) {
    let [machines, tasks] = [machines, tasks].map(report);
    assert!(machines.keys().eq(tasks.keys()));
    let differ: Vec<&str> = machines.keys().filter(|field| machines[*field] != tasks[*field]).map(String::as_str).collect();
    // The signature contains the two other fields.
    assert_eq!(differ, ["digest", "signature", "steps"]);
}

#[test]
fn async_clients_leave_an_unresponsive_edge_as_machines_do() {
    let mut file = EdgeCacheFile::example();
    file.steps = steps([(3.0, Step::KillEdgeNode { edge_id: 1 })]);
    (0..8).for_each(|seed| assert_equal(&file, seed));
    file.client = NodeStyle::Async;
    assert!(metric(&run(&file), "reads_unavailable") > 0.0);
}

#[test]
fn write_only_and_read_only_async_clients_behave_as_machines() {
    let only =
        |reads: f64, writes: f64| changed(|file| (file.reads_per_client_per_sec, file.writes_per_client_per_sec) = (reads, writes));
    assert_equal(&only(0.0, 5.0), 42);
    assert_equal(&only(20.0, 0.0), 42);
}

/// The one difference. The two timers of a machine are two events in random order; an async client waits for one thing at a time,
/// and checks its ticks after the read has timed out.
#[test]
fn an_async_client_skips_a_tick_at_the_instant_of_a_timeout() {
    let unavailable = |client| {
        let file = changed(|file| {
            // Ten attempts of 5 ms each, and a read every 50 ms, from a killed edge.
            (file.client_delay_ms, file.edge_count, file.client_count, file.client) = (5, 1, 1, client);
            (file.duration_secs, file.steps) = (Seconds(101.0), steps([(0.5, Step::KillEdgeNode { edge_id: 0 })]));
        });
        metric(&run(&file), "reads_unavailable")
    };
    let (machine, task) = (unavailable(NodeStyle::Machine), unavailable(NodeStyle::Async));
    assert!((1_004.0..=1_005.0).contains(&task), "every second tick of about 2,010 was a read, {task} were");
    assert!((1_200.0..=1_500.0).contains(&machine), "two ticks in three were a read, {machine} were");
}
