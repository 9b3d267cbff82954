//! The builtin scenarios, by name.

use crate::edge_cache::{self, Defaults, EdgeCacheFile};
use crate::{canary, echo, gossip, planted_bugs};
use cluster_sim_registry::{Prepared, ScenarioError};

/// The systems that a scenario file may name.
pub(crate) const KNOWN_SYSTEMS: &[&str] = &["edge-cache"];

/// Scenarios by name, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Registry {
    scenarios: Vec<BuiltinScenario>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// The scenarios that come with cluster-sim.
    pub fn builtin() -> Self {
        edge_cache::builtin()
            .into_iter()
            .chain(echo::builtin())
            .chain(gossip::builtin())
            .chain(canary::builtin())
            .chain(planted_bugs::builtin())
            .fold(Self::new(), Self::with)
    }

    /// Adds a scenario.
    ///
    /// # Panics
    /// If the registry has a scenario of this name, which one of the two would hide.
    #[must_use]
    pub fn with(mut self, scenario: BuiltinScenario) -> Self {
        assert!(self.named(scenario.name()).is_none(), "two builtin scenarios are named {:?}", scenario.name());
        self.scenarios.push(scenario);
        self
    }

    /// Finds a scenario by its name.
    pub fn named(&self, name: &str) -> Option<&BuiltinScenario> {
        self.scenarios().find(|scenario| scenario.name() == name)
    }

    /// All scenarios, in the order in which they were added.
    pub fn scenarios(&self) -> impl Iterator<Item = &BuiltinScenario> {
        self.scenarios.iter()
    }

    /// Reads a scenario file of any known system; errors name it `source`.
    ///
    /// # Errors
    /// The first mistake in the file.
    pub fn read(&self, text: &str, source: &str, defaults: &Defaults) -> Result<Prepared, ScenarioError> {
        // The edge cache alone has a file format; its reader refuses other systems by name.
        EdgeCacheFile::parse(text, source, defaults)?.prepare()
    }
}

type Prepare = Box<dyn Fn(&Defaults) -> Result<Prepared, ScenarioError> + Send + Sync>;

/// A scenario that is run by name.
pub struct BuiltinScenario {
    name: &'static str,
    summary: &'static str,
    prepare: Prepare,
    is_for_many_seeds: bool,
}

impl BuiltinScenario {
    /// A scenario with a name and a summary of one line; `prepare` makes it ready to run.
    pub fn new(
        name: &'static str,
        summary: &'static str,
        prepare: impl Fn(&Defaults) -> Result<Prepared, ScenarioError> + Send + Sync + 'static,
    ) -> Self {
        Self { name, summary, prepare: Box::new(prepare), is_for_many_seeds: false }
    }

    /// Marks the scenario as short: its digests are compared from 10,000 seeds.
    #[must_use]
    pub fn for_many_seeds(self) -> Self {
        Self { is_for_many_seeds: true, ..self }
    }

    /// Whether its digests are compared from 10,000 seeds.
    pub fn is_for_many_seeds(&self) -> bool {
        self.is_for_many_seeds
    }

    /// The name on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its purpose, as one line for a list.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// Prepares the scenario for a run, with `defaults` for fields that its file leaves out.
    ///
    /// # Errors
    /// If a default is invalid for it.
    pub fn prepare(&self, defaults: &Defaults) -> Result<Prepared, ScenarioError> {
        (self.prepare)(defaults)
    }
}

impl std::fmt::Debug for BuiltinScenario {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("BuiltinScenario").field("name", &self.name).field("summary", &self.summary).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_scenario_is_found_by_name_and_can_be_prepared() {
        let registry = Registry::builtin();
        let names: Vec<_> = registry.scenarios().map(BuiltinScenario::name).collect();
        let edge_caches = ["", "-control", "-burst-lag", "-version-gated", "-async", "-short", "-short-async"]
            .map(|name| format!("edge-cache{name}"));
        assert_eq!(names[..7], edge_caches);
        assert_eq!(names[7..12], ["echo", "echo-async", "gossip", "gossip-async", "canary"]);
        let planted = ["echo", "gossip", "edge-cache"].map(|system| [format!("hunt-{system}"), format!("hunt-{system}-async")]);
        assert_eq!(names[12..], planted.concat());
        for scenario in registry.scenarios() {
            assert!(scenario.prepare(&Defaults::default()).is_ok(), "{}", scenario.name());
            assert!(!scenario.summary().contains('\n') && scenario.summary().len() <= 100, "{}", scenario.summary());
        }
    }

    #[test]
    #[should_panic(expected = "two builtin scenarios are named \"edge-cache\"")]
    fn names_are_unique() {
        let duplicate = BuiltinScenario::new("edge-cache", "", |_| unreachable!("never prepared"));
        let _ = Registry::builtin().with(duplicate);
    }
}
