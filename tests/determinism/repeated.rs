use std::thread;

use rstest::rstest;

use crate::{named, ready};

#[test]
fn edge_d09_a_second_run_in_one_process_has_an_equal_digest() {
    for (name, prepared) in ready() {
        assert_eq!(prepared.run().digest, prepared.run().digest, "{name}");
    }
}

#[test]
fn edge_d09_a_scenario_prepared_again_has_an_equal_digest() {
    for (name, prepared) in ready() {
        assert_eq!(prepared.run().digest, named(&name).run().digest, "{name}");
    }
}

#[test]
fn edge_d09_a_run_in_a_fresh_thread_has_an_equal_digest() {
    for (name, prepared) in ready() {
        let there = thread::scope(|scope| scope.spawn(|| prepared.run().digest).join().expect("the run does not panic"));
        assert_eq!(prepared.run().digest, there, "{name}");
    }
}

#[rstest]
fn edge_d09_runs_in_many_threads_at_once_have_equal_digests(#[values(1, 4)] threads: usize) {
    let ready = ready();
    let digests = || ready.iter().map(|(_, prepared)| prepared.run().digest).collect::<Vec<_>>();
    let alone = digests();
    let together: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(digests)).collect();
        started.into_iter().map(|thread| thread.join().expect("the run does not panic")).collect()
    });
    assert_eq!(together, vec![alone; threads]);
}

#[test]
fn edge_d09_interleaved_runs_in_one_thread_are_independent() {
    let (one, other) = (named("edge-cache"), named("edge-cache-burst-lag"));
    let alone = [&one, &other].map(|prepared| prepared.run().digest);
    let [mut first, mut second] = [&one, &other].map(|prepared| prepared.scenario().start(prepared.seed()));
    for _ in 0..300 {
        first.run_for(std::time::Duration::from_millis(100));
        second.run_for(std::time::Duration::from_millis(100));
    }
    assert_eq!([first.finish().digest, second.finish().digest], alone);
}
