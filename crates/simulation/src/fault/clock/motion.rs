//! A clock fault in force: what it does to the clocks of its node, and how that changes while it lasts.

use std::time::Duration;

use cluster_sim_runtime::{Choice, Kernel, Pace, Roll, Site, Skew, SkewId, Stream};
use cluster_sim_types::{NodeId, VirtualInstant};

use super::{ClockFault, Clocks};

const DRIFT: Stream = Stream::named("clock drift");

/// The pieces of a period of drift.
pub(super) const PIECES: u32 = 16;

/// The sine in the middle of each piece, in millionths.
const SINE: [i64; PIECES as usize] = [
    195_090, 555_570, 831_470, 980_785, 980_785, 831_470, 555_570, 195_090, -195_090, -555_570, -831_470, -980_785, -980_785,
    -831_470, -555_570, -195_090,
];

/// The skew of a fault in force, and how it changes.
#[derive(Debug)]
pub(super) struct Motion {
    skew: Skew,
    course: Course,
}

#[derive(Debug)]
enum Course {
    /// The skew stays as it is.
    Steady,
    /// As steady, and another offset takes its place.
    Offset,
    /// The wall clock jumps to the offset and back.
    Strobe {
        offset: i64,
        every: Duration,
    },
    Periodic {
        clocks: Clocks,
        ppb: i64,
        every: Duration,
        piece: usize,
    },
    Random {
        clocks: Clocks,
        most: i64,
        step: i64,
        every: Duration,
        ppb: i64,
        from: VirtualInstant,
        piece: u64,
    },
}

impl Motion {
    /// The motion of a fault that begins then.
    pub(super) fn of(fault: &ClockFault, now: VirtualInstant) -> Self {
        let nanoseconds = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let true_clocks = Skew::default();
        let steady = |skew| (skew, Course::Steady);
        let (skew, course) = match *fault {
            ClockFault::Offset { by, .. } => (Skew { wall_offset: by.as_nanoseconds(), ..true_clocks }, Course::Offset),
            ClockFault::Step { by, .. } => steady(Skew { wall_offset: by.as_nanoseconds(), ..true_clocks }),
            ClockFault::Drift { clocks, ppb, .. } => steady(paced(clocks, Pace::Drifting(ppb))),
            ClockFault::PeriodicDrift { clocks, ppb, period, .. } => {
                let course = Course::Periodic { clocks, ppb, every: period / PIECES, piece: 0 };
                (paced(clocks, periodic(ppb, 0)), course)
            }
            ClockFault::RandomDrift { clocks, most_ppb, step_ppb, every, .. } => {
                let (most, step) = (i64::from(most_ppb), i64::from(step_ppb));
                (true_clocks, Course::Random { clocks, most, step, every, ppb: 0, from: now, piece: 0 })
            }
            ClockFault::Freeze { clocks, .. } => steady(paced(clocks, Pace::Frozen)),
            ClockFault::Strobe { by, period, .. } => {
                let offset = by.as_nanoseconds();
                (Skew { wall_offset: offset, ..true_clocks }, Course::Strobe { offset, every: period / 2 })
            }
            ClockFault::CoarseClock { resolution, .. } => steady(Skew { resolution: nanoseconds(resolution), ..true_clocks }),
            ClockFault::LateTimers { share, up_to, .. } => steady(Skew { late: share, late_by: nanoseconds(up_to), ..true_clocks }),
            ClockFault::CoalescedTimers { window, .. } => steady(Skew { window: nanoseconds(window), ..true_clocks }),
        };
        Self { skew, course }
    }

    /// Changes the skew to that of the next interval; returns the length of it.
    fn advance(&mut self, node: NodeId, kernel: &mut Kernel) -> Duration {
        match &mut self.course {
            Course::Steady | Course::Offset => unreachable!("a steady skew does not change"),
            Course::Strobe { offset, every } => {
                self.skew.wall_offset = if self.skew.wall_offset == 0 { *offset } else { 0 };
                *every
            }
            Course::Periodic { clocks, ppb, every, piece } => {
                *piece = (*piece + 1) % SINE.len();
                self.skew = paced(*clocks, periodic(*ppb, *piece));
                *every
            }
            Course::Random { clocks, most, step, every, ppb, from, piece } => {
                *piece += 1;
                *ppb = (*ppb + change(node, *step, (*from, *piece), kernel)).clamp(-*most, *most);
                self.skew = paced(*clocks, Pace::Drifting(*ppb));
                *every
            }
        }
    }
}

/// The skew of clocks that run at a pace.
fn paced(clocks: Clocks, pace: Pace) -> Skew {
    let of = |concerned| if concerned { pace } else { Pace::True };
    Skew { wall: of(clocks != Clocks::Monotonic), local: of(clocks != Clocks::Wall), ..Skew::default() }
}

fn periodic(ppb: i64, piece: usize) -> Pace {
    Pace::Drifting(ppb * SINE[piece] / 1_000_000)
}

/// Draws by how much a drift changes, from `-step` to `step`.
///
/// The choice is about the node, the begin of the fault and the interval since.
fn change(node: NodeId, step: i64, (from, piece): (VirtualInstant, u64), kernel: &mut Kernel) -> i64 {
    let address = kernel.address(node).number(from.as_nanoseconds()).number(piece);
    let site = Site { choice: Choice::ClockDrift, stream: DRIFT, address, node, peer: node };
    // The middle of all rolls changes nothing.
    let change = |roll: Roll| ((i128::from((roll.0 ^ (1 << 63)).cast_signed()) * i128::from(step)) >> 63) as i64;
    kernel.choose(site, |roll| change(roll).cast_unsigned()).cast_signed()
}

/// A clock fault in force.
#[derive(Debug)]
pub(crate) struct ClockInForce {
    node: NodeId,
    id: SkewId,
    motion: Motion,
}

impl ClockInForce {
    pub(super) fn begin(node: NodeId, mut motion: Motion, kernel: &mut Kernel) -> Self {
        if matches!(motion.course, Course::Random { .. }) {
            motion.advance(node, kernel);
        }
        let id = kernel.skew(node, motion.skew);
        Self { node, id, motion }
    }

    pub(crate) fn node(&self) -> NodeId {
        self.node
    }

    pub(super) fn is_offset_of(&self, node: NodeId) -> bool {
        self.node == node && matches!(self.motion.course, Course::Offset)
    }

    /// The time between two changes.
    pub(super) fn acts_every(&self) -> Option<Duration> {
        match self.motion.course {
            Course::Steady | Course::Offset => None,
            Course::Strobe { every, .. } | Course::Periodic { every, .. } | Course::Random { every, .. } => Some(every),
        }
    }

    pub(super) fn move_on(&mut self, kernel: &mut Kernel) -> Duration {
        let again = self.motion.advance(self.node, kernel);
        kernel.change_skew(self.node, self.id, self.motion.skew);
        again
    }

    pub(super) fn effect(&self, kernel: &Kernel) -> u64 {
        kernel.skew_effect(self.node, self.id)
    }

    pub(super) fn end(self, kernel: &mut Kernel) {
        kernel.end_skew(self.node, self.id);
    }
}
