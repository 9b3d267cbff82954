//! The kinds of fault that a profile draws.

use std::time::Duration;

use cluster_sim_runtime::Roll;
use cluster_sim_vocabulary::Ratio;

use super::Fault;

/// A kind of fault that a profile draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Isolate,
    Halves,
    OneWay,
    Crash,
    Pause,
    Loss,
}

pub(super) const KINDS: [Kind; 6] = [Kind::Isolate, Kind::Halves, Kind::OneWay, Kind::Crash, Kind::Pause, Kind::Loss];

/// What faults may strike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Targets<'a> {
    pub(super) nodes: &'a [&'a str],
    pub(super) links: &'a [&'a str],
}

impl Kind {
    /// A fault of this kind against what the roll picks, or against `again` where that is said; nothing where there are too few nodes for it.
    pub(super) fn fault(self, roll: Roll, targets: Targets<'_>, again: Option<&str>, length: Duration) -> Option<Fault> {
        let Targets { nodes, links } = targets;
        let lasting = Some(length);
        let picked = again.or_else(|| roll.pick(nodes).copied())?;
        let names = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect::<Vec<String>>();
        let others = || names(nodes.iter().copied().filter(|node| *node != picked).collect());
        Some(match self {
            Self::Crash => Fault::Crash { node: picked.to_owned(), down_for: lasting },
            Self::Pause => Fault::Pause { node: picked.to_owned(), lasting },
            Self::Loss => Fault::Loss {
                links: (*roll.pick(links)?).to_owned(),
                rule: "profile_loss".to_owned(),
                // 1 to 50 percent: the low bits are independent of the high ones that pick.
                ratio: Ratio::percent((1 + (roll.0 & 0xffff) * 50 / 0x1_0000) as f64).ok()?,
                lasting,
            },
            _ if nodes.len() < 2 => return None,
            Self::Isolate => Fault::Cut { from: vec![picked.to_owned()], to: others(), both_ways: true, lasting },
            Self::OneWay => Fault::Cut { from: vec![picked.to_owned()], to: others(), both_ways: false, lasting },
            Self::Halves => {
                // A bit of the roll a node says on which side it stands.
                let side = |bit: u64| {
                    let stands = |(index, _): &(usize, &&str)| (roll.0.rotate_right(*index as u32)) & 1 == bit;
                    names(nodes.iter().enumerate().filter(stands).map(|(_, node)| *node).collect())
                };
                let (from, to) = (side(0), side(1));
                if from.is_empty() || to.is_empty() {
                    return None;
                }
                Fault::Cut { from, to, both_ways: true, lasting }
            }
        })
    }
}
