//! Systems as the command line and the tests know them, and the registry of systems.
//!
//! Start at [`System`], which a crate implements for its system, and at [`Registry`], which takes it in one line.
//!
//! A text becomes a [`Document`], a system's reader makes a [`Prepared`] scenario of it, and that runs to an [`Artifact`]. Invalid input is
//! a [`ScenarioError`]: one line with file, place, value and cure.
//!
//! Deliberately absent: any system; flags, the environment, the terminal and the file system. Text comes in, text goes out.

mod artifact;
mod builtin;
mod document;
mod error;
mod fault_profile;
mod field_spec;
mod general;
mod metric_limit;
mod node_style;
mod planted;
mod prepared;
mod registry;
mod shape;
mod system;
mod variables;

pub use artifact::{ARTIFACT_FORMAT, Artifact, TimelineEntry};
pub use builtin::BuiltinScenario;
pub use document::Document;
pub use error::{ScenarioError, ScenarioErrorKind};
pub use fault_profile::read_fault_profile;
pub use field_spec::{FieldSpec, last_name};
pub use general::{Aim, Condition, GeneralFormat, GroupDeclaration, Measures, Parameters, Phases, Setup, profile_shape};
pub use metric_limit::{InvalidLimit, LimitJudgement, MetricLimit};
pub use node_style::NodeStyle;
pub use planted::{BugHunt, Expected, PlantedBug, PlantedBugs};
pub use prepared::{PlannedStep, Prepared};
pub use registry::Registry;
pub use shape::{FieldShape, ObjectShape, Presence, Reference, Shape, Tag};
pub use system::{FileFormat, System};
pub use variables::{Variable, Variables};
