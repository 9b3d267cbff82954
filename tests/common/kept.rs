//! The stories of planted bugs that are kept in `tests/regressions`, each in a file that is named for what the bug breaks.

use cluster_sim_echo::Bug as EchoBug;
use cluster_sim_edge_cache::Bug as EdgeCacheBug;
use cluster_sim_gossip::Bug as GossipBug;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::planted_bugs::PlantedBug;
use cluster_sim_scenarios::planted_bugs::PlantedBug::{Echo, EdgeCache, Gossip};

/// A file and the bug that its story finds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// The file's name, without its ending.
    pub(crate) name: &'static str,
    pub(crate) bug: PlantedBug,
    pub(crate) form: NodeStyle,
}

const fn kept(name: &'static str, bug: PlantedBug, form: NodeStyle) -> Kept {
    Kept { name, bug, form }
}

/// Every story of a planted bug that is kept.
pub(crate) const KEPT: [Kept; 8] = [
    kept("no_outage_spends_the_retries_of_a_client", Echo(EchoBug::SpendsRetries), NodeStyle::Machine),
    kept("a_client_that_crashed_twice_is_answered_what_it_asks_now", Echo(EchoBug::AnswersEarlierLife), NodeStyle::Async),
    kept("a_node_that_was_cut_off_twice_keeps_what_it_knows", Gossip(GossipBug::RestoresCheckpoint), NodeStyle::Machine),
    kept("a_node_that_was_paused_three_times_forgets_nothing", Gossip(GossipBug::ForgetsAfterPauses), NodeStyle::Async),
    kept("a_slow_fetch_undoes_no_invalidation", EdgeCache(EdgeCacheBug::FillOverwritesInvalidation), NodeStyle::Machine),
    kept("a_fetch_that_was_lost_is_asked_for_again", EdgeCache(EdgeCacheBug::RefetchesOnce), NodeStyle::Machine),
    kept("a_router_that_restarted_thrice_leaves_out_no_edge", EdgeCache(EdgeCacheBug::RestartsLeaveOutEdge), NodeStyle::Machine),
    kept(
        "a_client_that_crashed_has_its_own_write_acknowledged",
        EdgeCache(EdgeCacheBug::AcknowledgesEarlierLife),
        NodeStyle::Async,
    ),
];
