//! The standard sweep exercises all that its profile draws.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::ledger::{profile, scenario};
use rstest::rstest;

/// The names of the faults that a kind stands for.
fn names_of(kind: FaultKind) -> BTreeSet<&'static str> {
    let alone = profile().only([kind]);
    let draw = |seed| alone.draw(Seed(seed), &["store/0", "store/1", "client/0"], &["default"], Duration::from_secs(1));
    (0..200).flat_map(|seed| draw(seed).faults().iter().map(|scheduled| scheduled.fault.kind()).collect::<Vec<_>>()).collect()
}

/// How often each fault was applied or hit an operation, and how often it had an effect.
fn counts(style: NodeStyle, seeds: u64) -> BTreeMap<&'static str, (u64, u64)> {
    let scenario = scenario(style);
    let mut counts: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for report in (0..seeds).map(|seed| scenario.run(Seed(seed))) {
        for record in &report.faults {
            let (fired, effective) = counts.entry(record.fault.kind()).or_default();
            *fired += record.fired.max(u64::from(record.applied));
            *effective += record.effect;
        }
    }
    counts
}

#[rstest]
fn every_kind_of_its_profile_fires_and_has_an_effect(#[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle) {
    let names: BTreeSet<&str> = profile().kinds.iter().flat_map(|kind| names_of(*kind)).collect();
    assert!(names.len() >= profile().kinds.len(), "{names:?}");
    let counts = counts(style, 1_000);
    let idle: Vec<_> =
        names.iter().filter(|name| counts.get(*name).is_none_or(|(fired, effective)| *fired == 0 || *effective == 0)).collect();
    assert!(idle.is_empty(), "{idle:?} of {counts:?}");
}
