//! The trait of a system.

use crate::builtin::BuiltinScenario;
use crate::document::Document;
use crate::error::ScenarioError;
use crate::general::GeneralFormat;
use crate::metric_limit::MetricLimit;
use crate::planted::PlantedBugs;
use crate::prepared::Prepared;
use crate::shape::ObjectShape;
use crate::variables::{Variable, Variables};

/// A system under test, as the registry, the command line and the tests know it.
///
/// A crate implements it once, and a registry takes it in one line: [`Registry::with`](crate::Registry::with).
pub trait System: Send + Sync {
    /// Its name in scenario files and planted bugs, in lower case with `-` between words.
    fn name(&self) -> &'static str;

    /// The scenarios that are run by name.
    fn scenarios(&self) -> Vec<BuiltinScenario>;

    /// The names of all rules that its scenarios check, those of planted bugs included.
    fn rules(&self) -> Vec<&'static str>;

    /// The bugs that can be planted in it, which show that its rules can fail.
    fn planted_bugs(&self) -> PlantedBugs;

    /// Its scenario files in the general format; none by default, so that it is run by name only.
    fn general_format(&self) -> Option<GeneralFormat> {
        None
    }

    /// Its scenario files in a dialect of its own; none by default.
    ///
    /// The dialect takes the place of the general format.
    fn file_format(&self) -> Option<FileFormat> {
        None
    }

    /// The environment variables that it reads; none by default.
    fn variables(&self) -> Vec<Variable> {
        Vec::new()
    }

    /// Limits on numbers that it measures, the most useful first; none by default. The help shows some.
    fn limits(&self) -> Vec<MetricLimit> {
        Vec::new()
    }
}

/// The scenario files of a system that has a dialect.
#[derive(Debug, Clone, Copy)]
pub struct FileFormat {
    /// The smallest file.
    pub example: &'static str,
    /// The shape of its files, for their schema; `None` if it has none to show.
    pub shape: Option<fn() -> ObjectShape>,
    /// Reads a file, with what the environment sets for fields that it leaves out.
    pub read: fn(Document<'_>, &Variables) -> Result<Prepared, ScenarioError>,
}
