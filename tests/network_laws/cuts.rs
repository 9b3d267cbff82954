//! A cut drops what is sent or would arrive while it lasts; cuts overlap.

use std::collections::BTreeSet;

use cluster_sim::net::LinkOrder;
use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;
use proptest::prelude::*;

use crate::sender::{dropped, numbers, send, start_senders};

const NODES: u32 = 5;

/// The next action of a random test.
#[derive(Debug, Clone)]
enum Move {
    /// Cuts one side from another.
    Cut { from: BTreeSet<u32>, to: BTreeSet<u32>, both_ways: bool },
    /// Heals the live cut at this index, modulo their number.
    Heal(usize),
    /// Heals all cuts.
    HealAll,
    /// One node sends to another.
    Send { from: u32, to: u32 },
}

fn any_side() -> impl Strategy<Value = BTreeSet<u32>> {
    prop::collection::btree_set(0..NODES, 0..4)
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (any_side(), any_side(), any::<bool>()).prop_map(|(from, mut to, both_ways)| {
            to.retain(|node| !from.contains(node));
            Move::Cut { from, to, both_ways }
        }),
        2 => any::<usize>().prop_map(Move::Heal),
        1 => Just(Move::HealAll),
        8 => (0..NODES, 0..NODES).prop_map(|(from, to)| Move::Send { from, to }),
    ]
}

/// A cut in the model: two sides, its start and its heal.
struct Modelled {
    from: BTreeSet<u32>,
    to: BTreeSet<u32>,
    both_ways: bool,
    began: Duration,
    healed: Option<Duration>,
}

impl Modelled {
    fn covers(&self, from: u32, to: u32, at: Duration) -> bool {
        let is_active = self.began <= at && self.healed.is_none_or(|healed| at < healed);
        let there = self.from.contains(&from) && self.to.contains(&to);
        let back = self.both_ways && self.from.contains(&to) && self.to.contains(&from);
        is_active && (there || back)
    }
}

proptest! {
    #![proptest_config(cases(128))]

    /// n10, n11: compared with a plain list of cuts. Actions are whole milliseconds apart and arrivals are not, so none coincide.
    #[test]
    fn a_message_arrives_iff_no_cut_covers_its_send_or_arrival(
        moves in prop::collection::vec((1_u64..9, any_move()), 1..60),
        keeps_order: bool,
    ) {
        let delay = Duration::from_micros(10_500);
        // A link without order has a shorter way through the network.
        let order = if keeps_order { LinkOrder::Fifo } else { LinkOrder::Unordered };
        let mut sim = start_senders(NODES, LinkModel { order, ..LinkModel::constant(delay) });
        let mut cuts: Vec<Modelled> = Vec::new();
        let mut guards: Vec<(usize, NetworkPartition)> = Vec::new();
        let mut sent_messages = Vec::new();
        let mut now = Duration::ZERO;
        for (number, (pause, what)) in (0_u64..).zip(moves) {
            now += milliseconds(pause);
            sim.run_for(milliseconds(pause));
            match what {
                Move::Cut { from, to, both_ways } => {
                    let guard = if both_ways {
                        sim.partition(from.iter().copied(), to.iter().copied())
                    } else {
                        sim.partition_one_way(from.iter().copied(), to.iter().copied())
                    };
                    guards.push((cuts.len(), guard));
                    cuts.push(Modelled { from, to, both_ways, began: now, healed: None });
                }
                Move::Heal(which) if !guards.is_empty() => {
                    let (cut, guard) = guards.remove(which % guards.len());
                    guard.heal();
                    // A cut that was healed with all others stays healed.
                    cuts[cut].healed.get_or_insert(now);
                }
                Move::Heal(_) => {}
                Move::HealAll => {
                    sim.heal_all();
                    cuts.iter_mut().for_each(|cut| {
                        cut.healed.get_or_insert(now);
                    });
                }
                Move::Send { from, to } => {
                    send(&mut sim, from, to, number);
                    sent_messages.push((number, from, to, now));
                }
            }
            let living = cuts.iter().filter(|cut| cut.healed.is_none()).count();
            prop_assert_eq!(sim.living_cuts().len(), living);
        }
        // Cuts that are not healed last until everything has arrived.
        sim.run_for(milliseconds(20));
        let crosses = |(_, from, to, sent): &(u64, u32, u32, Duration)| {
            !cuts.iter().any(|cut| cut.covers(*from, *to, *sent) || cut.covers(*from, *to, *sent + delay))
        };
        for node in 0..NODES {
            let expected: Vec<u64> =
                sent_messages.iter().filter(|message| message.2 == node && crosses(message)).map(|(number, ..)| *number).collect();
            // Messages of one instant on different links arrive in random order.
            let mut received = numbers(&sim, node);
            received.sort_unstable();
            prop_assert_eq!(received, expected, "node {}", node);
        }
        let lost: u64 = dropped(&sim).values().sum();
        prop_assert_eq!(lost as usize, sent_messages.iter().filter(|message| !crosses(message)).count());
    }
}

/// n10.
#[test]
fn a_cut_at_the_arrival_drops_a_message_in_flight() {
    let mut sim = start_senders(2, ten());
    send(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(5));
    let cut = sim.partition([0], [1]);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), cut.dropped()), (vec![], 1));
}

/// n10.
#[test]
fn a_cut_at_the_send_drops_a_message_even_if_healed_later() {
    let mut sim = start_senders(2, ten());
    let cut = sim.partition([0], [1]);
    send(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(5));
    assert_eq!(cut.dropped(), 1);
    cut.heal();
    sim.run_for(milliseconds(20));
    assert!(numbers(&sim, 1).is_empty());
}

/// n10.
#[test]
fn a_message_in_flight_during_a_whole_cut_arrives() {
    let mut sim = start_senders(2, ten());
    send(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(2));
    let cut = sim.partition([0], [1]);
    sim.run_for(milliseconds(5));
    assert_eq!(cut.dropped(), 0);
    cut.heal();
    sim.run_for(milliseconds(20));
    assert_eq!(numbers(&sim, 1), [1]);
}

/// n11.
#[test]
fn a_one_way_cut_leaves_the_way_back_open() {
    let mut sim = start_senders(3, ten());
    let cut = sim.partition_one_way([0], [1]);
    for (number, (from, to)) in (0..).zip([(0, 1), (1, 0), (0, 2), (2, 1)]) {
        send(&mut sim, from, to, number);
    }
    sim.run_for(milliseconds(20));
    assert_eq!([0, 1, 2].map(|node| numbers(&sim, node)), [vec![1], vec![3], vec![2]]);
    assert_eq!(cut.dropped(), 1);
}

/// n10: one word of the mask of cuts holds 64 directions.
#[test]
fn each_of_a_hundred_cuts_of_a_link_counts_its_drops() {
    let mut sim = start_senders(3, ten());
    let mut cuts: Vec<NetworkPartition> = (0..100).map(|_| sim.partition([0], [1])).collect();
    assert_eq!(sim.living_cuts().len(), 100);
    for number in 0..100 {
        cuts.remove((number as usize * 37) % cuts.len()).heal();
        if !cuts.is_empty() {
            send(&mut sim, 0, 1, number);
            send(&mut sim, 1, 0, number);
        }
        send(&mut sim, 0, 2, number);
        sim.run_for(milliseconds(20));
    }
    assert_eq!((numbers(&sim, 0).len(), numbers(&sim, 1).len(), numbers(&sim, 2).len()), (0, 0, 100));
    send(&mut sim, 0, 1, 100);
    send(&mut sim, 1, 0, 101);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 0), numbers(&sim, 1)), (vec![101], vec![100]));
}

/// n10.
#[test]
fn cuts_of_equal_name_count_per_guard_and_sum_in_the_traffic() {
    let mut sim = start_senders(2, ten());
    let first = sim.partition([0], [1]);
    send(&mut sim, 0, 1, 1);
    let second = sim.partition([0], [1]);
    first.heal();
    send(&mut sim, 0, 1, 2);
    send(&mut sim, 1, 0, 3);
    assert_eq!(second.dropped(), 2);
    assert_eq!(dropped(&sim), crate::sender::causes([("cut [node/0] | [node/1]", 3)]));
}
