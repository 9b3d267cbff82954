//! The smallest cases that a person writes for the bugs of the replicated log and the queue, beside the minimized ones.
//!
//! A case is a seed, whose links and disks make their own choices, and the faults of a plan. Where the bound on a minimized case is larger,
//! minimizing kept faults in place of the chance that a person waits for.

use cluster_sim::fault::Fault;
use cluster_sim::prelude::*;
use cluster_sim_scenarios::{NodeStyle, builtin};
use cluster_sim_testkit::faults::{crash, pause};
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;

/// A fault and its instant in milliseconds.
type Planned = (u64, Fault);

/// Two brokers crash, one after the other, and then a consumer, which asks where its group is.
fn brokers_and_a_consumer() -> Vec<Planned> {
    let brokers = [(600, "broker/0"), (750, "broker/1")].map(|(at, node)| (at, crash(node, milliseconds(100))));
    brokers.into_iter().chain([(900, crash("consumer/0", milliseconds(50)))]).collect()
}

#[rstest]
#[case("replicated-log/ack-before-durable", 0, vec![])]
#[case("replicated-log/vote-not-durable", 0, vec![])]
#[case("replicated-log/commit-regress", 0, vec![])]
#[case("replicated-log/truncate-on-length", 0, vec![])]
#[case("replicated-log/stale-vote", 2, vec![(1_200, crash("server/0", milliseconds(100)))])]
#[case("replicated-log/snapshot-lowers-applied", 12, vec![])]
#[case("replicated-log/lease-read-no-epsilon", 0, vec![])]
#[case("replicated-log/sessions-not-in-snapshot", 1, vec![])]
#[case("replicated-log/commit-stall", 0, vec![])]
#[case("replicated-log/apply-nondeterminism", 0, vec![])]
#[case("stream-queue/trim-before-commit", 4, vec![(900, pause("broker/0", milliseconds(400)))])]
#[case("stream-queue/offset-reuse-under-backpressure", 0, vec![])]
#[case("stream-queue/fuzzy-checkpoint", 9, vec![])]
#[case("stream-queue/acknowledges-before-sync", 0, vec![])]
#[case("stream-queue/forgets-sequences", 4, vec![(1_200, crash("broker/0", milliseconds(5)))])]
#[case("stream-queue/forgets-groups", 10, brokers_and_a_consumer())]
#[case("stream-queue/skips-damaged-record", 7, vec![])]
#[case("stream-queue/rotates-by-own-setting", 0, vec![])]
#[case("stream-queue/trims-unshipped", 0, vec![])]
fn a_case_that_a_person_wrote_shows_the_bug(#[case] name: &str, #[case] seed: u64, #[case] faults: Vec<Planned>) {
    let registry = builtin();
    let planted = registry.bug(name).expect("it is planted");
    let count = faults.len();
    let plan = faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(milliseconds(at), fault));
    let run = |cluster: Scenario| cluster.faults(plan.clone()).run(Seed(seed));
    let report = run(planted.hunt(NodeStyle::Async).cluster);
    let minimized = planted.expected.faults;
    println!("{name}: {count} faults as written, at most {minimized} minimized; fails at {}", report.ended_at);
    assert_eq!(report.finding().map(|finding| finding.rule).as_deref(), Some(planted.expected.rule), "{report}");
    run(planted.sound(NodeStyle::Async).cluster).assert_ok();
}

/// The bugs of these systems, each of which has a case above.
#[test]
fn every_bug_of_the_log_and_the_queue_has_a_case() {
    let registry = builtin();
    let bugs = registry.bugs().filter(|bug| matches!(bug.system, "replicated-log" | "stream-queue"));
    let source = include_str!("smallest.rs");
    let without: Vec<_> = bugs.map(ToString::to_string).filter(|bug| !source.contains(&format!("#[case(\"{bug}\""))).collect();
    assert!(without.is_empty(), "{without:?}");
}
