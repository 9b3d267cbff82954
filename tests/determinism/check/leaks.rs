//! A leak planted in the second of three nodes is found on that node.

use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim::prelude::*;
use cluster_sim::report::{DivergenceKind, OtherRun, RecordKind};
use rstest::rstest;

use super::sources::{count_of_the_thread, entropy, hash_order, machine_time};
use super::{CheckFn, LEAKY, Worker, first_difference, workers};
use crate::named;

/// Sends the keys of a hash map in iteration order.
fn walks_a_hash_map(worker: &mut Worker, effects: &mut Effects<u64>) {
    hash_order().into_iter().for_each(|number| effects.send(worker.peers[0], number));
}

/// Sends the time of the machine.
fn sends_the_time(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.send(worker.peers[1], machine_time());
}

/// Waits for a duration that depends on the time of the machine.
fn waits_for_the_time(worker: &mut Worker, _: &mut Effects<u64>) {
    worker.pause += Duration::from_nanos(machine_time());
}

/// Sends entropy of the operating system.
fn sends_entropy(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.send(worker.peers[0], entropy());
}

/// Sends entropy of the operating system in a session.
fn streams_entropy(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.session_send(worker.peers[0], entropy());
}

/// Sends the count of a thread-local.
fn counts_in_the_thread(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.send(worker.peers[0], count_of_the_thread());
}

/// Emits a fact that depends on entropy.
fn states_entropy(_: &mut Worker, effects: &mut Effects<u64>) {
    effects.emit(entropy());
}

#[rstest]
#[case::hash_order(walks_a_hash_map, DivergenceKind::Event(RecordKind::Send))]
#[case::clock_in_a_message(sends_the_time, DivergenceKind::Event(RecordKind::Send))]
#[case::clock_in_a_timer(waits_for_the_time, DivergenceKind::Event(RecordKind::Timer))]
#[case::entropy(sends_entropy, DivergenceKind::Event(RecordKind::Send))]
#[case::entropy_in_a_session(streams_entropy, DivergenceKind::Event(RecordKind::SessionSend))]
#[case::entropy_in_a_fact(states_entropy, DivergenceKind::Fact)]
fn every_leak_is_found_on_its_node(
    #[case] habit: super::Habit,
    #[case] kind: DivergenceKind,
    #[values(
        (OtherRun::FreshThread, Scenario::check_determinism as CheckFn),
        (OtherRun::OtherProcess, Scenario::check_determinism_in_process as CheckFn)
    )]
    (elsewhere, run_check): (OtherRun, CheckFn),
) {
    let check = run_check(&workers(habit), Seed(7));
    let event = first_difference(&check);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, kind), "{check}");
    assert_eq!(check.divergence().map(|divergence| divergence.other_run), Some(elsewhere));
}

#[test]
fn state_left_in_the_thread_is_found_by_a_fresh_thread() {
    let scenario = workers(counts_in_the_thread);
    // Nothing is left behind yet: the thread is fresh itself.
    let fresh =
        std::thread::scope(|scope| scope.spawn(|| scenario.check_determinism(Seed(7)).agreed()).join().expect("it does not panic"));
    assert!(fresh);
    scenario.run(Seed(7)).assert_ok();
    let check = scenario.check_determinism(Seed(7));
    let event = first_difference(&check);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, DivergenceKind::Event(RecordKind::Send)), "{check}");
}

/// The second process repeats all that the test did before, so it has the same state: a limit of this comparison.
#[test]
fn state_left_by_this_test_is_equal_in_both_processes() {
    let scenario = workers(counts_in_the_thread);
    scenario.run(Seed(7)).assert_ok();
    scenario.check_determinism_in_process(Seed(7)).assert_ok();
}

static LEFT_BEHIND: AtomicU64 = AtomicU64::new(0);

/// Sends what an earlier run left in a static.
fn sends_what_was_left_behind(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.send(worker.peers[0], LEFT_BEHIND.load(Ordering::Relaxed));
}

#[test]
fn state_left_by_another_test_is_found_by_a_second_process() {
    let scenario = workers(sends_what_was_left_behind);
    if !super::is_second_process() {
        // As another test would have that ran before in this process and does not run in the second one.
        LEFT_BEHIND.store(617, Ordering::Relaxed);
    }
    let check = scenario.check_determinism_in_process(Seed(7));
    let event = first_difference(&check);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, DivergenceKind::Event(RecordKind::Send)), "{check}");
    // Threads share a static: a limit of this comparison.
    scenario.check_determinism(Seed(7)).assert_ok();
}

#[test]
fn the_message_shows_the_divergence_and_claims_no_verdict() {
    let check = workers(sends_entropy).check_determinism(Seed(7));
    let event = first_difference(&check);
    let text = check.to_string();
    let head = format!("they diverge after {} events and facts, at {}: send, node {LEAKY}, peer worker/0\n", event.index, event.at);
    for part in
        ["NONDETERMINISTIC  workers  seed=0x7\n", &head, "payload: ", "> left ", "> right", "scenario.check_determinism(Seed(0x7))"]
    {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
    assert!(text.contains("most likely: the same message with another content"), "{text}");
    // The first lines of both runs differ; the lines before are equal.
    assert!(event.left[0] != event.right[0] && event.left[0].contains("worker/1 -> worker/0  sends"), "{text}");
    assert_eq!(event.before.len() as u64, event.index.min(19));
    let report = check.report().expect("the runs were compared");
    assert!(report.violations.is_empty() && report.checks.is_empty() && report.measured.is_empty() && report.steps == 0);
    let panic = std::panic::catch_unwind(|| check.assert_ok()).expect_err("two runs that differ are no pass");
    assert_eq!(panic.downcast_ref::<String>(), Some(&text));
}

#[test]
fn the_events_before_the_divergence_span_two_windows() {
    // The leak begins late, after several windows of 4,096 events, near the start of another one.
    let check = workers(|worker, effects| {
        if worker.ticks > 2_184 {
            sends_entropy(worker, effects);
        }
    })
    .duration(Duration::from_secs(30))
    .check_determinism(Seed(7));
    let event = first_difference(&check);
    assert!(event.index > 3 * 4_096 && event.index % 4_096 < 19, "{check}");
    assert_eq!((event.node.as_str(), event.before.len()), (LEAKY, 19), "{check}");
    // After more than 2,000 ticks of about 10 ms; the events shown are those directly before.
    let timer = format!("{}  worker/1 timer 0 fires", event.at);
    assert!(event.at.as_nanoseconds() > 20_000_000_000 && event.before.contains(&timer), "{check}");
}

#[test]
fn sends_in_another_order_are_attributed_to_hash_order() {
    let check = workers(|worker, effects| {
        let order = if super::is_second_run() { [0, 1] } else { [1, 0] };
        order.into_iter().for_each(|peer| effects.send(worker.peers[peer], 1_000));
    })
    .check_determinism(Seed(7));
    assert_eq!(first_difference(&check).node, LEAKY);
    assert!(
        check.to_string().contains("most likely: the same events in another order, as after a walk over a std HashMap"),
        "{check}"
    );
}

#[test]
fn a_divergence_ends_both_runs_early() {
    // A year: hours of computation for either run.
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let check = workers(sends_entropy).duration(year).check_determinism(Seed(7));
    assert_eq!(first_difference(&check).node, LEAKY);
}

#[rstest]
fn deterministic_scenarios_agree(
    #[values(Scenario::check_determinism as CheckFn, Scenario::check_determinism_in_process as CheckFn)] run_check: CheckFn,
    #[values("edge-cache", "edge-cache-burst-lag", "edge-cache-async")] name: &str,
) {
    let prepared = named(name);
    let check = run_check(prepared.scenario(), prepared.seed());
    check.assert_ok();
    let report = check.report().expect("the runs were compared");
    assert_eq!(report, &prepared.scenario().run(prepared.seed()));
    assert!(check.compared() > report.steps, "{} events and facts in {} steps", check.compared(), report.steps);
}

#[rstest]
fn a_cluster_under_random_faults_agrees(
    #[values(Scenario::check_determinism as CheckFn, Scenario::check_determinism_in_process as CheckFn)] run_check: CheckFn,
) {
    let scenario = workers(|worker, effects| effects.emit(worker.ticks)).chaos(FaultProfile::default());
    let check = run_check(&scenario, Seed(617));
    check.assert_ok();
    assert_eq!(check.report(), Ok(&scenario.run(Seed(617))));
}
