//! The reproducers of planted bugs in `tests/regressions`, each in a file named for what the bug breaks.

use cluster_sim_echo::Bug as EchoBug;
use cluster_sim_edge_cache::Bug as EdgeCacheBug;
use cluster_sim_gossip::Bug as GossipBug;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::planted_bugs::PlantedBug;
use cluster_sim_scenarios::planted_bugs::PlantedBug::{Echo, EdgeCache, Gossip};

/// A file and the planted bug that it reproduces.
#[derive(Debug, Clone, Copy)]
pub struct Regression {
    /// File name without its extension.
    pub name: &'static str,
    /// The bug whose rule the reproducer breaks.
    pub bug: PlantedBug,
    /// Whether the nodes of the reproduced run are machines or async functions.
    pub style: NodeStyle,
}

const fn regression(name: &'static str, bug: PlantedBug, style: NodeStyle) -> Regression {
    Regression { name, bug, style }
}

/// Every committed reproducer of a planted bug.
pub const REGRESSIONS: [Regression; 8] = [
    regression("no_outage_spends_the_retries_of_a_client", Echo(EchoBug::SpendsRetries), NodeStyle::Machine),
    regression("a_client_that_crashed_twice_is_answered_what_it_asks_now", Echo(EchoBug::AnswersEarlierLife), NodeStyle::Async),
    regression("a_node_that_was_cut_off_twice_keeps_what_it_knows", Gossip(GossipBug::RestoresCheckpoint), NodeStyle::Machine),
    regression("a_node_that_was_paused_three_times_forgets_nothing", Gossip(GossipBug::ForgetsAfterPauses), NodeStyle::Async),
    regression("a_slow_fetch_undoes_no_invalidation", EdgeCache(EdgeCacheBug::FillOverwritesInvalidation), NodeStyle::Machine),
    regression("a_fetch_that_was_lost_is_asked_for_again", EdgeCache(EdgeCacheBug::RefetchesOnce), NodeStyle::Machine),
    regression(
        "a_router_that_restarted_thrice_leaves_out_no_edge",
        EdgeCache(EdgeCacheBug::RestartsLeaveOutEdge),
        NodeStyle::Machine,
    ),
    regression(
        "a_client_that_crashed_has_its_own_write_acknowledged",
        EdgeCache(EdgeCacheBug::AcknowledgesEarlierLife),
        NodeStyle::Async,
    ),
];
