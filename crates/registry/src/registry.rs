//! Systems and scenarios by name.

use std::collections::BTreeSet;

use cluster_sim_simulation::text::closest;
use serde_json::Value;

use crate::builtin::BuiltinScenario;
use crate::document::Document;
use crate::error::{ScenarioError, ScenarioErrorKind};
use crate::fault_profile::take_fault_profile;
use crate::field_spec::FieldSpec;
use crate::metric_limit::MetricLimit;
use crate::planted::{PlantedBug, PlantedBugs};
use crate::prepared::{MAX_STEPS, Prepared};
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
    format: Option<FileFormat>,
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
        let (format, scenarios, planted) = (system.file_format(), system.scenarios(), system.planted_bugs());
        let (hunts, hunts_with_bugs) = (planted.builtin().collect(), planted.with_bugs().collect());
        self.systems.push(Registered { system: Box::new(system), format, scenarios, planted, hunts, hunts_with_bugs });
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
    /// First those of systems with scenario files, then of other systems, then those of no system, then hunts for planted bugs; each in
    /// the order in which they were added.
    pub fn scenarios(&self) -> impl Iterator<Item = &BuiltinScenario> {
        let with_files = self.systems.iter().filter(|registered| registered.format.is_some());
        let without = self.systems.iter().filter(|registered| registered.format.is_none());
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

    /// The scenario files that the systems read. A file that names no system is of the first.
    pub fn file_formats(&self) -> impl Iterator<Item = (&'static str, FileFormat)> {
        self.systems.iter().filter_map(|registered| Some((registered.system.name(), registered.format?)))
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
        let mut prepared = (self.format_of(&document)?.read)(document, variables)?;
        if let Some(steps) = max_steps {
            prepared = prepared.with_max_steps(steps);
        }
        if let Some(profile) = profile {
            prepared = prepared.with_fault_profile(profile);
        }
        Ok(prepared)
    }

    /// The format of a file: that of the system that it names, else the first.
    fn format_of(&self, document: &Document<'_>) -> Result<FileFormat, ScenarioError> {
        let named = match document.root.get("system") {
            Some(Value::String(name)) => Some(name.as_str()),
            // The reader refuses a value that is no name.
            _ => None,
        };
        let found = self.file_formats().find(|(name, _)| named.is_none_or(|wanted| wanted == *name));
        found.map(|(_, format)| format).ok_or_else(|| {
            let names: Vec<_> = self.file_formats().map(|(name, _)| name).collect();
            let meant = named.and_then(|named| closest(named, names.iter().copied()));
            let meant = meant.map_or_else(String::new, |name| format!("did you mean {name}? "));
            let cure = match names.first() {
                Some(first) => format!("{meant}use one of {}, or leave it out for {first}", names.join(", ")),
                None => "run a scenario by name: no system here has files".to_owned(),
            };
            let value = Value::from(named.unwrap_or_default()).to_string();
            ScenarioError::new(ScenarioErrorKind::Unknown("system"), document.source(), "system", &value, &cure)
        })
    }
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
