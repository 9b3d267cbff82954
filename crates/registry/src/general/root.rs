//! A whole file of the general format: its shape, and how it becomes a scenario.

use std::time::Duration;

use cluster_sim::{FaultPlan, Scenario, Seed, VirtualInstant};
use cluster_sim_simulation::driver::DriveScenario;
use serde_json::{Value, json};

use super::declaration::GeneralFormat;
use super::entry::{Entry, entry};
use super::names::Names;
use super::parameters::Setup;
use super::profile_shape::profile_shape;
use super::topology::{topology, with_topology};
use crate::document::Document;
use crate::error::{ScenarioError, ScenarioErrorKind};
use crate::prepared::Prepared;
use crate::shape::{FieldShape, ObjectShape, Shape};

/// One year: a longer run is treated as a typing error.
const SECONDS_MAX: f64 = 31_536_000.0;
/// One day: no cluster needs longer to recover.
const PHASE_MS_MAX: u64 = 86_400_000;
/// The seeds besides that of the file for which the faults of a file are checked before it runs.
const SAMPLES: [Seed; 3] = [Seed(0), Seed(1), Seed(2)];

/// The shape of the files of a system.
pub(crate) fn file_shape(system: &'static str, format: &GeneralFormat) -> ObjectShape {
    let phases = format.phases;
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let rules = Shape::list(Shape::word("rule", &format.checks), 1);
    ObjectShape::new([
        FieldShape::optional("$schema", Shape::Text("an address", 1_000), "The schema that an editor checks the file against."),
        FieldShape::required("format", Shape::Whole(1, 1), "The version of this format."),
        FieldShape::required("system", Shape::word("system", &[system]), "The system of the scenario."),
        FieldShape::with_default("name", Shape::Name("a name"), system, "The name under which its runs are reported."),
        FieldShape::with_default("seed", Shape::Seed, 0, "The seed of a run that is given no other."),
        FieldShape::with_default(
            "duration_secs",
            Shape::Number(0.001, SECONDS_MAX),
            phases.duration.as_secs_f64(),
            "The length of the fault phase.",
        ),
        FieldShape::with_default(
            "stable_for_ms",
            Shape::Whole(0, PHASE_MS_MAX),
            millis(phases.stable_for),
            "How long the rules of the end must hold.",
        ),
        FieldShape::with_default(
            "recovery_timeout_ms",
            Shape::Whole(0, PHASE_MS_MAX),
            millis(phases.recovery_timeout),
            "The longest recovery phase.",
        ),
        FieldShape::with_default("start_together", Shape::Flag, false, "Whether all nodes start at the same instant."),
        FieldShape::object("topology", topology(&format.groups), "How many nodes there are, where, and between which links."),
        FieldShape::object("workload", ObjectShape::new(format.workload.clone()), "The parameters of the system."),
        FieldShape::with_default(
            "faults",
            Shape::list(Shape::Object(entry(&format.conditions)), 0),
            Vec::<Value>::new(),
            "Faults with a time or a condition, in any order.",
        ),
        FieldShape::optional(
            "fault_profile",
            Shape::Object(profile_shape()),
            "The profile from which each seed draws further faults.",
        ),
        FieldShape::with_default("checks", rules, json!(format.checks), "The rules that are checked; by default all."),
        FieldShape::optional("max_steps", Shape::Whole(1, u64::MAX), "The steps after which a run ends as unknown."),
    ])
}

/// Reads a file of a system.
///
/// # Errors
/// The first mistake in it; nothing was run.
pub(crate) fn read(system: &'static str, format: &GeneralFormat, document: Document<'_>) -> Result<Prepared, ScenarioError> {
    let source = document.source();
    let shape = Shape::Object(file_shape(system, format));
    let mut file = document.root;
    shape.check(&file, "", source)?;
    shape.complete(&mut file);
    let scenario = (format.build)(&Setup { file: &file });
    let topology = &file["topology"];
    let groups = Names::of(&scenario, topology).groups;
    let scenario = with_topology(scenario, topology, &groups).map_err(|(path, cure)| {
        let value = file.pointer(&pointer(&path)).unwrap_or(&Value::Null).to_string();
        ScenarioError::new(ScenarioErrorKind::Misfit, source, &path, &value, &cure)
    })?;
    let scenario = with_phases(scenario, &file);
    let names = Names::of(&scenario, topology);
    check_references(&shape, &file, &names, source)?;
    let seed = seed(&file["seed"]);
    let entries: Vec<Entry> =
        file["faults"].as_array().into_iter().flatten().enumerate().map(|(number, value)| Entry::new(number, value)).collect();
    check_times(&entries, &file, source)?;
    check_faults(&scenario, format, &entries, &names, (&file, seed), source)?;
    let scenario = with_faults(scenario, format, entries, names);
    let checks: Vec<String> =
        file["checks"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let measures = format.measures.filter(|measures| checks.iter().any(|name| name == measures.observer));
    let scenario = if checks.len() < format.checks.len() { scenario.only_checks(&checks) } else { scenario };
    let prepared = Prepared::new(scenario, seed, file);
    Ok(match measures {
        Some(measures) => prepared.with_observer(measures.observer, (measures.empty)(), measures.signature),
        None => prepared,
    })
}

/// A path such as `topology.links[0].from` as a JSON pointer.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
}

fn seed(value: &Value) -> Seed {
    match value.as_str() {
        Some(text) => text.parse().expect("the file was checked: a text is 0x and hex digits"),
        None => Seed(value.as_u64().expect("the file was checked: all else is a whole number")),
    }
}

fn with_phases(scenario: Scenario, file: &Value) -> Scenario {
    let millis = |name: &str| Duration::from_millis(file[name].as_u64().unwrap_or(0));
    let scenario = scenario
        .renamed(file["name"].as_str().unwrap_or_default())
        .duration(duration(file))
        .stable_for(millis("stable_for_ms"))
        .recovery_timeout(millis("recovery_timeout_ms"));
    if file["start_together"] == true { scenario.start_together() } else { scenario }
}

fn duration(file: &Value) -> Duration {
    Duration::from_secs_f64(file["duration_secs"].as_f64().unwrap_or(0.0))
}

/// Refuses names of nodes and links that the scenario does not have.
fn check_references(shape: &Shape, file: &Value, names: &Names, source: &str) -> Result<(), ScenarioError> {
    let is_aimed = |path: &str| {
        let index = path.strip_prefix("faults[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        index.is_some_and(|index| file["faults"][index].get("when").is_some())
    };
    let mut refused = Ok(());
    shape.visit(file, "", &mut |shape, value, path| {
        let (Shape::Reference(reference), Some(name), Ok(())) = (shape, value.as_str(), &refused) else { return };
        if let Some(cure) = names.cure(*reference, name, is_aimed(path)) {
            let kind = ScenarioErrorKind::Foreign(reference.noun());
            refused = Err(ScenarioError::new(kind, source, path, &value.to_string(), &cure));
        }
    });
    refused
}

/// Refuses faults after the end of the fault phase.
fn check_times(entries: &[Entry], file: &Value, source: &str) -> Result<(), ScenarioError> {
    let late = entries.iter().position(|entry| entry.earliest().is_some_and(|at| at > duration(file)));
    late.map_or(Ok(()), |index| {
        let entry = &file["faults"][index];
        let name = if entry.get("at_ms").is_some() { "at_ms" } else { "at_ns" };
        let most = if name == "at_ms" { duration(file).as_millis() } else { duration(file).as_nanos() };
        let (path, cure) = (format!("faults[{index}].{name}"), format!("use at most {most}, or a longer duration_secs"));
        Err(ScenarioError::new(ScenarioErrorKind::AfterTheEnd, source, &path, &entry[name].to_string(), &cure))
    })
}

/// Refuses faults whose parts do not go together, such as a cut with a node on both sides.
fn check_faults(
    scenario: &Scenario,
    format: &GeneralFormat,
    entries: &[Entry],
    names: &Names,
    (file, own): (&Value, Seed),
    source: &str,
) -> Result<(), ScenarioError> {
    let plan_of = |entries: &[Entry], seed: Seed| {
        let mut plan = FaultPlan::new();
        for entry in entries {
            match entry.sample(&format.conditions, names, seed) {
                Some(fault) => plan.insert(VirtualInstant::ZERO, fault),
                None => entry.add_to(&mut plan, seed, names),
            }
        }
        plan
    };
    let mistake = |entries: &[Entry]| {
        let seeds = std::iter::once(own).chain(SAMPLES);
        seeds.into_iter().find_map(|seed| scenario.clone().faults(plan_of(entries, seed)).validate().err())
    };
    if mistake(entries).is_none() {
        return Ok(());
    }
    // The mistake of one of them, or else of the scenario itself.
    let found = entries.iter().enumerate().find_map(|(index, entry)| Some((index, mistake(std::slice::from_ref(entry))?)));
    let (path, value, reason) = match found {
        Some((index, error)) => (format!("faults[{index}].fault"), file["faults"][index]["fault"].to_string(), error.to_string()),
        None => ("$".to_owned(), "the scenario".to_owned(), mistake(entries).map(|error| error.to_string()).unwrap_or_default()),
    };
    Err(ScenarioError::new(ScenarioErrorKind::Misfit, source, &path, &value, &reason))
}

fn with_faults(scenario: Scenario, format: &GeneralFormat, entries: Vec<Entry>, names: Names) -> Scenario {
    let triggers = entries.iter().filter_map(|entry| entry.trigger(&format.conditions, &names));
    let scenario = triggers.fold(scenario, Scenario::trigger);
    if entries.iter().all(Entry::is_aimed) {
        return scenario;
    }
    scenario.faults_from(move |seed| {
        let mut plan = FaultPlan::new();
        entries.iter().for_each(|entry| entry.add_to(&mut plan, seed, &names));
        plan
    })
}
