//! Each leak, planted in the second of three nodes, is found and found on that node.

use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim::prelude::*;
use cluster_sim::{Happening, OtherRun, RecordKind};
use rstest::rstest;

use super::sources::{count_of_the_thread, entropy, hash_order, machine_time};
use super::{LEAKY, NodeStyle, Worker, first_difference, workers};
use crate::named;

/// Sends the numbers of a hash map in the order in which the map gives them.
fn walks_a_hash_map(worker: &mut Worker, effects: &mut Effects<u64>) {
    hash_order().into_iter().for_each(|number| effects.send(worker.peers[0], number));
}

/// Says what the machine's clock says.
fn sends_the_time(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.send(worker.peers[1], machine_time());
}

/// Waits for a time that hangs on what the machine's clock says.
fn waits_for_the_time(worker: &mut Worker, _: &mut Effects<u64>) {
    worker.pause += Duration::from_nanos(machine_time());
}

/// Sends entropy of the operating system.
fn sends_entropy(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.send(worker.peers[0], entropy());
}

/// Says entropy of the operating system in a session.
fn streams_entropy(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.session_send(worker.peers[0], entropy());
}

/// Sends how often it ticked, as a thread-local knows it.
fn counts_in_the_thread(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.send(worker.peers[0], count_of_the_thread());
}

/// Says a fact that hangs on entropy, and does nothing else.
fn states_entropy(_: &mut Worker, effects: &mut Effects<u64>) {
    effects.emit(entropy());
}

#[rstest]
#[case::hash_order(walks_a_hash_map, Happening::Event(RecordKind::Send))]
#[case::clock_in_a_message(sends_the_time, Happening::Event(RecordKind::Send))]
#[case::clock_in_a_timer(waits_for_the_time, Happening::Event(RecordKind::Timer))]
#[case::entropy(sends_entropy, Happening::Event(RecordKind::Send))]
#[case::entropy_in_a_session(streams_entropy, Happening::Event(RecordKind::SessionSend))]
#[case::entropy_in_a_fact(states_entropy, Happening::Fact)]
fn a_leak_is_found_on_its_node(
    #[case] habit: super::Habit,
    #[case] kind: Happening,
    #[values(
        (OtherRun::FreshThread, Scenario::check_determinism as NodeStyle),
        (OtherRun::OtherProcess, Scenario::check_determinism_in_process as NodeStyle)
    )]
    (elsewhere, form): (OtherRun, NodeStyle),
) {
    let twice = form(&workers(habit), Seed(7));
    let event = first_difference(&twice);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, kind), "{twice}");
    assert_eq!(twice.divergence().map(|divergence| divergence.elsewhere), Some(elsewhere));
}

#[test]
fn what_an_earlier_run_left_in_the_thread_is_found_since_the_other_thread_is_fresh() {
    let scenario = workers(counts_in_the_thread);
    // Nothing is left behind yet: a thread that is fresh itself sees no difference.
    let fresh =
        std::thread::scope(|scope| scope.spawn(|| scenario.check_determinism(Seed(7)).agreed()).join().expect("it does not panic"));
    assert!(fresh);
    scenario.run(Seed(7)).assert_ok();
    let twice = scenario.check_determinism(Seed(7));
    let event = first_difference(&twice);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, Happening::Event(RecordKind::Send)), "{twice}");
}

/// The other process does all that the test did before, so it leaves the same behind: a limit of the form, not of the leak.
#[test]
fn what_the_same_test_left_behind_is_the_same_in_both_processes() {
    let scenario = workers(counts_in_the_thread);
    scenario.run(Seed(7)).assert_ok();
    scenario.check_determinism_in_process(Seed(7)).assert_ok();
}

static LEFT_BEHIND: AtomicU64 = AtomicU64::new(0);

/// Sends what an earlier run left in a static, whatever this one does.
fn sends_what_was_left_behind(worker: &mut Worker, effects: &mut Effects<u64>) {
    effects.send(worker.peers[0], LEFT_BEHIND.load(Ordering::Relaxed));
}

#[test]
fn what_another_test_left_in_the_process_is_found_since_the_other_process_runs_this_test_alone() {
    let scenario = workers(sends_what_was_left_behind);
    if !super::is_in_the_other_process() {
        // As another test would that ran before in this process, and does not run in the other one.
        LEFT_BEHIND.store(617, Ordering::Relaxed);
    }
    let twice = scenario.check_determinism_in_process(Seed(7));
    let event = first_difference(&twice);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, Happening::Event(RecordKind::Send)), "{twice}");
    // Threads share it: a limit of the form, not of the leak.
    scenario.check_determinism(Seed(7)).assert_ok();
}

#[test]
fn the_message_shows_where_two_runs_part_and_claims_nothing_else() {
    let twice = workers(sends_entropy).check_determinism(Seed(7));
    let event = first_difference(&twice);
    let text = twice.to_string();
    let head = format!("they part after {} events and facts, at {}: send, node {LEAKY}, peer worker/0\n", event.index, event.at);
    for part in
        ["FAIL  workers  seed=0x7  nondeterministic\n", &head, "payload: ", "> here ", "> there", "scenario.twice(Seed(0x7))"]
    {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
    assert!(text.contains("most likely: the same message with another content"), "{text}");
    // The first lines of both differ, the ones before are those of both.
    assert!(event.left[0] != event.right[0] && event.left[0].contains("worker/1 -> worker/0  sends"), "{text}");
    assert_eq!(event.before.len() as u64, event.index.min(19));
    let report = twice.report().expect("the runs were compared");
    assert!(report.violations.is_empty() && report.checks.is_empty() && report.measured.is_empty() && report.steps == 0);
    let panic = std::panic::catch_unwind(|| twice.assert_ok()).expect_err("two runs that differ are no pass");
    assert_eq!(panic.downcast_ref::<String>(), Some(&text));
}

#[test]
fn the_last_twenty_events_are_shown_across_the_edge_of_a_window() {
    // The leak begins late, past several windows of 4,096 events and with the second event of another one.
    let twice = workers(|worker, effects| {
        if worker.ticks > 2_184 {
            sends_entropy(worker, effects);
        }
    })
    .duration(Duration::from_secs(30))
    .check_determinism(Seed(7));
    let event = first_difference(&twice);
    assert!(event.index > 3 * 4_096 && event.index % 4_096 < 19, "{twice}");
    assert_eq!((event.node.as_str(), event.before.len()), (LEAKY, 19), "{twice}");
    // More than 2,000 ticks of about ten milliseconds, and the events before are those right before.
    let timer = format!("{}  worker/1 timer 0", event.at);
    assert!(event.at.as_nanoseconds() > 20_000_000_000 && event.before.contains(&timer), "{twice}");
}

#[test]
fn sends_in_another_order_are_put_down_to_hash_order() {
    let twice = workers(|worker, effects| {
        let order = if super::is_there() { [0, 1] } else { [1, 0] };
        order.into_iter().for_each(|peer| effects.send(worker.peers[peer], 1_000));
    })
    .check_determinism(Seed(7));
    assert_eq!(first_difference(&twice).node, LEAKY);
    assert!(
        twice.to_string().contains("most likely: the same events in another order, as after a walk over a std HashMap"),
        "{twice}"
    );
}

#[test]
fn two_runs_that_part_end_soon_however_long_they_would_have_gone_on() {
    // A year: hours of computing for either side.
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let twice = workers(sends_entropy).duration(year).check_determinism(Seed(7));
    assert_eq!(first_difference(&twice).node, LEAKY);
}

#[rstest]
fn clean_scenarios_agree(
    #[values(Scenario::check_determinism as NodeStyle, Scenario::check_determinism_in_process as NodeStyle)] form: NodeStyle,
    #[values("edge-cache", "edge-cache-burst-lag", "edge-cache-async")] name: &str,
) {
    let prepared = named(name);
    let twice = form(prepared.scenario(), prepared.seed());
    twice.assert_ok();
    let report = twice.report().expect("the runs were compared");
    assert_eq!(report, &prepared.scenario().run(prepared.seed()));
    assert!(twice.compared() > report.steps, "{} events and facts in {} steps", twice.compared(), report.steps);
}

#[rstest]
fn a_cluster_with_chaos_agrees(
    #[values(Scenario::check_determinism as NodeStyle, Scenario::check_determinism_in_process as NodeStyle)] form: NodeStyle,
) {
    let scenario = workers(|worker, effects| effects.emit(worker.ticks)).chaos(FaultProfile::default());
    let twice = form(&scenario, Seed(617));
    twice.assert_ok();
    assert_eq!(twice.report(), Ok(&scenario.run(Seed(617))));
}
