//! [`ClockBounds`]: fits the drawn clock faults into what a scenario claims about clocks.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_types::{SignedDuration, VirtualInstant};

use super::NEVER;
use crate::fault::claim::{Claim, Failure};
use crate::fault::draw::Target;
use crate::fault::{ClockFault, Clocks, Fault, FaultPlan, ScheduledFault};

/// Billionths of a frozen clock.
const FROZEN: u64 = 1_000_000_000;

/// The bounds on the clocks of each node about which there is a claim.
#[derive(Debug, Default)]
pub(in crate::fault) struct ClockBounds<'a>(BTreeMap<&'a str, ClockBound>);

/// How wrong the clocks of a node may be, and the drawn faults that make them so.
///
/// Errs on the side of smaller faults: their errors add up, whatever their signs.
#[derive(Debug)]
struct ClockBound {
    /// The most nanoseconds by which the wall clock may be off.
    offset: u64,
    /// The most billionths by which the monotonic clock may drift.
    drift: u64,
    /// Whether the plan has a clock fault of the node: then nothing that makes its clocks wrong is drawn.
    is_planned: bool,
    /// The offsets in force, with their ends.
    offsets: Vec<(VirtualInstant, u64)>,
    /// The error by the drifts of the wall clock since it was true, and the last end of them, which sets it right.
    drifted: (VirtualInstant, u64),
    /// The drifts of the monotonic clock in force, with their ends.
    drifts: Vec<(VirtualInstant, u64)>,
}

impl<'a> ClockBounds<'a> {
    /// The bounds of these nodes, beside the faults of `planned`.
    pub(in crate::fault) fn new(nodes: &[Target<'a>], claims: &[Claim], planned: &FaultPlan) -> Self {
        let mut bounds: BTreeMap<&str, ClockBound> = BTreeMap::new();
        for claim in claims.iter().filter(|claim| claim.failure.is_of_clocks()) {
            for node in nodes.iter().filter(|node| node.is_in(&claim.set)) {
                let bound = bounds.entry(node.name).or_insert_with(ClockBound::without_limit);
                match claim.failure {
                    Failure::ClockOffset(most) => bound.offset = bound.offset.min(nanoseconds(most)),
                    Failure::ClockDrift(most) => bound.drift = bound.drift.min(u64::from(most)),
                    Failure::Down | Failure::DamagedDisk | Failure::DownOrDamaged => {}
                }
            }
        }
        let of_clocks = planned.faults().iter().filter(|scheduled| matches!(scheduled.fault, Fault::Clock(_)));
        for node in of_clocks.flat_map(|scheduled| scheduled.fault.nodes()) {
            bounds.get_mut(node).into_iter().for_each(|bound| bound.is_planned = true);
        }
        Self(bounds)
    }

    /// Makes a drawn fault smaller if it must be; absent if nothing is left of it. Asked in order of time.
    pub(in crate::fault) fn fitted(&mut self, scheduled: ScheduledFault) -> Option<ScheduledFault> {
        let Fault::Clock(fault) = &scheduled.fault else { return Some(scheduled) };
        let Some(bound) = self.0.get_mut(fault.node().as_str()) else { return Some(scheduled) };
        let fault = bound.fitted(scheduled.at, fault.clone())?;
        Some(ScheduledFault { fault: fault.into(), ..scheduled })
    }
}

impl ClockBound {
    fn without_limit() -> Self {
        let (offset, drift, drifted) = (u64::MAX, u64::MAX, (VirtualInstant::ZERO, 0));
        Self { offset, drift, is_planned: false, offsets: Vec::new(), drifted, drifts: Vec::new() }
    }

    fn fitted(&mut self, at: VirtualInstant, mut fault: ClockFault) -> Option<ClockFault> {
        let until = fault.length().map_or(NEVER, |length| length.map_or(NEVER, |length| at + length));
        match &mut fault {
            ClockFault::LateTimers { .. } | ClockFault::CoalescedTimers { .. } => Some(fault),
            _ if self.is_planned => None,
            ClockFault::Offset { by, .. } | ClockFault::Step { by, .. } | ClockFault::Strobe { by, .. } => {
                let most = by.length().min(Duration::from_nanos(self.room(at)));
                *by = by.with_length(most);
                self.offsets.push((until, nanoseconds(most)));
                (*by != SignedDuration::ZERO).then_some(fault)
            }
            ClockFault::CoarseClock { resolution, .. } => {
                *resolution = (*resolution).min(Duration::from_nanos(self.room(at)));
                self.offsets.push((until, nanoseconds(*resolution)));
                (!resolution.is_zero()).then_some(fault)
            }
            ClockFault::Drift { clocks, ppb, .. } | ClockFault::PeriodicDrift { clocks, ppb, .. } => {
                let most = self.drift_by(at, until, *clocks, ppb.unsigned_abs()).cast_signed();
                *ppb = (*ppb).clamp(-most, most);
                (most > 0).then_some(fault)
            }
            ClockFault::RandomDrift { clocks, most_ppb, step_ppb, .. } => {
                let most = self.drift_by(at, until, *clocks, u64::from(*most_ppb));
                *most_ppb = u32::try_from(most).unwrap_or(*most_ppb);
                *step_ppb = (*step_ppb).min(*most_ppb);
                (most > 0).then_some(fault)
            }
            ClockFault::Freeze { clocks, .. } => (self.drift_by(at, until, *clocks, FROZEN) == FROZEN).then_some(fault),
        }
    }

    /// The nanoseconds by which the wall clock may be further off from `at` on.
    fn room(&mut self, at: VirtualInstant) -> u64 {
        // A fault that ends at this instant ends after those that begin.
        self.offsets.retain(|(until, _)| *until >= at);
        if self.drifted.0 < at {
            self.drifted.1 = 0;
        }
        self.offsets.iter().fold(self.offset.saturating_sub(self.drifted.1), |room, (_, offset)| room.saturating_sub(*offset))
    }

    /// Lets clocks drift by up to that many billionths; returns how many are left.
    ///
    /// A frozen clock is so wholly or not at all.
    fn drift_by(&mut self, at: VirtualInstant, until: VirtualInstant, clocks: Clocks, ppb: u64) -> u64 {
        let length = u128::from(nanoseconds(until - at).max(1));
        let mut most = ppb;
        if clocks != Clocks::Monotonic {
            // One nanosecond less, since errors are rounded.
            let room = u128::from(self.room(at).saturating_sub(1));
            most = most.min(u64::try_from(room * u128::from(FROZEN) / length).unwrap_or(u64::MAX));
        }
        if clocks != Clocks::Wall {
            self.drifts.retain(|(until, _)| *until >= at);
            most = most.min(self.drifts.iter().fold(self.drift, |room, (_, drift)| room.saturating_sub(*drift)));
        }
        if most == 0 || ppb == FROZEN && most < FROZEN {
            return 0;
        }
        if clocks != Clocks::Monotonic {
            let error = (u128::from(most) * length).div_ceil(u128::from(FROZEN));
            let error = u64::try_from(error).unwrap_or(u64::MAX);
            self.drifted = (self.drifted.0.max(until), self.drifted.1.saturating_add(error));
        }
        if clocks != Clocks::Wall {
            self.drifts.push((until, most));
        }
        most
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
