//! Every kind of disk fault: where it hits nothing it changes nothing, at full strength it has an effect.

use std::collections::BTreeSet;

use cluster_sim::fault::NodeFault;
use cluster_sim::node::DiskErrorKind;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::ratio;
use serde_json::{Value, json};

use crate::program::{Step, append, ms, read, sync, under_canonical, until, with_log, write};

fn node() -> String {
    "a/0".to_owned()
}

/// The names of all kinds, as the reader of a plan knows them.
fn kinds() -> BTreeSet<String> {
    let refused = serde_json::from_value::<DiskFault>(json!({ "none of them": {} })).unwrap_err().to_string();
    refused.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

fn kinds_of<'f>(faults: impl IntoIterator<Item = &'f DiskFault>) -> BTreeSet<String> {
    let kind = |fault| match serde_json::to_value(fault) {
        Ok(Value::Object(fault)) => fault.keys().next().cloned(),
        _ => None,
    };
    faults.into_iter().filter_map(kind).collect()
}

/// The faults with a share, which hits those operations or sectors below a path.
fn of_share(path: &str, share: Ratio, sticky: bool) -> Vec<DiskFault> {
    let (path, duration) = (|| path.to_owned(), Some(ms(100)));
    let (operations, error) = (BTreeSet::new(), DiskErrorKind::Io);
    vec![
        DiskFault::Fail { node: node(), operations, path: path(), share, error, sticky, duration },
        DiskFault::FailSync { node: node(), path: path(), share, duration },
        DiskFault::BitRot { node: node(), path: path(), share, bits: 1, burst: 1 },
        DiskFault::RotOnRead { node: node(), path: path(), share, bits: 1, burst: 1, duration },
        DiskFault::Misdirect { node: node(), path: path(), share, duration },
        DiskFault::LostWrite { node: node(), path: path(), share, duration },
        DiskFault::StaleRead { node: node(), path: path(), share, duration },
    ]
}

/// The faults of a file.
fn of_file(path: &str, length: u64) -> Vec<DiskFault> {
    let path = || path.to_owned();
    vec![
        DiskFault::Truncate { node: node(), path: path(), length },
        DiskFault::Remove { node: node(), path: path() },
        DiskFault::AppendGarbage { node: node(), path: path(), bytes: 7 },
    ]
}

/// Those that crash the node.
fn of_lives() -> Vec<DiskFault> {
    let duration = Some(ms(20));
    vec![DiskFault::Rollback { node: node(), duration }, DiskFault::Reformat { node: node(), down_for: duration }]
}

/// Faults that hit nothing: by a share without chance, by values that no operation reaches, or while no operation runs.
fn without_strength() -> Vec<DiskFault> {
    let (lasts, between) = (Some(ms(100)), Some(ms(1)));
    let mut faults = of_share("log", ratio(0.001), true);
    faults.extend(of_file("other", 1_000_000));
    faults.extend([
        DiskFault::Full { node: node(), free: 1 << 30, duration: lasts },
        DiskFault::LyingSync { node: node(), path: "other".to_owned(), duration: lasts },
        DiskFault::Limit { node: node(), operations_per_second: Some(u64::MAX), bytes_per_second: None, duration: lasts },
        DiskFault::Slow { node: node(), factor: 9, extra: ms(9), duration: between },
        DiskFault::Stall { node: node(), duration: between },
    ]);
    faults
}

fn at_full_strength() -> Vec<DiskFault> {
    let duration = Some(ms(100));
    let mut faults = of_share("/", Ratio::ONE, false);
    faults.extend(of_file("log", 1));
    faults.extend(of_lives());
    faults.extend([
        DiskFault::Full { node: node(), free: 1, duration },
        DiskFault::LyingSync { node: node(), path: "/".to_owned(), duration },
        DiskFault::Limit { node: node(), operations_per_second: Some(10), bytes_per_second: None, duration },
        DiskFault::Slow { node: node(), factor: 9, extra: ms(9), duration },
        DiskFault::Stall { node: node(), duration },
    ]);
    faults
}

fn steps() -> Vec<Step> {
    let during = [append(&[2; 600]), write(3, &[3; 9]), sync(), read(0, 9_000), read(500, 200)];
    with_log([append(&[1; 1_024]), sync(), until(110)].into_iter().chain(during))
}

#[test]
fn every_kind_that_hits_nothing_changes_no_answer() {
    let faults = without_strength();
    assert_eq!(kinds_of(faults.iter().chain(&of_lives())), kinds(), "each kind has a row");
    let without = under_canonical(FaultPlan::new(), steps(), Vec::new());
    for fault in faults {
        let text = format!("{fault:?}");
        let ran = under_canonical(FaultPlan::new().at(ms(100), fault), steps(), Vec::new());
        assert_eq!((&ran.answers, &ran.times), (&without.answers, &without.times), "{text}");
        assert_eq!(ran.counts().1, 0, "{text}: {}", ran.effect());
    }
    // A fault that would crash the node finds it down, with a disk that it never used.
    let crash = NodeFault::Crash { node: node(), down_for: Some(ms(60)) };
    let plan = FaultPlan::new().at(ms(30), crash);
    let (first, later) = (vec![until(40)], steps());
    let without = under_canonical(plan.clone(), first.clone(), later.clone());
    for fault in of_lives() {
        let text = format!("{fault:?}");
        let ran = under_canonical(plan.clone().at(ms(50), fault), first.clone(), later.clone());
        assert_eq!((&ran.answers, &ran.times), (&without.answers, &without.times), "{text}");
        assert_eq!(ran.report.faults[1].effect, 0, "{text}");
    }
}

#[test]
fn every_kind_at_full_strength_fires_and_has_an_effect() {
    let faults = at_full_strength();
    assert_eq!(kinds_of(&faults), kinds(), "each kind has a row");
    let of_operations = kinds_of(&without_strength());
    for fault in faults {
        let is_rule = kinds_of([&fault]).is_subset(&of_operations) && !of_file("log", 1).contains(&fault);
        let is_rot = matches!(fault, DiskFault::BitRot { .. });
        let text = format!("{fault:?}");
        let (fired, effect) = under_canonical(FaultPlan::new().at(ms(105), fault), steps(), Vec::new()).counts();
        assert!(effect > 0 && (fired >= effect || !is_rule || is_rot), "{text}: {fired} fired, {effect} had an effect");
    }
}
