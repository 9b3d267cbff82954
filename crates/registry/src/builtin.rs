//! Scenarios that are run by name.

use std::fmt;

use crate::error::ScenarioError;
use crate::prepared::Prepared;
use crate::variables::Variables;

type Prepare = Box<dyn Fn(&Variables) -> Result<Prepared, ScenarioError> + Send + Sync>;

/// A scenario that is run by name.
pub struct BuiltinScenario {
    name: String,
    summary: &'static str,
    prepare: Prepare,
    is_for_many_seeds: bool,
}

impl BuiltinScenario {
    /// A scenario with a name and a summary of one line; `prepare` makes it ready to run.
    pub fn new(
        name: impl Into<String>,
        summary: &'static str,
        prepare: impl Fn(&Variables) -> Result<Prepared, ScenarioError> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), summary, prepare: Box::new(prepare), is_for_many_seeds: false }
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
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its purpose, as one line for a list.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// Prepares the scenario for a run, with what the environment sets for fields that its file leaves out.
    ///
    /// # Errors
    /// If such a value is invalid for it.
    pub fn prepare(&self, variables: &Variables) -> Result<Prepared, ScenarioError> {
        (self.prepare)(variables)
    }
}

impl fmt::Debug for BuiltinScenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BuiltinScenario").field("name", &self.name).field("summary", &self.summary).finish_non_exhaustive()
    }
}
