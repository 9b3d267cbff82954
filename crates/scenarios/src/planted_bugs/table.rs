//! Every planted bug: which rule must find it, and within how many seeds.

use std::fmt;

use cluster_sim_echo::Bug as EchoBug;
use cluster_sim_edge_cache::Bug as EdgeCacheBug;
use cluster_sim_gossip::Bug as GossipBug;
use serde::{Deserialize, Serialize};

use self::PlantedBug::{Echo, EdgeCache, Gossip};
use super::{BugHunt, echo, edge_cache, gossip};
use crate::node_style::NodeStyle;

/// A bug of any system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "system", content = "bug", rename_all = "kebab-case")]
pub enum PlantedBug {
    /// One of the echo.
    Echo(EchoBug),
    /// One of the gossip.
    Gossip(GossipBug),
    /// One of the edge cache.
    EdgeCache(EdgeCacheBug),
}

/// What must find a planted bug, how soon, and how little of the run its story takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Planted {
    /// The bug.
    pub bug: PlantedBug,
    /// The rule that must be broken first.
    pub rule: &'static str,
    /// Within so many seeds, from 0 on: 20 for an easy one, 200, or 2,000 for a hard one.
    pub seeds: u64,
    /// The smallest story of a failing seed takes at most so many faults.
    pub faults: usize,
    /// And at most so many decisions.
    pub decisions: usize,
}

impl PlantedBug {
    /// The system that it is of.
    pub fn system(self) -> &'static str {
        match self {
            Self::Echo(_) => "echo",
            Self::Gossip(_) => "gossip",
            Self::EdgeCache(_) => "edge-cache",
        }
    }

    /// The hunt for it, in a cluster that has it.
    pub fn hunt(self, form: NodeStyle) -> BugHunt {
        match self {
            Self::Echo(bug) => echo(form, Some(bug)),
            Self::Gossip(bug) => gossip(form, Some(bug)),
            Self::EdgeCache(bug) => edge_cache(form, Some(bug)),
        }
    }

    /// The same hunt in a cluster that has no bug.
    pub fn sound(self, form: NodeStyle) -> BugHunt {
        match self {
            Self::Echo(_) => echo(form, None),
            Self::Gossip(_) => gossip(form, None),
            Self::EdgeCache(_) => edge_cache(form, None),
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

/// Every planted bug that there is. The numbers of seeds were fixed before any of them was looked for; those of faults and decisions are
/// what the worst of the first three failing seeds takes, in either form.
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
