//! The gossip cluster for planted bugs.

use std::time::Duration;

use cluster_sim::{Boot, FaultProfile, LinkModel, Scenario};
use cluster_sim_gossip::{Bug, Config, Gossip, Newest, NoRollback, gossip};
use cluster_sim_registry::{BugHunt, Expected, NodeStyle};

/// The rule on memory.
pub(super) const MEMORY: &str = "no node forgets what it knew";
/// The rule on convergence.
pub(super) const CONVERGENCE: &str = "every node knows the last news";
const NODES: u32 = 3;

/// Three nodes with news in each of their first 60 rounds, which take three seconds.
pub fn cluster(style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Config { rounds_with_news: 60, bug, ..Config::default() };
    let last = Newest(config.last(NODES));
    let nodes = match style {
        NodeStyle::Machine => Scenario::new("hunt-gossip").machines("gossip", NODES, move |node: &Boot| Gossip::boot(config, node)),
        NodeStyle::Async => Scenario::new("hunt-gossip-async").nodes("gossip", NODES, move |node| gossip(node, config)),
    };
    let cluster = nodes
        .default_links(LinkModel::default())
        .observe(MEMORY, NoRollback::default)
        .eventually(CONVERGENCE, move |world| world.views::<Newest>().all(|(_, newest)| *newest == last))
        .duration(Duration::from_secs(5))
        .stable_for(Duration::from_millis(200));
    BugHunt { cluster, profile: FaultProfile::default(), links: &["default"] }
}

/// The rule that must find each bug, and the bounds on the search.
pub(super) fn expected(bug: Bug) -> Expected {
    match bug {
        Bug::TieByArrival => Expected::new(MEMORY, 20, [0, 0]),
        Bug::ForgetsAfterPauses => Expected::new(MEMORY, 2_000, [3, 0]),
        Bug::RestoresCheckpoint => Expected::new(MEMORY, 2_000, [4, 0]),
        Bug::StrikesOffFlapping => Expected::new(CONVERGENCE, 2_000, [2, 0]),
    }
}
