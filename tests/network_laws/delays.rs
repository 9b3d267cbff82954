//! Delays stay within their distribution; a held-back message takes at most the reorder window longer.

use std::collections::BTreeMap;

use cluster_sim::net::{Fate, LinkOrder};
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::units::{milliseconds, ratio};
use proptest::prelude::*;

use crate::sender::{Received, received, send_many, senders, start, start_senders};

/// The delay of each of `count` messages sent 1 ms apart.
fn delays(model: LinkModel, seed: u64, count: u64) -> Vec<Duration> {
    let mut sim = start(&senders(2, model), seed);
    send_many(&mut sim, 0, 1, count);
    received(&sim, 1).iter().map(|received| received.at.since_zero() - milliseconds(received.number)).collect()
}

fn free(delay: Distribution) -> LinkModel {
    LinkModel { delay, order: LinkOrder::Unordered, ..LinkModel::default() }
}

fn bounds(delays: &[Duration]) -> (Duration, Duration) {
    (*delays.iter().min().expect("something arrived"), *delays.iter().max().expect("something arrived"))
}

proptest! {
    #![proptest_config(cases(64))]

    /// n1, n2.
    #[test]
    fn every_delay_is_within_the_bounds_of_the_distribution(
        shortest in 1_u64..50,
        more in 1_u64..200,
        kind in 0..5,
        seed in any::<u64>(),
    ) {
        let (from, to) = (milliseconds(shortest), milliseconds(shortest + more));
        let (delay, from) = match kind {
            0 => (Distribution::constant(to), to),
            1 => (Distribution::uniform(from, to), from),
            2 => (Distribution::exponential(from, to), Duration::ZERO),
            3 => (Distribution::log_normal(from, 1.0, to), Duration::ZERO),
            _ => (Distribution::pareto(from, 1.5, to), from),
        };
        let delays = delays(free(delay), seed, 60);
        let (least, most) = bounds(&delays);
        prop_assert!(delays.len() == 60 && from <= least && most <= to, "{:?} to {:?}", least, most);
        prop_assert!(kind != 1 || least < most, "of a whole range chance takes more than one");
    }
}

/// A link that only delays has a short way, on which a fate must be kept too.
#[test]
fn every_message_on_a_plain_link_has_a_kept_fate() {
    let mut sim = start(&senders(2, free(Distribution::uniform(milliseconds(1), milliseconds(9)))), 7);
    sim.keep_fates();
    send_many(&mut sim, 0, 1, 60);
    let delay = |received: &Received| (received.number, received.at.since_zero() - milliseconds(received.number));
    let mut taken: Vec<(u64, Duration)> = received(&sim, 1).iter().map(delay).collect();
    taken.sort_unstable();
    let kept: Vec<Fate> = sim.fates().iter().map(|kept| kept.fate).collect();
    let carried = |(_, delay): &(u64, Duration)| Fate::Carried { after: delay.as_nanos() as u64, copies: 0 };
    assert_eq!(kept, taken.iter().map(carried).collect::<Vec<_>>());
}

/// n1: delays are spread over the range, not only within it.
#[test]
fn delays_of_a_uniform_link_fill_its_range() {
    let delays = delays(free(Distribution::uniform(milliseconds(10), milliseconds(20))), 7, 1_000);
    let mut tenths: BTreeMap<u128, u32> = BTreeMap::new();
    delays.iter().for_each(|delay| *tenths.entry(delay.as_micros() / 1_000).or_default() += 1);
    assert!((10..20).all(|tenth| (60..140).contains(&tenths[&tenth])), "{tenths:?}");
}

/// n6.
#[test]
fn a_held_back_message_is_late_by_at_most_the_window() {
    let window = milliseconds(40);
    let held = |reorder| {
        let model = LinkModel { reorder, reorder_window: window, ..LinkModel::constant(milliseconds(10)) };
        delays(model, 7, 1_000).into_iter().map(|delay| delay - milliseconds(10)).collect::<Vec<Duration>>()
    };
    let extra = held(Ratio::ONE);
    let (least, most) = bounds(&extra);
    assert!(Duration::ZERO < least && most <= window, "{least:?} to {most:?}");
    assert!(least < window / 20 && most > window * 19 / 20, "{least:?} to {most:?}");
    assert_eq!(bounds(&held(Ratio::ZERO)), (Duration::ZERO, Duration::ZERO));
}

/// n6: the smallest window.
#[test]
fn a_window_of_a_nanosecond_delays_by_a_nanosecond() {
    let window = Duration::from_nanos(1);
    let model = LinkModel { reorder: Ratio::ONE, reorder_window: window, ..LinkModel::constant(milliseconds(10)) };
    assert_eq!(bounds(&delays(model, 7, 50)), (milliseconds(10) + window, milliseconds(10) + window));
}

/// n5: a copy's delay is its own.
#[test]
fn a_copy_has_its_own_delay_within_the_bounds() {
    let model = LinkModel { duplicate: Ratio::ONE, ..free(Distribution::uniform(milliseconds(10), milliseconds(90))) };
    let mut sim = start_senders(2, model);
    send_many(&mut sim, 0, 1, 200);
    let mut arrivals: BTreeMap<u64, Vec<Duration>> = BTreeMap::new();
    for message in received(&sim, 1) {
        arrivals.entry(message.number).or_default().push(message.at.since_zero() - milliseconds(message.number));
    }
    assert!(arrivals.len() == 200 && arrivals.values().all(|both| both.len() == 2));
    assert!(arrivals.values().flatten().all(|delay| (milliseconds(10)..=milliseconds(90)).contains(delay)));
    let apart = arrivals.values().filter(|both| both[1] - both[0] > milliseconds(5)).count();
    assert!(apart > 150, "{apart} of 200 copies came at another time than their message");
}

/// n1, n3.
#[test]
fn a_loss_ratio_between_0_and_1_is_met() {
    let model = LinkModel { loss: ratio(0.3), ..LinkModel::constant(milliseconds(10)) };
    let arrived = delays(model, 7, 2_000).len();
    assert!((1_330..1_470).contains(&arrived), "{arrived} of 2,000 where 1,400 are expected");
}
