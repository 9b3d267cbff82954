//! What a link may do to the order of messages.

use cluster_sim::LinkOrder;
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::units::{milliseconds, ratio};
use proptest::prelude::*;

use crate::speaker::{begin, begin_speakers, numbers, say, say_many, speakers};

/// From nothing to a fifth of a second: far more than the millisecond between two words.
fn jittery(order: LinkOrder) -> LinkModel {
    LinkModel { delay: Distribution::uniform(Duration::ZERO, milliseconds(200)), order, ..LinkModel::default() }
}

/// Each number where it came first.
fn first_arrivals(numbers: &[u64]) -> Vec<u64> {
    let mut seen = std::collections::BTreeSet::new();
    numbers.iter().copied().filter(|number| seen.insert(*number)).collect()
}

proptest! {
    #![proptest_config(cases(48))]

    /// n6: also where some are lost and others come twice: a message is never overtaken by the first sight of a later one.
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
        let mut sim = begin(&speakers(2, model), seed);
        say_many(&mut sim, 0, 1, 100);
        let firsts = first_arrivals(&numbers(&sim, 1));
        prop_assert!(firsts.is_sorted(), "{:?}", firsts);
        prop_assert!(firsts.len() > 20);
    }
}

/// n6.
#[test]
fn a_free_link_with_jitter_reorders_and_the_same_link_in_order_does_not() {
    let heard = |order| {
        let mut sim = begin_speakers(2, jittery(order));
        say_many(&mut sim, 0, 1, 200);
        numbers(&sim, 1)
    };
    let (free, fifo) = (heard(LinkOrder::Unordered), heard(LinkOrder::Fifo));
    assert!(!free.is_sorted() && free.len() == 200);
    assert_eq!(fifo, (0..200).collect::<Vec<u64>>());
}

/// n6.
#[test]
fn a_free_link_without_jitter_has_nothing_to_reorder_but_what_is_sent_at_one_instant() {
    let mut sim = begin_speakers(2, LinkModel { order: LinkOrder::Unordered, ..LinkModel::constant(milliseconds(10)) });
    say_many(&mut sim, 0, 1, 200);
    assert!(numbers(&sim, 1).is_sorted());
    (200..300).for_each(|number| say(&mut sim, 0, 1, number));
    sim.run_for(milliseconds(20));
    let together = &numbers(&sim, 1)[200..];
    assert!(together.len() == 100 && !together.is_sorted(), "of one instant chance decides");
}

/// n6.
#[test]
fn messages_of_one_instant_keep_their_order_on_a_fifo_link() {
    let mut sim = begin_speakers(2, LinkModel::constant(milliseconds(10)));
    (0..100).for_each(|number| say(&mut sim, 0, 1, number));
    sim.run_for(milliseconds(20));
    assert_eq!(numbers(&sim, 1), (0..100).collect::<Vec<u64>>());
}

/// n6.
#[test]
fn what_a_fifo_link_holds_back_is_overtaken_and_the_rest_keeps_its_order() {
    let model = LinkModel { reorder: ratio(0.2), reorder_window: milliseconds(50), ..LinkModel::constant(milliseconds(10)) };
    let mut sim = begin_speakers(2, model);
    say_many(&mut sim, 0, 1, 300);
    let heard = numbers(&sim, 1);
    assert!(!heard.is_sorted() && heard.len() == 300);
    // Words are a millisecond apart and none of the others is ever late, so whoever is overtaken was held back.
    let overtaken = |at: usize| heard[..at].iter().any(|before| *before > heard[at]);
    let (late, rest): (Vec<usize>, Vec<usize>) = (0..heard.len()).partition(|at| overtaken(*at));
    assert!(rest.iter().map(|at| heard[*at]).is_sorted());
    assert!((30..=90).contains(&late.len()), "{} of 300 where a fifth is held back", late.len());
}

/// n6, p3: an inbox hands over what waited before what comes at the very instant of the resume, on any kind of link.
#[test]
fn what_waited_for_a_paused_node_comes_before_what_arrives_as_it_goes_on() {
    for priority in [0, 1, 128, 255] {
        let mut sim = begin_speakers(2, LinkModel { priority, ..LinkModel::constant(milliseconds(10)) });
        say(&mut sim, 0, 1, 1);
        sim.run_for(milliseconds(5));
        let pause = Fault::Pause { node: "node/1".to_owned(), duration: Some(milliseconds(10)) };
        sim.inject(pause).unwrap();
        say(&mut sim, 0, 1, 2);
        sim.run_for(milliseconds(20));
        assert_eq!(numbers(&sim, 1), [1, 2], "priority {priority}: both are due at the instant of the resume");
    }
}
