//! [`Coverage`]: what the runs of a sweep exercised, so that tests that check nothing are noticed.

use std::collections::BTreeMap;
use std::fmt;

use cluster_sim_simulation::driver::MakeReport;
use cluster_sim_simulation::{CheckKind, Fault, NodeFault, Outcome, Report};
use cluster_sim_types::LossKind;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often faults of one kind were applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultCoverage {
    /// Faults planned or injected.
    pub planned: u64,
    /// Faults applied; the others were planned for after the fault phase.
    pub applied: u64,
    /// Applied faults that changed something.
    pub effective: u64,
}

/// How often nodes visited a failpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailpointCoverage {
    /// Visits, of any node.
    pub visits: u64,
    /// Crashes there.
    pub crashes: u64,
}

/// Counts of what the runs of a sweep exercised; sums do not depend on the order of the runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Number of runs.
    pub runs: u64,
    /// Number of runs by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Faults by kind, planned or injected by a test.
    pub faults: BTreeMap<String, FaultCoverage>,
    /// Messages lost, by cause; all cuts count as `cuts`.
    pub losses: BTreeMap<String, u64>,
    /// Runs in which each `sometimes` or `reachable` point was reached.
    pub points: BTreeMap<String, u64>,
    /// How often each trigger fired.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub triggers: BTreeMap<String, u64>,
    /// How often each declared failpoint was visited, and nodes crashed there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failpoints: BTreeMap<String, FailpointCoverage>,
    /// How often each rule was checked.
    pub times_checked: BTreeMap<String, u64>,
    /// Runs of scenarios that declare chaos.
    #[serde(default)]
    pub chaos_runs: u64,
    /// Faults that chaos drew in them.
    #[serde(default)]
    pub chaos_faults: u64,
    /// Sums of the whole numbers that observers measured, by observer and path, as in `latency.count`.
    pub operations: BTreeMap<String, u64>,
}

/// The cure for faults of disks that had no effect.
const DISKS: &str = "let them hit nodes that use a disk meanwhile: spare the groups of others with `sparing([\"client\"])`";

impl Coverage {
    /// Counts one run.
    pub fn of(report: &Report) -> Self {
        let mut coverage = Self { runs: 1, ..Self::default() };
        coverage.outcomes.insert(report.outcome, 1);
        for record in &report.faults {
            let kind = coverage.faults.entry(record.fault.kind().to_owned()).or_default();
            kind.planned += 1;
            kind.applied += u64::from(record.applied);
            kind.effective += u64::from(record.effect > 0);
            if let Fault::Node(NodeFault::CrashAt { point, .. }) = &record.fault {
                coverage.failpoints.entry(point.clone()).or_default().crashes += record.effect;
            }
        }
        if let Some(drawn) = report.drawn_faults() {
            (coverage.chaos_runs, coverage.chaos_faults) = (1, drawn);
        }
        for (cause, lost) in &report.traffic.dropped {
            // Each cut is a cause of its own, by the names of its two sides.
            let cause = if cause.kind() == LossKind::Cut { "cuts" } else { cause.name() };
            *coverage.losses.entry(cause.to_owned()).or_default() += lost;
        }
        for check in &report.checks {
            let counts = match check.kind {
                CheckKind::Sometimes => &mut coverage.points,
                CheckKind::Trigger => &mut coverage.triggers,
                CheckKind::Failpoint => {
                    coverage.failpoints.entry(check.name.clone()).or_default().visits += check.times_checked;
                    continue;
                }
                _ => &mut coverage.times_checked,
            };
            *counts.entry(check.name.clone()).or_default() += check.times_checked;
        }
        for (observer, measured) in &report.measured {
            add_numbers(&mut coverage.operations, observer, measured);
        }
        coverage
    }

    /// Adds the counts of other runs.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.chaos_runs += other.chaos_runs;
        self.chaos_faults += other.chaos_faults;
        for (kind, count) in &other.faults {
            let known = self.faults.entry(kind.clone()).or_default();
            known.planned += count.planned;
            known.applied += count.applied;
            known.effective += count.effective;
        }
        for (point, count) in &other.failpoints {
            let known = self.failpoints.entry(point.clone()).or_default();
            known.visits += count.visits;
            known.crashes += count.crashes;
        }
        other.outcomes.iter().for_each(|(outcome, count)| *self.outcomes.entry(*outcome).or_default() += count);
        for (counts, others) in [
            (&mut self.losses, &other.losses),
            (&mut self.points, &other.points),
            (&mut self.triggers, &other.triggers),
            (&mut self.times_checked, &other.times_checked),
            (&mut self.operations, &other.operations),
        ] {
            others.iter().for_each(|(name, count)| *counts.entry(name.clone()).or_default() += count);
        }
    }

    /// Returns one sentence for each thing that no run exercised, with a cure.
    ///
    /// These are points never reached, rules with nothing to judge, kinds of faults that were never applied or never had an
    /// effect, and chaos that drew no fault.
    pub fn missing(&self) -> Vec<String> {
        let rules = self.times_checked.iter().filter(|(_, times_checked)| **times_checked == 0);
        let rules = rules.map(|(name, _)| {
            format!("rule {name:?} had nothing to judge; check the types of what it reads, and that a run gets that far")
        });
        let faults = self.faults.iter().filter(|(_, count)| count.effective == 0);
        let faults = faults.map(|(kind, count)| match count.applied {
            0 => {
                let planned = count.planned;
                format!(
                    "{planned} faults of kind {kind:?} were planned, and none was applied; \
                     plan them earlier than the end of the fault phase, or make its `duration` longer"
                )
            }
            applied => {
                let cure = match kind.as_str() {
                    "crash in io" | "random crash in io" => DISKS,
                    kind if kind.contains("disk") || kind.contains("sync") => DISKS,
                    kind if kind.contains("object") => "let clients use the object store while they last, or let them last longer",
                    kind if kind.contains("clock") || kind.contains("drift") => {
                        "let them hit nodes that read their clocks: spare the groups of others with `sparing([\"client\"])`"
                    }
                    _ => "let them hit nodes and links that are in use, or last longer",
                };
                format!("{applied} faults of kind {kind:?} were applied, and none had an effect; {cure}")
            }
        });
        let triggers = self.triggers.iter().filter(|(_, fires)| **fires == 0);
        let triggers = triggers.map(|(name, _)| {
            format!("trigger {name:?} never fired; check what it waits for, or run more seeds, for longer, or under more faults")
        });
        let is_idle = self.chaos_runs > 0 && self.chaos_faults == 0;
        let chaos = is_idle.then(|| {
            format!(
                "chaos was declared and drew no fault in {} runs; \
                 make its `mean_interval` shorter or the `duration` longer, and spare not all groups",
                self.chaos_runs
            )
        });
        self.missing_points().into_iter().chain(triggers).chain(rules).chain(faults).chain(chaos).collect()
    }

    /// Returns one sentence for each point that no run reached.
    pub(crate) fn missing_points(&self) -> Vec<String> {
        let points = self.points.iter().filter(|(_, runs)| **runs == 0);
        let points =
            points.map(|(name, _)| format!("point {name:?} was never reached; run more seeds, for longer, or under more faults"));
        let failpoints = self.failpoints.iter().filter(|(_, count)| count.visits == 0);
        let failpoints = failpoints.map(|(name, _)| {
            format!("failpoint {name:?} was never visited; check its name in the node code, or run more seeds, or for longer")
        });
        points.chain(failpoints).collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "      coverage over {} runs", self.runs)?;
        for (kind, FaultCoverage { applied, effective, .. }) in &self.faults {
            writeln!(formatter, "        fault {kind}: {applied} applied, {effective} had an effect")?;
        }
        for (point, FailpointCoverage { visits, crashes }) in &self.failpoints {
            writeln!(formatter, "        failpoint {point}: {visits} visits, {crashes} crashes")?;
        }
        for (what, counts) in
            [("lost to", &self.losses), ("point", &self.points), ("fired", &self.triggers), ("counted", &self.operations)]
        {
            counts.iter().try_for_each(|(name, count)| writeln!(formatter, "        {what} {name}: {count}"))?;
        }
        self.missing().iter().try_for_each(|missing| writeln!(formatter, "      missing: {missing}"))
    }
}

/// Adds every whole number in a measured value, under its path.
fn add_numbers(counts: &mut BTreeMap<String, u64>, path: &str, value: &Value) {
    match value {
        Value::Number(number) => {
            if let Some(number) = number.as_u64() {
                let count = counts.entry(path.to_owned()).or_default();
                *count = count.saturating_add(number);
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(name, field)| add_numbers(counts, &format!("{path}.{name}"), field)),
        // The position in an array depends on the run, so arrays have no stable path.
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => {}
    }
}
