//! Builtin scenarios of cluster-sim's reference systems, and the scenario files that describe more.
//!
//! Start at [`Registry::builtin`] for the scenarios, and at [`edge_cache`] for the one file format. [`echo`], [`gossip`] and the [`canary`]
//! have no files and are run by name. [`planted_bugs`] lists bugs with the scenarios that must find them.
//!
//! A file or a name becomes a [`Prepared`] scenario, which runs to an [`Artifact`]. Invalid input is a [`ScenarioError`]: one line with file,
//! place, value and cure.
//!
//! Deliberately absent: flags, the environment, the terminal and the file system. Text comes in, text goes out.

pub mod canary;
pub mod echo;
pub mod edge_cache;
pub mod gossip;
pub mod planted_bugs;
mod registry;
mod smoke;

pub use cluster_sim_registry::{ARTIFACT_FORMAT, Artifact, NodeStyle, Prepared, ScenarioError, ScenarioErrorKind, TimelineEntry};
pub use registry::{BuiltinScenario, Registry};
