//! Scenarios that are ready to run, their files, and their reports.
//!
//! A text becomes a [`Document`], a system's reader makes a [`Prepared`] scenario of it, and that runs to an [`Artifact`]. Invalid input is
//! a [`ScenarioError`]: one line with file, place, value and cure.
//!
//! Deliberately absent: any system; flags, the environment, the terminal and the file system. Text comes in, text goes out.

mod artifact;
mod document;
mod error;
mod field_spec;
mod node_style;
mod prepared;

pub use artifact::{ARTIFACT_FORMAT, Artifact, TimelineEntry};
pub use document::Document;
pub use error::{ScenarioError, ScenarioErrorKind};
pub use field_spec::{FieldSpec, last_name};
pub use node_style::NodeStyle;
pub use prepared::{PlannedStep, Prepared};
