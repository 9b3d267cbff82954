//! Every planted bug is found by its rule and minimized to the faults and decisions it needs.

mod minimize;
mod search;
mod smallest;
mod stream_queue;

use cluster_sim_scenarios::{NodeStyle, PlantedBug, Registry, each_system};
use cluster_sim_testkit::own_system::OwnSystem;

/// Tests of one system at a time, so that they run side by side.
macro_rules! systems {
    ($($module:ident::$system:ident,)*) => {
        $(mod $module {
            use cluster_sim_scenarios::NodeStyle;
            use rstest::rstest;

            fn bugs() -> Vec<crate::PlantedBug> {
                crate::bugs(crate::Registry::new().with(cluster_sim_scenarios::$module::$system))
            }

            #[rstest]
            fn every_planted_bug_is_found_by_its_rule_within_its_seeds(
                #[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle,
            ) {
                crate::search::assert_found(&bugs(), style);
            }

            #[rstest]
            fn without_a_planted_bug_those_seeds_find_nothing(
                #[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle,
            ) {
                crate::search::assert_sound(&bugs(), style);
            }

            #[test]
            fn both_forms_of_a_planted_bug_fail_from_the_same_seeds() {
                crate::search::assert_same_seeds(&bugs());
            }

            #[rstest]
            fn every_planted_bug_is_minimized_to_its_bounds(
                #[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle,
            ) {
                crate::minimize::assert_minimized(&bugs(), style);
            }
        })*
    };
}

each_system!(systems);

macro_rules! registry {
    ($($module:ident::$system:ident,)*) => {
        /// All systems with planted bugs.
        fn systems() -> Registry {
            Registry::new()$(.with(cluster_sim_scenarios::$module::$system))*
                .with(cluster_sim_scenarios::stream_queue::StreamQueueSystem)
        }
    };
}

each_system!(registry);

/// A system of a user, which the list does not have.
#[test]
fn the_bug_of_a_system_added_to_a_registry_is_hunted() {
    let bugs = bugs(Registry::new().with(OwnSystem));
    search::assert_found(&bugs, NodeStyle::Machine);
    search::assert_sound(&bugs, NodeStyle::Machine);
    minimize::assert_minimized(&bugs, NodeStyle::Machine);
}

/// The bugs of the one system in a registry.
fn bugs(registry: Registry) -> Vec<PlantedBug> {
    let bugs: Vec<PlantedBug> = registry.bugs().cloned().collect();
    assert!(!bugs.is_empty(), "{registry:?} has planted bugs");
    bugs
}
