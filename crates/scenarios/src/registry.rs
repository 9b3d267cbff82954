//! The ready scenarios, by name.

use crate::edge_cache::{self, Defaults, EdgeCacheFile};
use crate::error::ScenarioError;
use crate::prepared::Prepared;
use crate::{canary, echo, gossip, planted_bugs};

/// The systems that scenario files may be of.
pub(crate) const KNOWN_SYSTEMS: &[&str] = &["edge-cache"];

/// The ready scenarios, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Registry {
    scenarios: Vec<BuiltinScenario>,
}

impl Registry {
    /// A registry without a scenario.
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

    /// This registry with one more scenario.
    ///
    /// # Panics
    /// If there is one of that name: names are written in code, and one would hide the other.
    #[must_use]
    pub fn with(mut self, scenario: BuiltinScenario) -> Self {
        assert!(self.named(scenario.name()).is_none(), "two ready scenarios are named {:?}", scenario.name());
        self.scenarios.push(scenario);
        self
    }

    /// The scenario of that name.
    pub fn named(&self, name: &str) -> Option<&BuiltinScenario> {
        self.scenarios().find(|scenario| scenario.name() == name)
    }

    /// Every scenario.
    pub fn scenarios(&self) -> impl Iterator<Item = &BuiltinScenario> {
        self.scenarios.iter()
    }

    /// Reads a scenario file of any known system; `source` is what errors call it.
    ///
    /// # Errors
    /// The first mistake found in the file.
    pub fn read(&self, text: &str, source: &str, defaults: &Defaults) -> Result<Prepared, ScenarioError> {
        // One system has a file format so far; its reader refuses the others by name.
        EdgeCacheFile::parse(text, source, defaults)?.prepare()
    }
}

type Prepare = Box<dyn Fn(&Defaults) -> Result<Prepared, ScenarioError> + Send + Sync>;

/// A scenario that is there to be run by name.
pub struct BuiltinScenario {
    name: &'static str,
    summary: &'static str,
    prepare: Prepare,
    is_for_many_seeds: bool,
}

impl BuiltinScenario {
    /// A scenario under a name, with one line that says what it shows.
    pub fn new(
        name: &'static str,
        summary: &'static str,
        prepare: impl Fn(&Defaults) -> Result<Prepared, ScenarioError> + Send + Sync + 'static,
    ) -> Self {
        Self { name, summary, prepare: Box::new(prepare), is_for_many_seeds: false }
    }

    /// This scenario, said to be short enough to be run from ten thousand seeds where its digests are compared.
    #[must_use]
    pub fn for_many_seeds(self) -> Self {
        Self { is_for_many_seeds: true, ..self }
    }

    /// Whether it is short enough for that.
    pub fn is_for_many_seeds(&self) -> bool {
        self.is_for_many_seeds
    }

    /// The name to run it by.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it shows, in one line.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// Makes it ready to run.
    ///
    /// # Errors
    /// If `defaults` do not fit it.
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
    fn every_standard_scenario_is_found_by_its_name_and_can_be_prepared() {
        let registry = Registry::builtin();
        let names: Vec<_> = registry.scenarios().map(BuiltinScenario::name).collect();
        let edge_caches = ["", "-control", "-burst-lag", "-version-gated", "-async", "-short", "-short-async"]
            .map(|name| format!("edge-cache{name}"));
        assert_eq!(names[..7], edge_caches);
        assert_eq!(names[7..12], ["echo", "echo-async", "gossip", "gossip-async", "canary"]);
        let hunts = ["echo", "gossip", "edge-cache"].map(|system| [format!("hunt-{system}"), format!("hunt-{system}-async")]);
        assert_eq!(names[12..], hunts.concat());
        for scenario in registry.scenarios() {
            assert!(scenario.prepare(&Defaults::default()).is_ok(), "{}", scenario.name());
            assert!(!scenario.summary().contains('\n') && scenario.summary().len() <= 100, "{}", scenario.summary());
        }
    }

    #[test]
    #[should_panic(expected = "two ready scenarios are named \"edge-cache\"")]
    fn a_name_stands_once() {
        let twice = BuiltinScenario::new("edge-cache", "", |_| unreachable!("never prepared"));
        let _ = Registry::builtin().with(twice);
    }
}
