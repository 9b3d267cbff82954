//! [`Profiler`]: runs a scenario under meters.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Seed};

use super::{Profile, ProfilePart, ProfileSubject};
use crate::Scenario;
use crate::definition::{Clock, Meters};
use crate::report::{CheckKind, CheckWork, Report};

/// Runs a scenario, one seed after the other, and measures what takes the time.
///
/// The runs are those of the scenario: same digests, same reports.
pub struct Profiler {
    scenario: Scenario,
    meters: Meters,
    clock: Clock,
}

impl Profiler {
    /// Wraps the rules, the triggers and the nodes of a scenario; nothing else ever reads `clock`.
    pub fn new(scenario: &Scenario, clock: Clock) -> Self {
        let (definition, meters) = scenario.definition.timed(&clock);
        let (definition, arenas, script) = (Arc::new(definition), Arc::default(), scenario.script.clone());
        Self { scenario: Scenario { definition, arenas, script }, meters, clock }
    }

    /// Runs one seed, beating for every step. A failing run is not repeated.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn run(&mut self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> (Report, Profile) {
        // An earlier run may have panicked halfway.
        self.take_parts();
        let began = (self.clock)();
        let mut sim = self.scenario.start(seed);
        heartbeat.into_iter().for_each(|heartbeat| sim.watch(heartbeat));
        let report = sim.run();
        let time = (self.clock)().saturating_sub(began);
        let mut parts = self.take_parts();
        take_work(&mut parts, &report);
        let measured: Duration = parts.iter().map(|part| part.time).sum();
        parts.push(ProfilePart::of(ProfileSubject::Rest, (time.saturating_sub(measured), 0)));
        let profile = Profile { runs: 1, steps: report.steps, time, parts };
        (report, profile)
    }

    /// Takes what the meters sum up, for each check, each trigger and each group.
    fn take_parts(&self) -> Vec<ProfilePart> {
        let definition = &self.scenario.definition;
        let checks = definition.checks.iter().zip(&self.meters.checks).map(|(check, meter)| {
            ProfilePart::of(ProfileSubject::Rule { name: check.name().to_owned(), kind: check.kind() }, meter.take())
        });
        let triggers = definition.triggers.iter().zip(&self.meters.triggers).map(|(trigger, meter)| {
            let (name, kind) = (trigger.name.clone(), CheckKind::Trigger);
            ProfilePart::of(ProfileSubject::Rule { name, kind }, meter.take())
        });
        let groups = definition
            .groups
            .iter()
            .zip(&self.meters.groups)
            .map(|(group, meter)| ProfilePart::of(ProfileSubject::Nodes { group: group.name.clone() }, meter.take()));
        checks.chain(triggers).chain(groups).collect()
    }
}

/// Takes the work of each rule from the report, which lists the rules of one kind in order of declaration.
fn take_work(parts: &mut [ProfilePart], report: &Report) {
    let mut checks: Vec<_> = report.checks.iter().collect();
    for part in parts {
        let ProfileSubject::Rule { name, kind } = &part.subject else { continue };
        let Some(index) = checks.iter().position(|check| check.kind == *kind && check.name == *name) else { continue };
        let CheckWork { skips, views_read, .. } = checks.remove(index).work;
        (part.skips, part.views_read) = (skips, views_read);
    }
}
