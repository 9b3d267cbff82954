//! Clock faults that minimization tries in place of larger ones.

use std::time::Duration;

use cluster_sim_types::SignedDuration;

use super::{ClockFault, Clocks};

/// Smaller values that are tried instead, each ten times the one before.
const TIMES: [Duration; 5] = [
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(10),
];

/// As [`TIMES`], for drifts in billionths.
const DRIFTS: [u64; 4] = [100_000, 1_000_000, 10_000_000, 100_000_000];

/// Faults of the same node that do less: one clock in place of both, a constant drift in place of one that changes, less of it.
pub(super) fn simpler(fault: &ClockFault) -> Vec<ClockFault> {
    let mut all = of_one_clock(fault);
    all.extend(constant(fault));
    all.extend(smaller(fault));
    all
}

fn of_one_clock(fault: &ClockFault) -> Vec<ClockFault> {
    let one = |one| {
        let mut fault = fault.clone();
        let clocks = clocks_mut(&mut fault)?;
        let is_both = std::mem::replace(clocks, one) == Clocks::Both;
        is_both.then_some(fault)
    };
    [Clocks::Wall, Clocks::Monotonic].into_iter().filter_map(one).collect()
}

fn clocks_mut(fault: &mut ClockFault) -> Option<&mut Clocks> {
    match fault {
        ClockFault::Drift { clocks, .. }
        | ClockFault::PeriodicDrift { clocks, .. }
        | ClockFault::RandomDrift { clocks, .. }
        | ClockFault::Freeze { clocks, .. } => Some(clocks),
        _ => None,
    }
}

fn constant(fault: &ClockFault) -> Option<ClockFault> {
    let (node, clocks, ppb, duration) = match fault.clone() {
        ClockFault::PeriodicDrift { node, clocks, ppb, duration, .. } => (node, clocks, ppb, duration),
        ClockFault::RandomDrift { node, clocks, most_ppb, duration, .. } => (node, clocks, i64::from(most_ppb), duration),
        _ => return None,
    };
    Some(ClockFault::Drift { node, clocks, ppb, duration })
}

fn smaller(fault: &ClockFault) -> Option<ClockFault> {
    let mut fault = fault.clone();
    match &mut fault {
        ClockFault::Offset { by, .. } | ClockFault::Step { by, .. } | ClockFault::Strobe { by, .. } => *by = less_signed(*by)?,
        ClockFault::Drift { ppb, .. } => {
            let less = below(&DRIFTS, &ppb.unsigned_abs())?;
            *ppb = less.cast_signed() * ppb.signum();
        }
        ClockFault::CoarseClock { resolution: time, .. }
        | ClockFault::LateTimers { up_to: time, .. }
        | ClockFault::CoalescedTimers { window: time, .. } => *time = below(&TIMES, time)?,
        ClockFault::PeriodicDrift { .. } | ClockFault::RandomDrift { .. } | ClockFault::Freeze { .. } => return None,
    }
    Some(fault)
}

fn less_signed(by: SignedDuration) -> Option<SignedDuration> {
    below(&TIMES, &by.length()).map(|length| by.with_length(length))
}

/// The largest value below one.
fn below<T: Copy + Ord>(values: &[T], value: &T) -> Option<T> {
    values.iter().rev().find(|smaller| *smaller < value).copied()
}
