//! The edge cache: scenario files, builtin scenarios, reports.
//!
//! Start at [`EdgeCacheFile`], which is read from JSON or built in code, and at [`run`].

mod build;
mod builtin;
mod check;
mod file;
pub(crate) mod groups;
mod keys;
mod plan;
mod seconds;

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod run_tests;

use cluster_sim_registry::{Artifact, ScenarioError};

pub(crate) use builtin::builtin;
pub use check::CAPACITY_MAX;
pub use file::{ApplyMode, Chaos, Defaults, EdgeCacheFile, SOURCE_FANOUT_CAPACITY, SourceLagPolicy, Step, System, TimedStep};
pub use keys::{Keys, UnknownKeys};
pub use seconds::Seconds;

/// Runs a scenario of the edge cache that was built in code.
///
/// ```no_run
/// use cluster_sim_scenarios::edge_cache::{self, EdgeCacheFile};
///
/// let quiet = EdgeCacheFile { mutation_rate_per_sec: 1.0, ..EdgeCacheFile::example() };
/// println!("{}", edge_cache::run(&quiet)?.to_json());
/// # Ok::<(), cluster_sim_scenarios::ScenarioError>(())
/// ```
///
/// # Errors
/// The first value that the format does not allow; nothing was run.
pub fn run(file: &EdgeCacheFile) -> Result<Artifact, ScenarioError> {
    Ok(file.prepare()?.run())
}
