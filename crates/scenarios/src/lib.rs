//! The reference systems of cluster-sim: their builtin scenarios, scenario files and planted bugs.
//!
//! Start at [`builtin`], the registry of all of them. Each module holds one system and its [`System`](cluster_sim_registry::System);
//! [`kv`], [`ledger`] and [`stream_queue`] have scenario files of the general format, [`edge_cache`] those of a dialect, and the others
//! are run by name. The [`canary`] is no system: it is a scenario that fails by design.
//!
//! Deliberately absent: flags, the environment, the terminal and the file system. Text comes in, text goes out.

pub mod canary;
pub mod echo;
pub mod edge_cache;
pub mod gossip;
pub mod kv;
pub mod ledger;
pub mod replicated_log;
mod smoke;
pub mod stream_queue;
mod workload;

pub use cluster_sim_registry::{
    ARTIFACT_FORMAT, Artifact, BugHunt, BuiltinScenario, NodeStyle, PlantedBug, Prepared, Registry, ScenarioError,
    ScenarioErrorKind, TimelineEntry, Variables,
};

/// Calls a macro with the modules of all systems and the name of each [`System`](cluster_sim_registry::System), for code that is the same
/// for each system: the registry, and tests that run one system each.
///
/// A new system is one line here.
#[macro_export]
macro_rules! each_system {
    ($then:ident) => {
        $then! {
            echo::EchoSystem,
            gossip::GossipSystem,
            kv::KvSystem,
            ledger::LedgerSystem,
            edge_cache::EdgeCacheSystem,
            replicated_log::ReplicatedLogSystem,
        }
    };
}

macro_rules! registry {
    ($($module:ident::$system:ident,)*) => {
        /// The systems and scenarios that come with cluster-sim.
        pub fn builtin() -> Registry {
            Registry::new()$(.with($module::$system))*
                .with(stream_queue::StreamQueueSystem)
                .with_scenario(canary::builtin())
        }
    };
}

each_system!(registry);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_scenario_is_found_by_name_and_can_be_prepared() {
        let registry = builtin();
        let names: Vec<_> = registry.scenarios().map(BuiltinScenario::name).collect();
        let edge_caches = ["", "-control", "-burst-lag", "-version-gated", "-async", "-short", "-short-async"]
            .map(|name| format!("edge-cache{name}"));
        assert_eq!(names[..7], edge_caches);
        assert_eq!(names[7..15], ["echo", "echo-async", "gossip", "gossip-async", "kv", "kv-async", "ledger", "ledger-async"]);
        let numbered = (1..=12).map(|number| format!("s{number:02}"));
        let logs = ["replicated-log", "replicated-log-async", "stream-queue"].map(str::to_owned);
        let queues: Vec<_> = logs.into_iter().chain(numbered).chain(["canary".to_owned()]).collect();
        assert_eq!(names[15..31], queues);
        let planted = ["echo", "gossip", "kv", "ledger", "edge-cache"]
            .map(|system| [format!("hunt-{system}"), format!("hunt-{system}-async")]);
        assert_eq!(names[31..41], planted.concat());
        assert_eq!(names[41..], ["hunt-replicated-log", "hunt-replicated-log-async", "hunt-stream-queue-async"]);
        for scenario in registry.scenarios() {
            assert!(scenario.prepare(&Variables::default()).is_ok(), "{}", scenario.name());
            assert!(!scenario.summary().contains('\n') && scenario.summary().len() <= 100, "{}", scenario.summary());
        }
    }
}
