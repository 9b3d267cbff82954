//! The gossip cluster for planted bugs.

use std::time::Duration;

use cluster_sim::{Boot, FaultProfile, LinkModel, Scenario};
use cluster_sim_gossip::{Bug, Config, Gossip, Newest, NoRollback, gossip as node};
use cluster_sim_registry::NodeStyle;

use super::BugHunt;

/// The rule on memory.
pub(super) const MEMORY: &str = "no node forgets what it knew";
/// The rule on convergence.
pub(super) const CONVERGENCE: &str = "every node knows the last news";
const NODES: u32 = 3;

/// Three nodes with news in each of their first 60 rounds, which take three seconds.
pub fn gossip(style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Config { rounds_with_news: 60, bug, ..Config::default() };
    let last = Newest(config.last(NODES));
    let nodes = match style {
        NodeStyle::Machine => Scenario::new("hunt-gossip").machines("gossip", NODES, move |node: &Boot| Gossip::boot(config, node)),
        NodeStyle::Async => Scenario::new("hunt-gossip-async").nodes("gossip", NODES, move |handle| node(handle, config)),
    };
    let cluster = nodes
        .default_links(LinkModel::default())
        .observe(MEMORY, NoRollback::default)
        .eventually(CONVERGENCE, move |world| world.views::<Newest>().all(|(_, newest)| *newest == last))
        .duration(Duration::from_secs(5))
        .stable_for(Duration::from_millis(200));
    BugHunt { cluster, profile: FaultProfile::default(), links: &["default"] }
}
