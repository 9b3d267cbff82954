//! The entries of `faults`: a fault with its time, or with the condition at which it aims.

use std::time::Duration;

use cluster_sim::check::{Change, World};
use cluster_sim::fault::{Fault, Trigger};
use cluster_sim::{FaultPlan, Seed, VirtualInstant};
use serde_json::{Map, Value};

use super::declaration::Condition;
use super::fault_shapes::fault;
use super::link_shapes::{MS_MAX, NS_MAX};
use super::names::Names;
use super::parameters::Parameters;
use super::settled::{Choices, settled};
use crate::shape::{FieldShape, ObjectShape, Shape, Tag};

/// The most faults of one entry.
const TIMES_MAX: u64 = 10_000;

/// The shape of an entry of a system with these conditions.
pub(super) fn entry(conditions: &[Condition]) -> ObjectShape {
    let at = "When: milliseconds since the start of the run, or two of them between which each seed chooses.";
    let object = ObjectShape::new([
        FieldShape::optional("at_ms", Shape::Chosen(0, MS_MAX), at),
        FieldShape::optional("at_ns", Shape::Chosen(0, NS_MAX), "The same in nanoseconds."),
    ]);
    let object = match conditions {
        [] => object.exactly_one(["at_ms", "at_ns"]),
        conditions => {
            let tag = |condition: &Condition| Tag {
                name: condition.name,
                fields: Some(ObjectShape::new(condition.fields.clone())),
                about: condition.about,
            };
            let when = Shape::Tagged("condition", conditions.iter().map(tag).collect());
            let after = "The time from the condition to the fault.";
            object
                .and(FieldShape::optional("when", when, "The condition that the fault waits for; it names a node as it."))
                .and(FieldShape::optional("after_ms", Shape::Whole(0, MS_MAX), after))
                .exactly_one(["at_ms", "at_ns", "when"])
                .at_most_one(["after_ms", "at_ms"])
                .at_most_one(["after_ms", "at_ns"])
        }
    };
    let every = "The time from one of several to the next; only for a fault with a time.";
    object
        .and(FieldShape::with_default("times", Shape::Whole(1, TIMES_MAX), 1, "How often it is applied."))
        .and(FieldShape::with_default("every_ms", Shape::Chosen(0, MS_MAX), 0, every))
        .and(FieldShape::required("fault", fault(), "The fault."))
}

/// An entry of a checked file.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    number: u64,
    value: Value,
}

impl Entry {
    /// The entry of this index.
    pub(super) fn new(number: usize, value: &Value) -> Self {
        Self { number: number as u64, value: value.clone() }
    }

    /// Whether it waits for a condition.
    pub(super) fn is_aimed(&self) -> bool {
        self.value.get("when").is_some()
    }

    /// The name and the parameters of its condition.
    fn condition(&self) -> Option<(&str, Value)> {
        match self.value.get("when")? {
            Value::String(name) => Some((name, Value::Object(Map::new()))),
            value => value.as_object()?.iter().next().map(|(name, parameters)| (name.as_str(), parameters.clone())),
        }
    }

    fn times(&self) -> u64 {
        self.value["times"].as_u64().unwrap_or(1)
    }

    /// A time of the entry in nanoseconds, which the seed may choose.
    fn nanoseconds(&self, name: &str, choices: Choices) -> Option<u64> {
        let unit = if name.ends_with("_ms") { 1_000_000 } else { 1 };
        let value = self.value.get(name)?;
        let number = match value.as_array().map(Vec::as_slice) {
            Some([from, to]) => choices.choose(name, from.as_u64()?, to.as_u64()?),
            _ => value.as_u64()?,
        };
        Some(number * unit)
    }

    /// The earliest time at which a seed applies it first; absent if it waits for a condition.
    pub(super) fn earliest(&self) -> Option<Duration> {
        let least = |name: &str, unit: u64| {
            let value = self.value.get(name)?;
            value.as_u64().or_else(|| value.get(0)?.as_u64()).map(|number| Duration::from_nanos(number * unit))
        };
        least("at_ms", 1_000_000).or_else(|| least("at_ns", 1))
    }

    /// The fault under these choices; `it` is the node of the condition.
    fn fault(&self, names: &Names, it: Option<&str>, choices: Choices) -> Fault {
        let choose = |path: &str, least, most| choices.choose(path, least, most);
        let meant = |path: &str, name: &str| names.meant(path, name, it, choices);
        let value = settled(&fault(), &self.value["fault"], "fault", &choose, &meant);
        serde_json::from_value(value).unwrap_or_else(|error| panic!("a fault of the declared shape is not one: {error}"))
    }

    /// Adds what a seed makes of it to a plan. An entry that waits for a condition adds nothing.
    pub(super) fn add_to(&self, plan: &mut FaultPlan, seed: Seed, names: &Names) {
        let choices = Choices { seed, entry: self.number, turn: 0 };
        let Some(mut at) = self.nanoseconds("at_ms", choices).or_else(|| self.nanoseconds("at_ns", choices)) else { return };
        for turn in 0..self.times() {
            let choices = Choices { turn, ..choices };
            if turn > 0 {
                at = at.saturating_add(self.nanoseconds("every_ms", choices).unwrap_or(0));
            }
            plan.insert(VirtualInstant::from_nanoseconds(at), self.fault(names, None, choices));
        }
    }

    /// The fault of an entry that waits for a condition, as it would hit the first node of its group.
    pub(super) fn sample(&self, conditions: &[Condition], names: &Names, seed: Seed) -> Option<Fault> {
        let (name, _) = self.condition()?;
        let condition = conditions.iter().find(|condition| condition.name == name)?;
        let it = names.first_of(condition.group)?;
        Some(self.fault(names, Some(it), Choices { seed, entry: self.number, turn: 0 }))
    }

    /// The trigger of an entry that waits for a condition.
    ///
    /// Its choices are those of the instant at which it fires, so that another run of the seed makes the same ones.
    pub(super) fn trigger(&self, conditions: &[Condition], names: &Names) -> Option<Trigger> {
        let (name, parameters) = self.condition()?;
        let condition = conditions.iter().find(|condition| condition.name == name)?;
        let completed = completed(condition, parameters);
        let aim = (condition.aim)(&Parameters(&completed));
        let (entry, names) = (self.clone(), names.clone());
        let title = format!("{name} (faults[{}])", self.number);
        let fire = move |change: &Change, world: &World<'_>| {
            let node = aim(change, world)?;
            let choices = Choices { seed: Seed(world.now().as_nanoseconds()), entry: entry.number, turn: 0 };
            Some(entry.fault(&names, Some(world.name(node)), choices))
        };
        let after = Duration::from_millis(self.value.get("after_ms").and_then(Value::as_u64).unwrap_or(0));
        Some(Trigger::new(&title, fire).at_most(self.times()).after(after))
    }
}

/// The parameters of a condition with their defaults: a condition that is a name alone has none of its own.
fn completed(condition: &Condition, mut parameters: Value) -> Value {
    Shape::Object(ObjectShape::new(condition.fields.clone())).complete(&mut parameters);
    parameters
}
