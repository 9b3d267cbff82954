//! The hunt in a gossip.

use std::time::Duration;

use cluster_sim::{FaultProfile, LinkModel, NodeInfo, Scenario};
use cluster_sim_gossip::{Bug, Config, Gossip, Memory, Newest, gossip as node};

use super::BugHunt;
use crate::node_style::NodeStyle;

/// The rule of memory.
pub(super) const MEMORY: &str = "nobody forgets what it knew";
/// The rule of convergence.
pub(super) const CONVERGENCE: &str = "everybody knows of the last news";
const NODES: u32 = 3;

/// Three nodes with news in each of their first sixty rounds, three seconds long.
pub fn gossip(form: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Config { rounds_with_news: 60, bug, ..Config::default() };
    let last = Newest(config.last(NODES));
    let nodes = match form {
        NodeStyle::Machine => {
            Scenario::new("hunt-gossip").machines("gossip", NODES, move |seat: &NodeInfo| Gossip::boot(config, seat))
        }
        NodeStyle::Async => Scenario::new("hunt-gossip-async").nodes("gossip", NODES, move |handle| node(handle, config)),
    };
    let cluster = nodes
        .default_links(LinkModel::default())
        .observe(MEMORY, Memory::default)
        .eventually(CONVERGENCE, move |world| world.views::<Newest>().all(|(_, newest)| *newest == last))
        .duration(Duration::from_secs(5))
        .stable_for(Duration::from_millis(200));
    BugHunt { cluster, profile: FaultProfile::default(), links: &["default"] }
}
