//! Keeps others from implementing [`Explore`](crate::Explore), so that it can grow.

use cluster_sim_simulation::{Scenario, ScenarioError};

use crate::replay::Case;

/// Implemented by [`Scenario`] alone.
pub trait Sealed {
    /// Checks the scenario, under a case if one is given.
    ///
    /// # Errors
    /// If it cannot be run.
    fn validate_with(&self, case: Option<&Case>) -> Result<(), ScenarioError>;
}

impl Sealed for Scenario {
    fn validate_with(&self, case: Option<&Case>) -> Result<(), ScenarioError> {
        case.map_or_else(|| self.validate(), |case| case.apply_to(self).validate())
    }
}
