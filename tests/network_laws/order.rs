//! When links keep the order of messages, and when they do not.

use cluster_sim::net::LinkOrder;
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::faults::pause;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::{milliseconds, ratio};
use proptest::prelude::*;

use crate::sender::{numbers, send, send_many, senders, start, start_senders};

/// Delays from 0 to 200 ms: far more than the millisecond between two messages.
fn jittery(order: LinkOrder) -> LinkModel {
    LinkModel { delay: Distribution::uniform(Duration::ZERO, milliseconds(200)), order, ..LinkModel::default() }
}

/// Removes repeated numbers; keeps the first of each.
fn first_arrivals(numbers: &[u64]) -> Vec<u64> {
    let mut seen = std::collections::BTreeSet::new();
    numbers.iter().copied().filter(|number| seen.insert(*number)).collect()
}

proptest! {
    #![proptest_config(cases(48))]

    /// n6: a first delivery never overtakes an earlier message, also with losses and copies.
    #[test]
    fn a_fifo_link_keeps_order_whatever_its_jitter(
        longest in 0_u64..300,
        loss in 0.0..0.5_f64,
        duplicate in 0.0..1.0_f64,
        seed in any::<u64>(),
    ) {
        let model = LinkModel {
            delay: Distribution::uniform(Duration::ZERO, milliseconds(longest)),
            loss: ratio(loss),
            duplicate: ratio(duplicate),
            ..jittery(LinkOrder::Fifo)
        };
        let mut sim = start(&senders(2, model), seed);
        send_many(&mut sim, 0, 1, 100);
        let firsts = first_arrivals(&numbers(&sim, 1));
        prop_assert!(firsts.is_sorted(), "{:?}", firsts);
        prop_assert!(firsts.len() > 20);
    }
}

/// n6.
#[test]
fn jitter_reorders_an_unordered_link_but_not_a_fifo_link() {
    let received = |order| {
        let mut sim = start_senders(2, jittery(order));
        send_many(&mut sim, 0, 1, 200);
        numbers(&sim, 1)
    };
    let (free, fifo) = (received(LinkOrder::Unordered), received(LinkOrder::Fifo));
    assert!(!free.is_sorted() && free.len() == 200);
    assert_eq!(fifo, (0..200).collect::<Vec<u64>>());
}

/// n6.
#[test]
fn without_jitter_only_messages_of_one_instant_are_reordered() {
    let mut sim = start_senders(2, LinkModel { order: LinkOrder::Unordered, ..LinkModel::constant(milliseconds(10)) });
    send_many(&mut sim, 0, 1, 200);
    assert!(numbers(&sim, 1).is_sorted());
    (200..300).for_each(|number| send(&mut sim, 0, 1, number));
    sim.run_for(milliseconds(20));
    let together = &numbers(&sim, 1)[200..];
    assert!(together.len() == 100 && !together.is_sorted(), "at one instant the order is random");
}

/// n6.
#[test]
fn messages_of_one_instant_keep_their_order_on_a_fifo_link() {
    let mut sim = start_senders(2, LinkModel::constant(milliseconds(10)));
    (0..100).for_each(|number| send(&mut sim, 0, 1, number));
    sim.run_for(milliseconds(20));
    assert_eq!(numbers(&sim, 1), (0..100).collect::<Vec<u64>>());
}

/// n6.
#[test]
fn only_held_back_messages_lose_their_place_on_a_fifo_link() {
    let model = LinkModel { reorder: ratio(0.2), reorder_window: milliseconds(50), ..LinkModel::constant(milliseconds(10)) };
    let mut sim = start_senders(2, model);
    send_many(&mut sim, 0, 1, 300);
    let received = numbers(&sim, 1);
    assert!(!received.is_sorted() && received.len() == 300);
    // Messages are 1 ms apart and only held-back ones are late, so those that are overtaken were held back.
    let overtaken = |at: usize| received[..at].iter().any(|before| *before > received[at]);
    let (late, rest): (Vec<usize>, Vec<usize>) = (0..received.len()).partition(|at| overtaken(*at));
    assert!(rest.iter().map(|at| received[*at]).is_sorted());
    assert!((30..=90).contains(&late.len()), "{} of 300 where a fifth is held back", late.len());
}

/// n6, p3: on any kind of link.
#[test]
fn waiting_messages_precede_those_arriving_at_the_resume() {
    for priority in [0, 1, 128, 255] {
        let mut sim = start_senders(2, LinkModel { priority, ..ten() });
        send(&mut sim, 0, 1, 1);
        sim.run_for(milliseconds(5));
        sim.inject(pause("node/1", milliseconds(10))).unwrap();
        send(&mut sim, 0, 1, 2);
        sim.run_for(milliseconds(20));
        assert_eq!(numbers(&sim, 1), [1, 2], "priority {priority}: both are due at the instant of the resume");
    }
}
