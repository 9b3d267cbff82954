//! What was measured of one cell, and how it is shown.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::{Arguments, Kind};
use super::cells::Cell;
use super::clock::timed;

/// What one round did: the same in every round of a cell at one scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// Delivered messages and fired timers.
    pub(crate) events: u64,
    /// Simulations, from construction to drop.
    pub(crate) runs: u32,
    /// The hash of everything that happened.
    pub(crate) digest: String,
}

/// What was measured of one cell.
#[derive(Debug)]
pub(crate) struct Measurement {
    cell: Cell,
    kind: Kind,
    scale: f64,
    done: Done,
    /// Processor time of each round.
    times: Vec<Duration>,
}

impl Measurement {
    /// Measures a cell as often as was asked for. The first round warms up caches and the allocator, and is not counted.
    ///
    /// # Panics
    /// If two rounds did different things: then what is measured is not deterministic.
    pub(crate) fn take(cell: Cell, arguments: &Arguments, round: impl Fn() -> Done) -> Self {
        let done = round();
        let times = (0..arguments.rounds.get()).map(|_| {
            let (again, took) = timed(&round);
            assert_eq!(again, done, "{}: two rounds of one seed did different things", cell.name());
            took
        });
        let times = times.collect();
        Self { cell, kind: arguments.kind, scale: arguments.scale, done, times }
    }

    /// The median of the times, in nanoseconds.
    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        times[times.len() / 2].as_nanos() as f64
    }

    /// The measurement for another program to read.
    pub(crate) fn json(&self) -> Value {
        json!({
            "cell": self.cell.name(),
            "kind": self.kind.name(),
            "scale": self.scale,
            "runs": self.done.runs,
            "events": self.done.events,
            "digest": self.done.digest,
            "nanoseconds": self.times.iter().map(|time| time.as_nanos() as u64).collect::<Vec<_>>(),
        })
    }
}

/// The line above measurements.
pub(crate) const HEAD: &str = "cell           runs    events    ns/event     us/run   runs/s/core  digest";

impl fmt::Display for Measurement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Done { events, runs, digest } = &self.done;
        let (whole, name) = (self.median(), self.cell.name());
        let (event, run) = (whole / *events as f64, whole / f64::from(*runs));
        write!(formatter, "{name:<12} {runs:>6} {events:>9} {event:>11.1} {:>10.2} {:>13.0}  {digest}", run / 1e3, 1e9 / run)
    }
}
