//! The reproducers of planted bugs in `tests/regressions`, each in a file named for what the bug breaks.

use cluster_sim_scenarios::{NodeStyle, PlantedBug};

/// A file and the planted bug that it reproduces.
#[derive(Debug, Clone, Copy)]
pub struct Regression {
    /// File name without its extension.
    pub name: &'static str,
    /// The bug whose rule the reproducer breaks, as `system/bug`.
    pub bug: &'static str,
    /// Whether the nodes of the reproduced run are machines or async functions.
    pub style: NodeStyle,
}

impl Regression {
    /// The bug whose rule the reproducer breaks.
    ///
    /// # Panics
    /// If no system has it.
    pub fn bug(&self) -> PlantedBug {
        let bug = cluster_sim_scenarios::builtin().bug(self.bug).cloned();
        bug.unwrap_or_else(|| panic!("no system has a planted bug {}", self.bug))
    }
}

const fn regression(name: &'static str, bug: &'static str, style: NodeStyle) -> Regression {
    Regression { name, bug, style }
}

/// Every committed reproducer of a planted bug.
pub const REGRESSIONS: [Regression; 8] = [
    regression("no_outage_spends_the_retries_of_a_client", "echo/spends-retries", NodeStyle::Machine),
    regression("a_client_that_crashed_twice_is_answered_what_it_asks_now", "echo/answers-earlier-life", NodeStyle::Async),
    regression("a_node_that_was_cut_off_twice_keeps_what_it_knows", "gossip/restores-checkpoint", NodeStyle::Machine),
    regression("a_node_that_was_paused_three_times_forgets_nothing", "gossip/forgets-after-pauses", NodeStyle::Async),
    regression("a_slow_fetch_undoes_no_invalidation", "edge-cache/fill-overwrites-invalidation", NodeStyle::Machine),
    regression("a_fetch_that_was_lost_is_asked_for_again", "edge-cache/refetches-once", NodeStyle::Machine),
    regression("a_router_that_restarted_thrice_leaves_out_no_edge", "edge-cache/restarts-leave-out-edge", NodeStyle::Machine),
    regression("a_client_that_crashed_has_its_own_write_acknowledged", "edge-cache/acknowledges-earlier-life", NodeStyle::Async),
];
