//! Ready scenarios of cluster-sim's reference systems, and the files that describe such scenarios.
//!
//! Start at [`Registry::standard`] for what is ready to run, and at [`edge_cache`] for the one file format there is. [`echo`], [`gossip`] and
//! the [`canary`] have none: they are run by name.
//! [`hunt`] has the scenarios in which planted bugs are to be found, and the table of these.
//! A file or a name becomes a [`Prepared`] scenario, which runs to an [`Artifact`]. What cannot be run is a [`ScenarioError`]: one line
//! with file, place, value and cure.
//!
//! Deliberately absent: flags, the environment, the terminal and the file system. Texts come in, texts go out.

mod artifact;
pub mod canary;
mod document;
pub mod echo;
pub mod edge_cache;
mod error;
mod field_spec;
pub mod gossip;
mod node_style;
pub mod planted_bugs;
mod prepared;
mod registry;
mod smoke;

pub use artifact::{ARTIFACT_FORMAT, Artifact, TimelineEntry};
pub use error::{ScenarioError, ScenarioErrorKind};
pub use node_style::NodeStyle;
pub use prepared::Prepared;
pub use registry::{BuiltinScenario, Registry};
