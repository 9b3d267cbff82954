//! What the runs of a sweep went through, so that a test that tests nothing is found out.

use std::collections::BTreeMap;
use std::fmt;

use cluster_sim_types::LossKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::{CheckKind, Outcome, Report};

/// How often a kind of fault struck.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultCoverage {
    /// How often it was planned.
    pub planned: u64,
    /// How often it struck.
    pub fired: u64,
    /// How often that changed something.
    pub effective: u64,
}

/// What the runs of a sweep went through. Adding runs up in any order gives the same.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// How many runs there were.
    pub runs: u64,
    /// How they ended.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// The kinds of faults that were planned or done by hand.
    pub faults: BTreeMap<String, FaultCoverage>,
    /// What messages were lost to, and how many; all cuts together.
    pub losses: BTreeMap<String, u64>,
    /// In how many runs each point that must come about in some run did.
    pub points: BTreeMap<String, u64>,
    /// How often each rule could have been broken.
    pub times_checked: BTreeMap<String, u64>,
    /// Whole numbers that observers measured, by the way to them, added up: which operations there were, and how they ended.
    pub operations: BTreeMap<String, u64>,
}

impl Coverage {
    /// What one run went through.
    pub fn of(report: &Report) -> Self {
        let mut coverage = Self { runs: 1, ..Self::default() };
        coverage.outcomes.insert(report.outcome, 1);
        for record in &report.faults {
            let kind = coverage.faults.entry(record.fault.kind().to_owned()).or_default();
            kind.planned += 1;
            kind.fired += u64::from(record.applied);
            kind.effective += u64::from(record.effect > 0);
        }
        for (cause, lost) in &report.traffic.dropped {
            // Each cut is a cause of its own, by the names of its two sides.
            let cause = if cause.kind() == LossKind::Cut { "cuts" } else { cause.name() };
            *coverage.losses.entry(cause.to_owned()).or_default() += lost;
        }
        for check in &report.checks {
            let counts = if check.kind == CheckKind::Sometimes { &mut coverage.points } else { &mut coverage.times_checked };
            *counts.entry(check.name.clone()).or_default() += check.times_checked;
        }
        for (observer, measured) in &report.measured {
            add_numbers(&mut coverage.operations, observer, measured);
        }
        coverage
    }

    /// Adds what other runs went through.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        for (kind, count) in &other.faults {
            let known = self.faults.entry(kind.clone()).or_default();
            known.planned += count.planned;
            known.fired += count.fired;
            known.effective += count.effective;
        }
        other.outcomes.iter().for_each(|(outcome, count)| *self.outcomes.entry(*outcome).or_default() += count);
        for (counts, others) in [
            (&mut self.losses, &other.losses),
            (&mut self.points, &other.points),
            (&mut self.times_checked, &other.times_checked),
            (&mut self.operations, &other.operations),
        ] {
            others.iter().for_each(|(name, count)| *counts.entry(name.clone()).or_default() += count);
        }
    }

    /// What no run showed although it was meant to, as sentences: points that were never reached, rules that nothing could have broken, kinds
    /// of faults that never struck or never changed anything.
    pub fn missing(&self) -> Vec<String> {
        let points =
            self.points.iter().filter(|(_, runs)| **runs == 0).map(|(name, _)| format!("point {name:?} was never reached"));
        let rules = self.times_checked.iter().filter(|(_, times_checked)| **times_checked == 0);
        let rules = rules.map(|(name, _)| format!("rule {name:?} had nothing to judge"));
        let faults = self.faults.iter().filter(|(_, count)| count.effective == 0);
        let faults = faults.map(|(kind, count)| match count.fired {
            0 => format!("{} faults of kind {kind:?} were planned, and none was applied", count.planned),
            fired => format!("{fired} faults of kind {kind:?} were applied, and none had an effect"),
        });
        points.chain(rules).chain(faults).collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "      coverage over {} runs", self.runs)?;
        for (kind, FaultCoverage { fired, effective, .. }) in &self.faults {
            writeln!(formatter, "        fault {kind}: {fired} applied, {effective} had an effect")?;
        }
        for (what, counts) in [("lost to", &self.losses), ("point", &self.points), ("counted", &self.operations)] {
            counts.iter().try_for_each(|(name, count)| writeln!(formatter, "        {what} {name}: {count}"))?;
        }
        self.missing().iter().try_for_each(|missing| writeln!(formatter, "      missing: {missing}"))
    }
}

/// Adds every whole number of a measured tree under the way to it.
fn add_numbers(counts: &mut BTreeMap<String, u64>, path: &str, value: &Value) {
    match value {
        Value::Number(number) => {
            if let Some(number) = number.as_u64() {
                let count = counts.entry(path.to_owned()).or_default();
                *count = count.saturating_add(number);
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(name, field)| add_numbers(counts, &format!("{path}.{name}"), field)),
        // Which element is which hangs on the run.
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => {}
    }
}
