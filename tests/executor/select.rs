//! The `select!` of this crate.

use std::cell::Cell;
use std::future::{pending, ready};
use std::pin::pin;

use cluster_sim::node::yield_now;
use cluster_sim::prelude::*;
use cluster_sim_testkit::log::{Log, LogOnDrop};
use cluster_sim_testkit::units::milliseconds;
use futures::executor::block_on;

use crate::nodes;

/// Runs code on one node in a simulation and returns its log.
fn in_a_node<F: Future<Output = ()> + 'static>(main: impl Fn(Node, Log) -> F + Send + Sync + 'static) -> Vec<String> {
    let log = Log::new();
    let noted = log.clone();
    let mut sim = Scenario::new("select").clients("n", 1, move |node| main(node, noted.clone())).start_together().start(Seed(1));
    sim.run_for(Duration::from_secs(1));
    sim.finish().assert_ok();
    log.read()
}

#[test]
fn the_losing_futures_are_dropped_before_the_body_runs() {
    let log = in_a_node(|node, log| async move {
        let loser = LogOnDrop("loser dropped", log.clone());
        let slow = async {
            let _loser = loser;
            node.sleep(milliseconds(20)).await;
        };
        select! {
            () = slow => log.write("slow"),
            () = node.sleep(milliseconds(10)) => log.write("fast"),
        }
        assert_eq!(node.now().since_zero(), milliseconds(10));
    });
    assert_eq!(log, ["loser dropped", "fast"]);
}

#[test]
fn a_pattern_that_does_not_match_disables_its_branch() {
    let log = in_a_node(|node, log| async move {
        let got = select! {
            Some(1) = ready(Some(2)) => "it fits",
            Ok(mut text) = async { Err::<String, u8>(3) } => { text.push('!'); "never" }
            () = node.sleep(milliseconds(1)) => "slept",
        };
        log.write(got);
    });
    assert_eq!(log, ["slept"]);
}

#[test]
fn patterns_bind_by_move_by_mut_and_by_ref() {
    let text = block_on(async {
        select! {
            Some((mut left, ref right)) = ready(Some((String::from("a"), String::from("b")))) => {
                left.push_str(right);
                left
            }
        }
    });
    assert_eq!(text, "ab");
    let number = block_on(async {
        select! {
            1 | 2 = ready(3) => 0,
            number @ 3..=9 = ready(3) => number,
            &_other = ready(&7) => 1,
        }
    });
    assert!(number == 3 || number == 1);
}

#[test]
fn else_runs_when_every_branch_is_disabled() {
    let made = Cell::new(0);
    let made_one = || {
        made.set(made.get() + 1);
        pending::<u8>()
    };
    let got = block_on(async {
        select! {
            _ = made_one(), if false => 1,
            None = ready(Some(2)) => 2,
            else => 3,
        }
    });
    assert_eq!((got, made.get()), (3, 1), "the future of a disabled branch is made too");
}

#[test]
#[should_panic(expected = "every branch of a `select!` is disabled")]
fn without_an_else_it_panics_when_every_branch_is_disabled() {
    block_on(async {
        select! {
            () = pending(), if false => {}
        }
    });
}

#[test]
fn control_flow_in_a_body_acts_on_the_enclosing_function() {
    async fn question(fail: bool) -> Result<u8, &'static str> {
        let number = select! {
            result = async { if fail { Err("asked") } else { Ok(4) } } => result?,
        };
        Ok(number)
    }
    async fn leave() -> u8 {
        select! {
            _ = ready(()) => return 9,
            () = pending() => {}
        }
        8
    }
    assert_eq!((block_on(question(true)), block_on(question(false)), block_on(leave())), (Err("asked"), Ok(4), 9));
    let turns = block_on(async {
        let mut turns = 0;
        loop {
            turns += 1;
            select! {
                () = ready(()), if turns < 3 => continue,
                () = yield_now(), if turns >= 3 => { yield_now().await; break turns }
                else => unreachable!(),
            }
        }
    });
    assert_eq!(turns, 3);
}

#[test]
fn futures_borrow_locals_and_can_be_polled_again() {
    let sum = block_on(async {
        let mut numbers = vec![1, 2];
        let mut kept = pin!(async {
            yield_now().await;
            yield_now().await;
            5
        });
        let first = select! {
            biased;
            number = &mut kept => number,
            () = async { numbers.push(3) } => 0,
        };
        first + kept.await + numbers.into_iter().sum::<i32>()
    });
    assert_eq!(sum, 11);
}

#[test]
fn temporaries_borrowed_by_futures_live_long_enough() {
    async fn length(text: &str) -> usize {
        yield_now().await;
        text.len()
    }
    let got = block_on(async {
        select! {
            length = length(&String::from("four")) => length,
            () = pending() => 0,
        }
    });
    assert_eq!(got, 4);
}

#[test]
fn biased_polls_branches_in_written_order() {
    for _ in 0..100 {
        let got = block_on(async {
            select! {
                biased;
                () = pending() => 0,
                () = ready(()) => 1,
                () = ready(()) => 2
            }
        });
        assert_eq!(got, 1);
    }
}

#[test]
fn each_of_sixteen_branches_wins_a_fair_share() {
    fn counts(log: Vec<String>) -> Vec<usize> {
        (0..16).map(|branch| log.iter().filter(|won| **won == branch.to_string()).count()).collect()
    }
    let won = |_: Node, log: Log| async move {
        for _ in 0..3_200 {
            let won = select! {
                _ = ready(()) => 0, _ = ready(()) => 1, _ = ready(()) => 2, _ = ready(()) => 3,
                _ = ready(()) => 4, _ = ready(()) => 5, _ = ready(()) => 6, _ = ready(()) => 7,
                _ = ready(()) => 8, _ = ready(()) => 9, _ = ready(()) => 10, _ = ready(()) => 11,
                _ = ready(()) => 12, _ = ready(()) => 13, _ = ready(()) => 14, _ = ready(()) => 15,
            };
            log.write(won.to_string());
        }
    };
    let (one, again) = (in_a_node(won), in_a_node(won));
    assert_eq!(one, again, "the seed decides");
    let counts = counts(one);
    assert!(counts.iter().all(|count| (120..280).contains(count)), "{counts:?}");
}

#[test]
fn outside_a_simulation_the_first_branch_is_random() {
    let first = || {
        block_on(async {
            select! { _ = ready(()) => 0, _ = ready(()) => 1 }
        })
    };
    let ones: usize = (0..1_000).map(|_| first()).sum();
    assert!((300..700).contains(&ones), "{ones}");
}

#[test]
fn the_first_branch_of_a_task_is_independent_of_other_tasks() {
    fn starts(busy: bool) -> Vec<String> {
        in_a_node(move |node, log| async move {
            let noise = node.spawn_named("noise", {
                let node = node.clone();
                async move {
                    for _ in 0..if busy { 50 } else { 0 } {
                        select! { _ = ready(()) => {} _ = ready(()) => {} }
                        node.sleep(milliseconds(1)).await;
                    }
                }
            });
            let choosing = node.spawn_named("choosing", {
                let node = node.clone();
                async move {
                    for _ in 0..50 {
                        log.write(select! { _ = ready(()) => "0", _ = ready(()) => "1" });
                        node.sleep(milliseconds(1)).await;
                    }
                }
            });
            noise.await.expect("it was not aborted");
            choosing.await.expect("it was not aborted");
        })
    }
    let (quiet, busy) = (starts(false), starts(true));
    assert_eq!(quiet, busy);
    assert!(quiet.contains(&"0".to_owned()) && quiet.contains(&"1".to_owned()));
}

#[test]
fn select_works_in_a_call_from_outside() {
    let mut sim = nodes(1, |node| async move {
        node.expose(node.clone());
        pending().await
    })
    .start(Seed(1));
    sim.run_for(milliseconds(1));
    let mut polled = || {
        sim.with_node(0, |_: &mut Node| {
            block_on(async {
                select! { _ = ready(()) => 0, _ = ready(()) => 1 }
            })
        })
    };
    let ones: usize = (0..200).map(|_| polled().expect("the node is up")).sum();
    assert_eq!(ones, CALLED_ONES, "the seed decides");
    sim.finish().assert_ok();
}

/// How often the second of two branches is polled first in 200 calls under seed 1.
const CALLED_ONES: usize = 103;
