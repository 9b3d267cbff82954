//! The clock faults that profiles draw, if they are asked for.

use std::time::Duration;

use cluster_sim_types::SignedDuration;

use super::{ClockFault, Clocks};
use crate::fault::draw::{Draw, Drawn};
use crate::fault::{Fault, FaultKind};

pub(super) const DRAWN: &[Drawn] = &[
    Drawn { number: 20, kind: FaultKind::ClockStep, percent: 50, fault: |draw| Some(step(draw)) },
    Drawn { number: 21, kind: FaultKind::ClockDrift, percent: 50, fault: |draw| Some(drift(draw)) },
    Drawn { number: 22, kind: FaultKind::ClockFreeze, percent: 50, fault: |draw| Some(freeze(draw)) },
    Drawn { number: 23, kind: FaultKind::ClockStrobe, percent: 25, fault: |draw| Some(strobe(draw)) },
    Drawn { number: 24, kind: FaultKind::CoarseClock, percent: 25, fault: |draw| Some(coarse(draw)) },
    Drawn { number: 25, kind: FaultKind::LateTimers, percent: 50, fault: |draw| Some(late(draw)) },
];

/// A step, or in half of all cases an offset for the length of the fault.
fn step(draw: &Draw<'_>) -> Fault {
    let (node, by) = (draw.node(), jump(draw));
    if draw.coin() {
        ClockFault::Step { node, by }.into()
    } else {
        ClockFault::Offset { node, by, duration: Some(draw.length) }.into()
    }
}

/// A constant drift in half of all cases, else one that changes with a fourth of the length of the fault.
fn drift(draw: &Draw<'_>) -> Fault {
    let (node, clocks, duration) = (draw.node(), clocks(draw), Some(draw.length));
    // 10 ppm to 10 percent.
    let most = draw.octaves(10_000, 14).min(100_000_000);
    let ppb = if draw.coin() { most.cast_signed() } else { -most.cast_signed() };
    let quarter = draw.length / 4;
    let fault = match (draw.roll.0 >> 25) & 3 {
        0 => ClockFault::PeriodicDrift { node, clocks, ppb, period: quarter.max(Duration::from_millis(16)), duration },
        1 => {
            let (most_ppb, step_ppb) = (most as u32, (most / 2) as u32);
            ClockFault::RandomDrift {
                node,
                clocks,
                most_ppb,
                step_ppb,
                every: (quarter / 4).max(Duration::from_millis(1)),
                duration,
            }
        }
        _ => ClockFault::Drift { node, clocks, ppb, duration },
    };
    fault.into()
}

fn freeze(draw: &Draw<'_>) -> Fault {
    ClockFault::Freeze { node: draw.node(), clocks: clocks(draw), duration: Some(draw.length) }.into()
}

/// To and fro four times.
fn strobe(draw: &Draw<'_>) -> Fault {
    let period = (draw.length / 4).max(Duration::from_millis(2));
    ClockFault::Strobe { node: draw.node(), by: jump(draw), period, duration: Some(draw.length) }.into()
}

fn coarse(draw: &Draw<'_>) -> Fault {
    ClockFault::CoarseClock { node: draw.node(), resolution: draw.delay(), duration: Some(draw.length) }.into()
}

fn late(draw: &Draw<'_>) -> Fault {
    let (node, duration) = (draw.node(), Some(draw.length));
    if draw.coin() {
        ClockFault::LateTimers { node, share: draw.ratio(), up_to: draw.delay(), duration }.into()
    } else {
        ClockFault::CoalescedTimers { node, window: draw.delay(), duration }.into()
    }
}

/// 10 ms to 5 minutes, forward or back, each octave equally frequent.
fn jump(draw: &Draw<'_>) -> SignedDuration {
    let length = Duration::from_micros(draw.octaves(10_000, 15)).min(Duration::from_secs(300));
    if (draw.roll.0 >> 25) & 1 == 1 { SignedDuration::back(length) } else { SignedDuration::forward(length) }
}

/// Both in half of all cases, else one of them.
fn clocks(draw: &Draw<'_>) -> Clocks {
    match (draw.roll.0 >> 27) & 3 {
        0 => Clocks::Wall,
        1 => Clocks::Monotonic,
        _ => Clocks::Both,
    }
}
