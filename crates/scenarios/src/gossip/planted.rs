//! The gossip cluster for planted bugs.

use std::time::Duration;

use cluster_sim::{Boot, LinkModel, Scenario, VirtualInstant, World};
use cluster_sim_gossip::{Bug, Config, Gossip, Newest, NoRollback, PromptNews, gossip};
use cluster_sim_registry::{BugHunt, Expected, NodeStyle};

use crate::smoke::planted_profile;

/// The rule on memory.
pub(super) const MEMORY: &str = "no node forgets what it knew";
/// The rule on convergence.
pub(super) const CONVERGENCE: &str = "every node knows the last news";
/// The rule on the news of each node.
pub(super) const PROMPT_NEWS: &str = "in the recovery phase the news of every node is soon known to all";
const NODES: u32 = 3;

/// The time to judge begins when messages of the fault phase have arrived.
const RECOVERED_FROM: VirtualInstant = VirtualInstant::from_nanoseconds(5_100_000_000);
/// Messages take at most 10 ms.
///
/// It is shorter than a round, so that a peer that passes news on hides nothing.
const PROMPT: Duration = Duration::from_millis(30);

/// Three nodes that take turns in having news, for a second longer than the faults last.
pub fn cluster(style: NodeStyle, bug: Option<Bug>) -> BugHunt {
    let config = Config { rounds_with_news: 120, turns: u64::from(NODES), bug, ..Config::default() };
    let nodes = match style {
        NodeStyle::Machine => Scenario::new("hunt-gossip").machines("gossip", NODES, move |node: &Boot| Gossip::boot(config, node)),
        NodeStyle::Async => Scenario::new("hunt-gossip-async").nodes("gossip", NODES, move |node| gossip(node, config)),
    };
    let cluster = nodes
        .default_links(LinkModel::default())
        .observe(MEMORY, NoRollback::default)
        .observe(PROMPT_NEWS, || PromptNews::new(RECOVERED_FROM, PROMPT))
        .eventually(CONVERGENCE, all_know_the_same)
        .duration(Duration::from_secs(5))
        .stable_for(Duration::from_millis(200));
    BugHunt { cluster, profile: planted_profile(), links: &["default"] }
}

/// Holds for long only once no node has news any more.
fn all_know_the_same(world: &World<'_>) -> bool {
    let mut known = world.views::<Newest>().map(|(_, newest)| *newest);
    let first = known.next();
    known.all(|newest| Some(newest) == first)
}

/// The rule that must find each bug, and the bounds on the search.
pub(super) fn expected(bug: Bug) -> Expected {
    match bug {
        Bug::TieByArrival => Expected::new(MEMORY, 20, [0, 0]),
        Bug::ForgetsAfterPauses => Expected::new(MEMORY, 2_000, [3, 0]),
        Bug::RestoresCheckpoint => Expected::new(MEMORY, 2_000, [4, 0]),
        Bug::StrikesOffFlapping => Expected::new(PROMPT_NEWS, 2_000, [2, 0]),
        Bug::SkipsFirstPeer => Expected::new(PROMPT_NEWS, 200, [1, 0]),
        Bug::StaysSilent => Expected::new(PROMPT_NEWS, 200, [1, 0]),
        Bug::SendsNewsLate => Expected::new(PROMPT_NEWS, 20, [0, 0]),
        Bug::IgnoresLowerRounds => Expected::new(PROMPT_NEWS, 200, [1, 0]),
    }
}
