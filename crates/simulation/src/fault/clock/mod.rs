//! Faults of the clocks and timers of a node.
//!
//! `clock_family.rs` says how they are shown and applied, `motion.rs` how they change clocks, `simpler.rs` which are tried in place
//! of larger ones, `drawn.rs` which profiles draw.

mod clock_family;
mod drawn;
mod motion;
mod simpler;

use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use cluster_sim_types::{Ratio, SignedDuration};
use serde::{Deserialize, Serialize};

use super::Fault;

/// A fault of the clocks or the timers of a node, named as the scenario declares it.
///
/// Faults of one node add up. The monotonic clock never runs backwards and never jumps: a fault changes its rate, and what it
/// gained or lost stays until the next boot. The wall clock belongs to the machine: what a fault does to it survives crashes, and
/// the end of the last fault that changes its rate sets it to the true time, as NTP does. It never shows a time before 1970, so a
/// step back needs an epoch: see `Scenario::epoch`.
///
/// Timers are exact by the node's monotonic clock, whatever its rate. The effect counts what the node noticed: readings of a
/// clock that differed because of the fault, and timers that fired at another instant because of it. A step of a machine reads
/// the monotonic clock, and the wall clock if it asks for it.
///
/// ```
/// use cluster_sim::prelude::*;
/// use cluster_sim::fault::{ClockFault, SignedDuration};
///
/// let plan = FaultPlan::new()
///     .at(Duration::from_secs(1), ClockFault::step("store/1", Duration::from_secs(5)))
///     .at(Duration::from_secs(2), ClockFault::step("store/1", SignedDuration::back(Duration::from_secs(5))));
/// assert_eq!(plan.faults()[1].fault.to_string(), "step the wall clock of store/1 by -5.000s");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ClockFault {
    /// Lets the wall clock be wrong by a constant; takes the place of an earlier offset of the node.
    #[serde(rename = "clock_offset")]
    Offset {
        /// The node.
        node: String,
        /// By how much it is ahead.
        #[serde(rename = "by_ns")]
        by: SignedDuration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Steps the wall clock forward or back from where it is, until the fault phase ends. Steps add up.
    #[serde(rename = "clock_step")]
    Step {
        /// The node.
        node: String,
        /// By how much.
        #[serde(rename = "by_ns")]
        by: SignedDuration,
    },
    /// Lets clocks run faster or slower at a constant rate.
    #[serde(rename = "clock_drift")]
    Drift {
        /// The node.
        node: String,
        /// Which of its clocks.
        clocks: Clocks,
        /// Billionths by which they run faster, or slower if negative; from -500,000,000 (half as fast) to 1,000,000,000 (twice).
        ppb: i64,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Lets clocks run faster and slower in turn, as with the temperature of a day: a sine in 16 pieces.
    PeriodicDrift {
        /// The node.
        node: String,
        /// Which of its clocks.
        clocks: Clocks,
        /// The drift at the crest, as that of [`Drift`](Self::Drift).
        ppb: i64,
        /// From crest to crest; at least 16 ms.
        #[serde(rename = "period_ns", with = "nanoseconds")]
        period: Duration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Lets the drift of clocks wander at random within a bound.
    RandomDrift {
        /// The node.
        node: String,
        /// Which of its clocks.
        clocks: Clocks,
        /// The most billionths by which they run faster or slower; at most 500,000,000.
        most_ppb: u32,
        /// The most billionths by which the drift changes at a time.
        step_ppb: u32,
        /// The time between two changes; at least 1 ms.
        #[serde(rename = "every_ns", with = "nanoseconds")]
        every: Duration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Freezes clocks. While the monotonic clock is frozen, no timer fires.
    #[serde(rename = "clock_freeze")]
    Freeze {
        /// The node.
        node: String,
        /// Which of its clocks.
        clocks: Clocks,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Lets the wall clock jump to and fro.
    #[serde(rename = "clock_strobe")]
    Strobe {
        /// The node.
        node: String,
        /// By how much it is ahead half of the time.
        #[serde(rename = "by_ns")]
        by: SignedDuration,
        /// The time to and fro; at least 2 ms.
        #[serde(rename = "period_ns", with = "nanoseconds")]
        period: Duration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Lets both clocks show multiples of a resolution only, so that readings are often equal.
    ///
    /// A timer fires when the clock shows its deadline.
    CoarseClock {
        /// The node.
        node: String,
        /// The resolution; more than zero.
        #[serde(rename = "resolution_ns", with = "nanoseconds")]
        resolution: Duration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Lets a share of the timers that the node sets fire late.
    LateTimers {
        /// The node.
        node: String,
        /// The share.
        share: Ratio,
        /// By how much at most, in simulated time; more than zero.
        #[serde(rename = "up_to_ns", with = "nanoseconds")]
        up_to: Duration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Puts the timers that the node sets off to the next multiple of a window, so that they fire together.
    CoalescedTimers {
        /// The node.
        node: String,
        /// The window, of local time; more than zero.
        #[serde(rename = "window_ns", with = "nanoseconds")]
        window: Duration,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
}

/// The clocks of a node that a fault concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clocks {
    /// The wall clock.
    Wall,
    /// The monotonic clock, by which timers fire.
    Monotonic,
    /// Both.
    Both,
}

impl ClockFault {
    /// Steps the wall clock of a node, [back](SignedDuration::back) or forward.
    pub fn step(node: impl Into<String>, by: impl Into<SignedDuration>) -> Self {
        Self::Step { node: node.into(), by: by.into() }
    }

    /// Sets the wall clock of a node off for that long.
    pub fn offset(node: impl Into<String>, by: impl Into<SignedDuration>, duration: impl Into<Option<Duration>>) -> Self {
        Self::Offset { node: node.into(), by: by.into(), duration: duration.into() }
    }

    /// Lets clocks of a node drift by that many billionths for that long.
    pub fn drift(node: impl Into<String>, clocks: Clocks, ppb: i64, duration: impl Into<Option<Duration>>) -> Self {
        Self::Drift { node: node.into(), clocks, ppb, duration: duration.into() }
    }

    /// Freezes clocks of a node for that long.
    pub fn freeze(node: impl Into<String>, clocks: Clocks, duration: impl Into<Option<Duration>>) -> Self {
        Self::Freeze { node: node.into(), clocks, duration: duration.into() }
    }

    /// Lets the wall clock of a node jump to and fro for that long.
    pub fn strobe(
        node: impl Into<String>,
        by: impl Into<SignedDuration>,
        period: Duration,
        duration: impl Into<Option<Duration>>,
    ) -> Self {
        Self::Strobe { node: node.into(), by: by.into(), period, duration: duration.into() }
    }

    /// Lets a share of the timers of a node fire late for that long.
    pub fn late_timers(node: impl Into<String>, share: Ratio, up_to: Duration, duration: impl Into<Option<Duration>>) -> Self {
        Self::LateTimers { node: node.into(), share, up_to, duration: duration.into() }
    }
}

impl From<ClockFault> for Fault {
    fn from(fault: ClockFault) -> Self {
        Self::Clock(fault)
    }
}
