//! Nothing crosses a cut, when it is sent or when it would arrive; cuts overlap freely.

use std::collections::BTreeSet;

use cluster_sim::prelude::*;
use cluster_sim_testkit::arbitrary::cases;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;
use proptest::prelude::*;

use crate::speaker::{begin_speakers, dropped, numbers, say};

const NODES: u32 = 5;

/// What a test does next.
#[derive(Debug, Clone)]
enum Move {
    /// Cuts one side off from another.
    Cut { from: BTreeSet<u32>, to: BTreeSet<u32>, both_ways: bool },
    /// Heals the living cut at that place, counted round.
    Heal(usize),
    /// Heals all of them.
    HealAll,
    /// One node says something to another.
    Say { from: u32, to: u32 },
}

fn any_side() -> impl Strategy<Value = BTreeSet<u32>> {
    prop::collection::btree_set(0..NODES, 0..4)
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (any_side(), any_side(), any::<bool>()).prop_map(|(from, to, both_ways)| Move::Cut { from, to, both_ways }),
        2 => any::<usize>().prop_map(Move::Heal),
        1 => Just(Move::HealAll),
        8 => (0..NODES, 0..NODES).prop_map(|(from, to)| Move::Say { from, to }),
    ]
}

/// A cut as a plain model has it: two sides, and from when to when.
struct Modelled {
    from: BTreeSet<u32>,
    to: BTreeSet<u32>,
    both_ways: bool,
    began: Duration,
    healed: Option<Duration>,
}

impl Modelled {
    fn covers(&self, from: u32, to: u32, at: Duration) -> bool {
        let lives = self.began <= at && self.healed.is_none_or(|healed| at < healed);
        let there = self.from.contains(&from) && self.to.contains(&to);
        let back = self.both_ways && self.from.contains(&to) && self.to.contains(&from);
        lives && (there || back)
    }
}

proptest! {
    #![proptest_config(cases(128))]

    /// n10, n11: against a plain list of cuts. Moves are whole milliseconds apart and arrivals are not, so none coincide.
    #[test]
    fn a_link_carries_a_message_iff_no_living_cut_covers_it_at_both_ends_of_its_way(
        moves in prop::collection::vec((1_u64..9, any_move()), 1..60),
    ) {
        let way = Duration::from_micros(10_500);
        let mut sim = begin_speakers(NODES, LinkModel::constant(way));
        let mut cuts: Vec<Modelled> = Vec::new();
        let mut guards: Vec<(usize, NetworkPartition)> = Vec::new();
        let mut said = Vec::new();
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
                    // A cut that was healed with all others stays as it was.
                    cuts[cut].healed.get_or_insert(now);
                }
                Move::Heal(_) => {}
                Move::HealAll => {
                    sim.heal_all();
                    cuts.iter_mut().for_each(|cut| {
                        cut.healed.get_or_insert(now);
                    });
                }
                Move::Say { from, to } => {
                    say(&mut sim, from, to, number);
                    said.push((number, from, to, now));
                }
            }
            let living = cuts.iter().filter(|cut| cut.healed.is_none()).count();
            prop_assert_eq!(sim.living_cuts().len(), living);
        }
        // Cuts that still live go on living until everything has arrived.
        sim.run_for(milliseconds(20));
        let crosses = |(_, from, to, sent): &(u64, u32, u32, Duration)| {
            !cuts.iter().any(|cut| cut.covers(*from, *to, *sent) || cut.covers(*from, *to, *sent + way))
        };
        for node in 0..NODES {
            let expected: Vec<u64> =
                said.iter().filter(|word| word.2 == node && crosses(word)).map(|(number, ..)| *number).collect();
            // Words of one instant on different links come in an order that chance decides.
            let mut heard = numbers(&sim, node);
            heard.sort_unstable();
            prop_assert_eq!(heard, expected, "node {}", node);
        }
        let eaten: u64 = dropped(&sim).values().sum();
        prop_assert_eq!(eaten as usize, said.iter().filter(|word| !crosses(word)).count());
    }
}

/// n10.
#[test]
fn a_message_under_way_is_eaten_by_a_cut_that_covers_its_arrival() {
    let mut sim = begin_speakers(2, ten());
    say(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(5));
    let cut = sim.partition([0], [1]);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), cut.dropped()), (vec![], 1));
}

/// n10.
#[test]
fn a_message_sent_into_a_cut_is_eaten_though_the_cut_would_be_gone_at_its_arrival() {
    let mut sim = begin_speakers(2, ten());
    let cut = sim.partition([0], [1]);
    say(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(5));
    assert_eq!(cut.dropped(), 1);
    cut.heal();
    sim.run_for(milliseconds(20));
    assert!(numbers(&sim, 1).is_empty());
}

/// n10.
#[test]
fn a_message_that_is_under_way_all_through_a_cut_arrives() {
    let mut sim = begin_speakers(2, ten());
    say(&mut sim, 0, 1, 1);
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
fn a_one_way_cut_leaves_the_way_back() {
    let mut sim = begin_speakers(3, ten());
    let cut = sim.partition_one_way([0], [1]);
    for (number, (from, to)) in (0..).zip([(0, 1), (1, 0), (0, 2), (2, 1)]) {
        say(&mut sim, from, to, number);
    }
    sim.run_for(milliseconds(20));
    assert_eq!([0, 1, 2].map(|node| numbers(&sim, node)), [vec![1], vec![3], vec![2]]);
    assert_eq!(cut.dropped(), 1);
}

/// n10: a word of the mask holds 64 directions.
#[test]
fn a_hundred_cuts_of_one_link_count_each() {
    let mut sim = begin_speakers(3, ten());
    let mut cuts: Vec<NetworkPartition> = (0..100).map(|_| sim.partition([0], [1])).collect();
    assert_eq!(sim.living_cuts().len(), 100);
    for number in 0..100 {
        cuts.remove((number as usize * 37) % cuts.len()).heal();
        if !cuts.is_empty() {
            say(&mut sim, 0, 1, number);
            say(&mut sim, 1, 0, number);
        }
        say(&mut sim, 0, 2, number);
        sim.run_for(milliseconds(20));
    }
    assert_eq!((numbers(&sim, 0).len(), numbers(&sim, 1).len(), numbers(&sim, 2).len()), (0, 0, 100));
    say(&mut sim, 0, 1, 100);
    say(&mut sim, 1, 0, 101);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 0), numbers(&sim, 1)), (vec![101], vec![100]));
}

/// n10.
#[test]
fn cuts_of_one_name_are_told_apart_by_their_guards_and_summed_in_the_traffic() {
    let mut sim = begin_speakers(2, ten());
    let first = sim.partition([0], [1]);
    say(&mut sim, 0, 1, 1);
    let second = sim.partition([0], [1]);
    first.heal();
    say(&mut sim, 0, 1, 2);
    say(&mut sim, 1, 0, 3);
    assert_eq!(second.dropped(), 2);
    assert_eq!(dropped(&sim), crate::speaker::causes([("cut [node/0] | [node/1]", 3)]));
}
