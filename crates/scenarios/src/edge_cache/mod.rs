//! The edge cache: scenario files, builtin scenarios, reports.
//!
//! Start at [`EdgeCacheFile`], which is read from JSON or built in code, and at [`run`].

mod build;
mod builtin;
mod check;
mod defaults;
mod fields;
mod file;
mod groups;
mod keys;
mod parse;
mod plan;
pub mod planted;
mod seconds;
mod shape;

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod order_tests;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod run_tests;

use cluster_sim_edge_cache::Bug;
use cluster_sim_registry::{
    Artifact, BuiltinScenario, Document, FileFormat, MetricLimit, NodeStyle, PlantedBugs, Prepared, ScenarioError, System,
    Variable, Variables,
};

pub use defaults::{Defaults, SOURCE_FANOUT_CAPACITY};
pub use fields::CAPACITY_MAX;
pub use file::{ApplyMode, Chaos, EdgeCacheFile, SourceLagPolicy, Step, SystemName, TimedStep};
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

/// The edge cache with its scenarios, files and planted bugs.
#[derive(Debug, Clone, Copy)]
pub struct EdgeCacheSystem;

impl System for EdgeCacheSystem {
    fn name(&self) -> &'static str {
        "edge-cache"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        builtin::builtin().into_iter().collect()
    }

    fn rules(&self) -> Vec<&'static str> {
        vec![
            build::OBSERVER,
            planted::ANSWERS,
            planted::ROLLBACKS,
            planted::ACKNOWLEDGEMENTS,
            planted::MONOTONIC_READS,
            planted::READ_YOUR_WRITES,
            planted::BOUNDED_WAITS,
            planted::ONLY_COMMITTED,
            planted::SERVES_HELD,
            planted::OWN_VERSIONS,
            planted::PROMPT_COMMITS,
            planted::RECOVERY_PACE,
            planted::CONVERGENCE,
        ]
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [
            (NodeStyle::Machine, "an edge cache without a planted bug: gated edges, guarded sessions, a rule for each promise"),
            (NodeStyle::Async, "hunt-edge-cache with clients written as async functions"),
        ];
        PlantedBugs::new(self.name(), &summaries, Bug::ALL, planted::cluster, planted::expected)
    }

    fn file_format(&self) -> Option<FileFormat> {
        Some(FileFormat { example: SMALLEST_FILE, shape: Some(shape::file), read })
    }

    fn variables(&self) -> Vec<Variable> {
        vec![defaults::CAPACITY]
    }

    fn limits(&self) -> Vec<MetricLimit> {
        vec![
            MetricLimit::new("monotonic_violations", 0.0),
            MetricLimit::new("time_to_consistency_ms.unresolved", 10.0),
            MetricLimit::new("stale_reads", 100.0),
        ]
    }
}

const SMALLEST_FILE: &str = r#"{"seed":42,"duration_secs":30,"edge_count":3,"client_count":16,"mutation_rate_per_sec":10.0,
 "chaos":{"delay_ms":50,"loss_rate":0.05,"reorder_rate":0.1}}"#;

fn read(document: Document<'_>, variables: &Variables) -> Result<Prepared, ScenarioError> {
    EdgeCacheFile::decode(document, &Defaults::of(variables))?.prepare()
}
