//! Kinds of faults that a profile draws.

use std::time::Duration;

use cluster_sim_runtime::Roll;
use cluster_sim_types::Ratio;

use super::Fault;

/// A kind of fault that a profile draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Isolate,
    Split,
    OneWay,
    Crash,
    Pause,
    Loss,
}

pub(super) const KINDS: [Kind; 6] = [Kind::Isolate, Kind::Split, Kind::OneWay, Kind::Crash, Kind::Pause, Kind::Loss];

/// Names of the nodes and classes of links that faults may hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Targets<'a> {
    pub(super) nodes: &'a [&'a str],
    pub(super) links: &'a [&'a str],
}

impl Kind {
    /// Makes a fault against node `given`, or against a target that the roll picks.
    ///
    /// Absent if there are too few nodes for it.
    pub(super) fn fault(self, roll: Roll, targets: Targets<'_>, given: Option<&str>, length: Duration) -> Option<Fault> {
        let Targets { nodes, links } = targets;
        let duration = Some(length);
        let picked = given.or_else(|| roll.pick(nodes).copied())?;
        let names = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect::<Vec<String>>();
        let others = || names(nodes.iter().copied().filter(|node| *node != picked).collect());
        Some(match self {
            Self::Crash => Fault::Crash { node: picked.to_owned(), down_for: duration },
            Self::Pause => Fault::Pause { node: picked.to_owned(), duration },
            Self::Loss => Fault::Loss {
                links: (*roll.pick(links)?).to_owned(),
                rule: "profile_loss".to_owned(),
                // 1 to 100 percent; the low bits of the roll are independent of the high ones that pick.
                ratio: Ratio::percent((1 + (roll.0 & 0xffff) * 100 / 0x1_0000) as u32),
                duration,
            },
            _ if nodes.len() < 2 => return None,
            Self::Isolate => Fault::Cut { from: vec![picked.to_owned()], to: others(), both_ways: true, duration },
            Self::OneWay => Fault::Cut { from: vec![picked.to_owned()], to: others(), both_ways: false, duration },
            Self::Split => {
                // One bit of the roll per node decides its side.
                let side = |bit: u64| {
                    let is_on_side = |(index, _): &(usize, &&str)| (roll.0.rotate_right(*index as u32)) & 1 == bit;
                    names(nodes.iter().enumerate().filter(is_on_side).map(|(_, node)| *node).collect())
                };
                let (from, to) = (side(0), side(1));
                if from.is_empty() || to.is_empty() {
                    return None;
                }
                Fault::Cut { from, to, both_ways: true, duration }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cluster_sim_runtime::{Address, Seed, Stream};

    use super::*;

    const NODES: [&str; 4] = ["a/0", "a/1", "a/2", "b/0"];
    const SECOND: Duration = Duration::from_secs(1);

    /// The faults that 400 rolls give.
    fn faults<'a>(kind: Kind, nodes: &'a [&'a str], given: Option<&'a str>) -> Vec<Option<Fault>> {
        let rolls = (0..400).map(|number| Seed(7).roll(Stream::named("test"), Address::new().number(number)));
        rolls.map(|roll| kind.fault(roll, Targets { nodes, links: &["lan", "wan"] }, given, SECOND)).collect()
    }

    /// The sides of the cuts, and whether they are two-way.
    fn cuts(kind: Kind) -> Vec<(BTreeSet<String>, BTreeSet<String>, bool)> {
        let cut = |fault: Fault| match fault {
            Fault::Cut { from, to, both_ways, duration: Some(SECOND) } => {
                (from.into_iter().collect(), to.into_iter().collect(), both_ways)
            }
            other => panic!("{other} is no cut of a second"),
        };
        faults(kind, &NODES, None).into_iter().flatten().map(cut).collect()
    }

    #[test]
    fn a_node_is_isolated_from_all_others_one_way_or_both() {
        for (kind, goes_both_ways) in [(Kind::Isolate, true), (Kind::OneWay, false)] {
            let cuts = cuts(kind);
            let isolated: BTreeSet<&String> = cuts.iter().flat_map(|(from, ..)| from).collect();
            assert_eq!((cuts.len(), isolated.len()), (400, NODES.len()), "each of them, sooner or later");
            assert!(cuts.iter().all(|(from, to, both_ways)| from.len() == 1
                && to.len() == 3
                && from.is_disjoint(to)
                && *both_ways == goes_both_ways));
        }
    }

    #[test]
    fn a_split_puts_all_nodes_on_two_nonempty_sides() {
        let cuts = cuts(Kind::Split);
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
        for fault in faults(Kind::Loss, &NODES, None).into_iter().flatten() {
            let Fault::Loss { links, ratio, duration: Some(SECOND), .. } = fault else { panic!("{fault} is no loss of a second") };
            classes.insert(links);
            ratios.push(ratio);
        }
        assert_eq!((ratios.len(), classes.len()), (400, 2));
        assert!(ratios.iter().all(|ratio| (Ratio::percent(1)..=Ratio::percent(100)).contains(ratio)));
        assert!(ratios.iter().any(|ratio| *ratio < Ratio::percent(5)) && ratios.iter().any(|ratio| *ratio > Ratio::percent(95)));
    }

    #[test]
    fn a_fault_against_a_given_node_hits_no_other() {
        for kind in [Kind::Crash, Kind::Pause, Kind::Isolate, Kind::OneWay] {
            let hit = |fault: &Fault| fault.nodes()[0].to_owned();
            let all: BTreeSet<String> = faults(kind, &NODES, Some("b/0")).iter().flatten().map(hit).collect();
            assert_eq!(all.into_iter().collect::<Vec<_>>(), ["b/0"], "{kind:?}");
        }
    }

    #[test]
    fn a_lone_node_can_fail_but_not_be_cut_off() {
        for (kind, is_possible) in
            [(Kind::Crash, true), (Kind::Pause, true), (Kind::Isolate, false), (Kind::OneWay, false), (Kind::Split, false)]
        {
            assert!(faults(kind, &NODES[..1], None).iter().all(|fault| fault.is_some() == is_possible), "{kind:?}");
        }
    }
}
