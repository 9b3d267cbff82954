//! Every kind of clock fault: without strength it changes nothing, at full strength it has an effect.

use std::collections::BTreeSet;

use cluster_sim::fault::Clocks;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;
use serde_json::{Value, json};

use crate::clock_laws::one_of_each;
use crate::clock_watch::{shown, watches};

const NANOSECOND: Duration = Duration::from_nanos(1);

/// The names of all kinds, as the reader of a plan knows them.
fn kinds() -> BTreeSet<String> {
    let refused = serde_json::from_value::<ClockFault>(json!({ "none of them": {} })).unwrap_err().to_string();
    refused.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

fn kinds_of(faults: &[ClockFault]) -> BTreeSet<String> {
    let kind = |fault| match serde_json::to_value(fault) {
        Ok(Value::Object(fault)) => fault.keys().next().cloned(),
        _ => None,
    };
    faults.iter().filter_map(kind).collect()
}

/// A fault of each kind that moves no clock and no timer, or by less than any shows.
fn without_strength() -> Vec<ClockFault> {
    let node = || "watch/0".to_owned();
    let (both, duration) = (Clocks::Both, Some(milliseconds(400)));
    vec![
        ClockFault::step(node(), Duration::ZERO),
        ClockFault::offset(node(), Duration::ZERO, duration),
        ClockFault::drift(node(), both, 0, duration),
        ClockFault::PeriodicDrift { node: node(), clocks: both, ppb: 0, period: milliseconds(160), duration },
        ClockFault::RandomDrift { node: node(), clocks: both, most_ppb: 0, step_ppb: 9, every: milliseconds(7), duration },
        ClockFault::freeze(node(), both, Duration::ZERO),
        ClockFault::strobe(node(), Duration::ZERO, milliseconds(50), duration),
        ClockFault::CoarseClock { node: node(), resolution: NANOSECOND, duration },
        ClockFault::late_timers(node(), Ratio::ZERO, milliseconds(3), duration),
        ClockFault::CoalescedTimers { node: node(), window: NANOSECOND, duration },
    ]
}

/// Why no plan may have the fault.
fn refused(fault: &ClockFault) -> Option<String> {
    let [scenario, _] = watches();
    scenario.faults(FaultPlan::new().at(milliseconds(25), fault.clone())).validate().err().map(|refused| refused.to_string())
}

#[test]
fn every_kind_without_strength_changes_no_reading() {
    let faults = without_strength();
    assert_eq!(kinds_of(&faults), kinds(), "each kind has a row");
    let (without, _) = shown(600, FaultPlan::new());
    for fault in faults {
        let text = format!("{fault:?}");
        if let Some(refused) = refused(&fault) {
            assert!(refused.contains("changes nothing; choose"), "{text}: {refused}");
            continue;
        }
        let (readings, report) = shown(600, FaultPlan::new().at(milliseconds(25), fault));
        assert_eq!((readings, report.faults[0].effect), (without.clone(), 0), "{text}");
    }
}

#[test]
fn every_kind_at_full_strength_has_an_effect() {
    let faults = one_of_each("watch/0");
    assert_eq!(kinds_of(&faults), kinds(), "each kind has a row");
    let (without, _) = shown(600, FaultPlan::new());
    assert!(faults.iter().all(|fault| refused(fault).is_none()), "all can be drawn");
    for mut fault in faults {
        if let ClockFault::LateTimers { share, .. } = &mut fault {
            *share = Ratio::ONE;
        }
        let text = format!("{fault:?}");
        let (readings, report) = shown(600, FaultPlan::new().at(milliseconds(25), fault));
        assert!(readings != without && report.faults[0].effect > 0, "{text}: {readings:?}");
    }
}
