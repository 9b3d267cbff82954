//! Systems and scenarios by name.

use std::collections::BTreeSet;

use cluster_sim_simulation::text::closest;
use serde_json::{Value, json};

use crate::builtin::BuiltinScenario;
use crate::document::Document;
use crate::error::{ScenarioError, ScenarioErrorKind};
use crate::fault_profile::take_fault_profile;
use crate::field_spec::FieldSpec;
use crate::general::{self, GeneralFormat};
use crate::metric_limit::MetricLimit;
use crate::planted::{PlantedBug, PlantedBugs};
use crate::prepared::{MAX_STEPS, Prepared};
use crate::shape::ObjectShape;
use crate::system::{FileFormat, System};
use crate::variables::{Variable, Variables};

/// Systems with their scenarios, and scenarios by themselves.
#[derive(Default)]
pub struct Registry {
    systems: Vec<Registered>,
    others: Vec<BuiltinScenario>,
}

struct Registered {
    system: Box<dyn System>,
    dialect: Option<FileFormat>,
    general: Option<GeneralFormat>,
    scenarios: Vec<BuiltinScenario>,
    planted: PlantedBugs,
    hunts: Vec<BuiltinScenario>,
    hunts_with_bugs: Vec<BuiltinScenario>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a system with all its scenarios.
    ///
    /// # Panics
    /// If two systems, scenarios or variables have one name, of which one would hide the other.
    #[must_use]
    pub fn with(mut self, system: impl System + 'static) -> Self {
        let (dialect, general) = (system.file_format(), system.general_format());
        let (scenarios, planted) = (system.scenarios(), system.planted_bugs());
        let (hunts, hunts_with_bugs) = (planted.builtin().collect(), planted.with_bugs().collect());
        self.systems.push(Registered { system: Box::new(system), dialect, general, scenarios, planted, hunts, hunts_with_bugs });
        assert_distinct("systems", self.systems().map(System::name));
        assert_distinct("variables", self.variables().map(|variable| variable.name));
        assert_distinct("builtin scenarios", self.every_scenario().map(BuiltinScenario::name));
        self
    }

    /// Adds a scenario that belongs to no system.
    ///
    /// # Panics
    /// If the registry has a scenario of this name.
    #[must_use]
    pub fn with_scenario(mut self, scenario: BuiltinScenario) -> Self {
        self.others.push(scenario);
        assert_distinct("builtin scenarios", self.every_scenario().map(BuiltinScenario::name));
        self
    }

    /// The systems, in the order in which they were added.
    pub fn systems(&self) -> impl Iterator<Item = &dyn System> {
        self.systems.iter().map(|registered| &*registered.system)
    }

    /// Finds a system by its name.
    pub fn system(&self, name: &str) -> Option<&dyn System> {
        self.systems().find(|system| system.name() == name)
    }

    /// All scenarios without a planted bug, in the order of lists.
    ///
    /// First those of systems with a dialect of scenario files, then of other systems, then those of no system, then hunts for planted bugs; each in
    /// the order in which they were added.
    pub fn scenarios(&self) -> impl Iterator<Item = &BuiltinScenario> {
        let with_files = self.systems.iter().filter(|registered| registered.dialect.is_some());
        let without = self.systems.iter().filter(|registered| registered.dialect.is_none());
        let of_systems = with_files.chain(without).flat_map(|registered| &registered.scenarios);
        of_systems.chain(&self.others).chain(self.systems.iter().flat_map(|registered| &registered.hunts))
    }

    /// The hunts with a planted bug each, which fail by design, in the order of the bugs.
    pub fn hunts_with_bugs(&self) -> impl Iterator<Item = &BuiltinScenario> {
        self.systems.iter().flat_map(|registered| &registered.hunts_with_bugs)
    }

    fn every_scenario(&self) -> impl Iterator<Item = &BuiltinScenario> {
        self.scenarios().chain(self.hunts_with_bugs())
    }

    /// Finds a scenario by its name, also one with a planted bug.
    pub fn named(&self, name: &str) -> Option<&BuiltinScenario> {
        self.every_scenario().find(|scenario| scenario.name() == name)
    }

    /// Finds the name of a scenario that an unknown name may mean, if one is close.
    pub fn closest(&self, name: &str) -> Option<&str> {
        closest(name, self.every_scenario().map(BuiltinScenario::name))
    }

    /// The planted bugs of all systems.
    pub fn bugs(&self) -> impl Iterator<Item = &PlantedBug> {
        self.systems.iter().flat_map(|registered| registered.planted.bugs())
    }

    /// Finds a planted bug by its text, such as `queue/loses-acknowledged`.
    pub fn bug(&self, name: &str) -> Option<&PlantedBug> {
        self.bugs().find(|bug| bug.to_string() == name)
    }

    /// The environment variables that the systems declare.
    pub fn variables(&self) -> impl Iterator<Item = Variable> {
        self.systems().flat_map(System::variables)
    }

    /// The limits that the systems know, in the order of their scenarios.
    pub fn limits(&self) -> impl Iterator<Item = MetricLimit> {
        self.systems().flat_map(System::limits)
    }

    /// The dialects of scenario files that systems have. A file that names no system is of the first.
    pub fn file_formats(&self) -> impl Iterator<Item = (&'static str, FileFormat)> {
        self.systems.iter().filter_map(|registered| Some((registered.system.name(), registered.dialect?)))
    }

    /// The systems that have scenario files of the general format, each with its part of it.
    pub fn general_formats(&self) -> impl Iterator<Item = (&'static str, &GeneralFormat)> {
        let general = self.systems.iter().filter(|registered| registered.dialect.is_none());
        general.filter_map(|registered| Some((registered.system.name(), registered.general.as_ref()?)))
    }

    /// The shapes of all scenario files that have one, each with the name of its system.
    pub fn file_shapes(&self) -> impl Iterator<Item = (&'static str, ObjectShape)> {
        let dialects = self.file_formats().filter_map(|(name, format)| Some((name, format.shape?())));
        dialects.chain(self.general_formats().map(|(name, format)| (name, general::file_shape(name, format))))
    }

    /// The JSON Schema (draft 2020-12) of the scenario files of one system, or of all.
    ///
    /// # Errors
    /// If no system of that name has scenario files with a schema.
    pub fn schema(&self, system: Option<&str>) -> Result<Value, ScenarioError> {
        let mut schema = match system {
            Some(name) => self.file_shape(name)?.schema(),
            None => json!({"anyOf": self.file_shapes().map(|(_, shape)| shape.schema()).collect::<Vec<_>>()}),
        };
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["title"] = json!(system.map_or_else(|| "scenario files".to_owned(), |name| format!("scenario files of {name}")));
        Ok(schema)
    }

    /// The shape of the scenario files of a system.
    ///
    /// # Errors
    /// If no system of that name has scenario files with a schema.
    pub fn file_shape(&self, system: &str) -> Result<ObjectShape, ScenarioError> {
        let found = self.file_shapes().find(|(name, _)| *name == system);
        found.map(|(_, shape)| shape).ok_or_else(|| {
            let names: Vec<_> = self.file_shapes().map(|(name, _)| name).collect();
            let cure = cure(system, &names, "or leave it out for all");
            ScenarioError::new(ScenarioErrorKind::Unknown("system"), "command line", "SYSTEM", &format!("{system:?}"), &cure)
        })
    }

    /// Reads a scenario file of any system that has files; errors name it `source`.
    ///
    /// Every file may have two fields, whatever its system: `max_steps`, the steps after which a run ends as unknown, and
    /// `fault_profile`, from which seeds draw faults.
    ///
    /// # Errors
    /// The first mistake in the file.
    pub fn read(&self, text: &str, source: &str, variables: &Variables) -> Result<Prepared, ScenarioError> {
        let mut document = Document::parse(text, source)?;
        let max_steps = take_max_steps(&mut document)?;
        let profile = take_fault_profile(&mut document)?;
        let mut prepared = self.read_rest(document, variables)?;
        if let Some(steps) = max_steps {
            prepared = prepared.with_max_steps(steps);
        }
        if let Some(profile) = profile {
            prepared = prepared.with_fault_profile(profile);
        }
        Ok(prepared)
    }

    /// Reads a file in the format of the system that it names, else in the first dialect.
    fn read_rest(&self, document: Document<'_>, variables: &Variables) -> Result<Prepared, ScenarioError> {
        let named = match document.root.get("system") {
            Some(Value::String(name)) => Some(name.clone()),
            // The reader refuses a value that is no name.
            _ => None,
        };
        let is_meant = |name: &str| named.as_deref().is_none_or(|wanted| wanted == name);
        if let Some((_, dialect)) = self.file_formats().find(|(name, _)| is_meant(name)) {
            return (dialect.read)(document, variables);
        }
        if let Some((name, format)) = self.general_formats().find(|(name, _)| is_meant(name)) {
            return general::read(name, format, document);
        }
        let named = named.unwrap_or_default();
        let dialects: Vec<_> = self.file_formats().map(|(name, _)| name).collect();
        let names: Vec<_> = dialects.iter().copied().chain(self.general_formats().map(|(name, _)| name)).collect();
        let left_out = dialects.first().map(|first| format!("or leave it out for {first}")).unwrap_or_default();
        let cure = match names.as_slice() {
            [] => "run a scenario by name: no system here has files".to_owned(),
            names => cure(&named, names, &left_out),
        };
        let value = Value::from(named).to_string();
        Err(ScenarioError::new(ScenarioErrorKind::Unknown("system"), document.source(), "system", &value, &cure))
    }
}

/// The cure for an unknown name of a system: the known ones, and what else will do.
fn cure(named: &str, names: &[&str], otherwise: &str) -> String {
    let meant = closest(named, names.iter().copied()).map_or_else(String::new, |name| format!("did you mean {name}? "));
    let otherwise = if otherwise.is_empty() { String::new() } else { format!(", {otherwise}") };
    format!("{meant}use one of {}{otherwise}", names.join(", "))
}

/// Takes the bound on steps out of a file, if it has one.
fn take_max_steps(document: &mut Document<'_>) -> Result<Option<u64>, ScenarioError> {
    let spec = FieldSpec::Whole(1, u64::MAX);
    let Some(value) = document.root.as_object_mut().and_then(|fields| fields.remove(MAX_STEPS)) else { return Ok(None) };
    match value.as_u64().filter(|_| spec.accepts(&value)) {
        Some(steps) => Ok(Some(steps)),
        None => {
            let kind = if value.is_number() { spec.mistake() } else { ScenarioErrorKind::WrongType };
            Err(ScenarioError::new(kind, document.source(), MAX_STEPS, &value.to_string(), &spec.to_string()))
        }
    }
}

fn assert_distinct<'n>(what: &str, names: impl Iterator<Item = &'n str>) {
    let mut known = BTreeSet::new();
    names.for_each(|name| assert!(known.insert(name), "two {what} are named {name:?}"));
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let systems: Vec<_> = self.systems().map(System::name).collect();
        formatter.debug_struct("Registry").field("systems", &systems).finish_non_exhaustive()
    }
}
