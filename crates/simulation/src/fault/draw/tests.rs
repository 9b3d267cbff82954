//! The shapes of drawn faults.

use std::collections::BTreeSet;

use cluster_sim_runtime::{Address, Seed, Stream};
use cluster_sim_types::Ratio;

use super::*;
use crate::fault::NetworkFault;
use crate::fault::families::drawn;

const ISOLATE: u64 = 0;
const SPLIT: u64 = 1;
const ONE_WAY: u64 = 2;
const CRASH: u64 = 3;
const PAUSE: u64 = 4;
const LOSS: u64 = 5;
const NODES: [&str; 4] = ["a/0", "a/1", "a/2", "b/0"];
const SECOND: Duration = Duration::from_secs(1);

/// The faults that 400 rolls give.
fn faults<'a>(kind: u64, nodes: &'a [&'a str], given: Option<&'a str>) -> Vec<Option<Fault>> {
    let kind = drawn().into_iter().find(|drawn| drawn.number == kind).unwrap();
    let rolls = (0..400).map(|number| Seed(7).roll(Stream::named("test"), Address::new().number(number)));
    let targets = Targets {
        stores: &[],
        nodes,
        disks: nodes,
        cut: nodes,
        regions: &[],
        links: &["lan", "wan"],
        domains: &[],
        failpoints: &[],
        is_hit: &|_| true,
        is_cut: &|_| true,
    };
    let draw = |roll| Draw::new(roll, (kind.kind, targets), given, SECOND);
    rolls.map(|roll| (kind.fault)(&draw(roll)?)).collect()
}

/// The sides of the cuts, and whether they are two-way.
fn cuts(kind: u64) -> Vec<(BTreeSet<String>, BTreeSet<String>, bool)> {
    let cut = |fault: Fault| match fault {
        Fault::Network(NetworkFault::Cut { from, to, both_ways, duration: Some(SECOND) }) => {
            (from.into_iter().collect(), to.into_iter().collect(), both_ways)
        }
        other => panic!("{other} is no cut of a second"),
    };
    faults(kind, &NODES, None).into_iter().flatten().map(cut).collect()
}

#[test]
fn a_node_is_isolated_from_all_others_one_way_or_both() {
    for (kind, goes_both_ways) in [(ISOLATE, true), (ONE_WAY, false)] {
        let cuts = cuts(kind);
        let isolated: BTreeSet<&String> = cuts.iter().flat_map(|(from, ..)| from).collect();
        assert_eq!((cuts.len(), isolated.len()), (400, NODES.len()), "each of them, sooner or later");
        assert!(
            cuts.iter().all(|(from, to, both_ways)| from.len() == 1
                && to.len() == 3
                && from.is_disjoint(to)
                && *both_ways == goes_both_ways)
        );
    }
}

#[test]
fn a_split_puts_all_nodes_on_two_nonempty_sides() {
    let cuts = cuts(SPLIT);
    assert!((300..400).contains(&cuts.len()), "one roll in eight puts all on one side: {}", cuts.len());
    assert!(cuts.iter().all(|(from, to, both_ways)| from.len() + to.len() == NODES.len()
        && from.is_disjoint(to)
        && !from.is_empty()
        && !to.is_empty()
        && *both_ways));
    let sizes: BTreeSet<usize> = cuts.iter().map(|(from, ..)| from.len()).collect();
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_loss_takes_1_to_100_percent_of_any_class_of_links() {
    let (mut ratios, mut classes) = (Vec::new(), BTreeSet::new());
    for fault in faults(LOSS, &NODES, None).into_iter().flatten() {
        let Fault::Network(NetworkFault::Loss { links, ratio, duration: Some(SECOND), .. }) = fault else {
            panic!("{fault} is no loss of a second")
        };
        classes.insert(links);
        ratios.push(ratio);
    }
    assert_eq!((ratios.len(), classes.len()), (400, 2));
    assert!(ratios.iter().all(|ratio| (Ratio::percent(1)..=Ratio::percent(100)).contains(ratio)));
    assert!(ratios.iter().any(|ratio| *ratio < Ratio::percent(5)) && ratios.iter().any(|ratio| *ratio > Ratio::percent(95)));
}

#[test]
fn a_fault_against_a_given_node_hits_no_other() {
    for kind in [CRASH, PAUSE, ISOLATE, ONE_WAY] {
        let hit = |fault: &Fault| fault.nodes()[0].to_owned();
        let all: BTreeSet<String> = faults(kind, &NODES, Some("b/0")).iter().flatten().map(hit).collect();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), ["b/0"], "{kind}");
    }
}

#[test]
fn a_lone_node_can_fail_but_not_be_cut_off() {
    for (kind, is_possible) in [(CRASH, true), (PAUSE, true), (ISOLATE, false), (ONE_WAY, false), (SPLIT, false)] {
        assert!(faults(kind, &NODES[..1], None).iter().all(|fault| fault.is_some() == is_possible), "{kind}");
    }
}

#[test]
fn every_drawn_kind_has_a_number_of_its_own() {
    let numbers: Vec<u64> = drawn().iter().map(|drawn| drawn.number).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
}
