//! The table of planted bugs: the rule that must find each, and within how many seeds.

use std::fmt;

use cluster_sim_echo::Bug as EchoBug;
use cluster_sim_edge_cache::Bug as EdgeCacheBug;
use cluster_sim_gossip::Bug as GossipBug;
use cluster_sim_registry::NodeStyle;
use serde::{Deserialize, Serialize};

use self::PlantedBug::{Echo, EdgeCache, Gossip};
use super::{BugHunt, echo, edge_cache, gossip};

/// A planted bug of one of the reference systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "system", content = "bug", rename_all = "kebab-case")]
pub enum PlantedBug {
    /// A bug of the echo.
    Echo(EchoBug),
    /// A bug of the gossip.
    Gossip(GossipBug),
    /// A bug of the edge cache.
    EdgeCache(EdgeCacheBug),
}

/// A planted bug with the rule that must find it, and bounds on the search and on the minimized case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Planted {
    /// The bug.
    pub bug: PlantedBug,
    /// The rule that must be violated first.
    pub rule: &'static str,
    /// The number of seeds, from 0 on, within which one must fail.
    ///
    /// 20 for an easy bug, 200, or 2,000 for a hard one.
    pub seeds: u64,
    /// The most faults that a minimized case may need.
    pub faults: usize,
    /// The most decisions that a minimized case may need.
    pub decisions: usize,
}

impl PlantedBug {
    /// The name of the system, as in the names of scenarios.
    pub fn system(self) -> &'static str {
        match self {
            Self::Echo(_) => "echo",
            Self::Gossip(_) => "gossip",
            Self::EdgeCache(_) => "edge-cache",
        }
    }

    /// The scenario that must find it: the cluster with the bug.
    pub fn hunt(self, style: NodeStyle) -> BugHunt {
        match self {
            Self::Echo(bug) => echo(style, Some(bug)),
            Self::Gossip(bug) => gossip(style, Some(bug)),
            Self::EdgeCache(bug) => edge_cache(style, Some(bug)),
        }
    }

    /// The scenario without the bug: its cluster and faults are equal, and every rule must hold.
    pub fn sound(self, style: NodeStyle) -> BugHunt {
        match self {
            Self::Echo(_) => echo(style, None),
            Self::Gossip(_) => gossip(style, None),
            Self::EdgeCache(_) => edge_cache(style, None),
        }
    }
}

impl fmt::Display for PlantedBug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bug = match self {
            Self::Echo(bug) => bug.to_string(),
            Self::Gossip(bug) => bug.to_string(),
            Self::EdgeCache(bug) => bug.to_string(),
        };
        formatter.pad(&format!("{}/{bug}", self.system()))
    }
}

const fn planted(bug: PlantedBug, rule: &'static str, seeds: u64, [faults, decisions]: [usize; 2]) -> Planted {
    Planted { bug, rule, seeds, faults, decisions }
}

/// Every planted bug.
///
/// The numbers of seeds were fixed before the first search; those of faults and decisions are the maximum over the first three failing
/// seeds in either node style.
pub const PLANTED: [Planted; 16] = [
    planted(Echo(EchoBug::SpendsRetries), echo::ANSWERED, 200, [3, 0]),
    planted(Echo(EchoBug::TakesAnyAnswer), echo::CONVERSATION, 200, [1, 1]),
    planted(Echo(EchoBug::AnswersEarlierLife), echo::CONVERSATION, 200, [2, 0]),
    planted(Echo(EchoBug::CountsTwice), echo::CONVERSATION, 200, [1, 0]),
    planted(Gossip(GossipBug::TieByArrival), gossip::MEMORY, 20, [0, 0]),
    planted(Gossip(GossipBug::ForgetsAfterPauses), gossip::MEMORY, 2_000, [3, 0]),
    planted(Gossip(GossipBug::RestoresCheckpoint), gossip::MEMORY, 2_000, [4, 0]),
    planted(Gossip(GossipBug::StrikesOffFlapping), gossip::CONVERGENCE, 2_000, [2, 0]),
    planted(EdgeCache(EdgeCacheBug::FillOverwritesInvalidation), edge_cache::ROLLBACKS, 200, [2, 2]),
    planted(EdgeCache(EdgeCacheBug::SessionStaysBehind), edge_cache::MONOTONIC_READS, 200, [2, 1]),
    planted(EdgeCache(EdgeCacheBug::EscapesForgetWrites), edge_cache::READ_YOUR_WRITES, 2_000, [1, 0]),
    planted(EdgeCache(EdgeCacheBug::TakesAnyAnswer), edge_cache::ANSWERS, 200, [1, 0]),
    planted(EdgeCache(EdgeCacheBug::LateAnswerCallsOffPatience), edge_cache::BOUNDED_WAITS, 2_000, [3, 0]),
    planted(EdgeCache(EdgeCacheBug::RefetchesOnce), edge_cache::CONVERGENCE, 2_000, [1, 2]),
    planted(EdgeCache(EdgeCacheBug::RestartsLeaveOutEdge), edge_cache::CONVERGENCE, 2_000, [3, 0]),
    planted(EdgeCache(EdgeCacheBug::AcknowledgesEarlierLife), edge_cache::ACKNOWLEDGEMENTS, 200, [1, 0]),
];
