//! The measurement of one cell, and its output.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::cells::Cell;
use super::clock::timed;
use super::digests::Committed;

/// The work of one round, equal in every round of a cell at one scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// Delivered messages and fired timers.
    pub(crate) events: u64,
    /// The number of simulations.
    pub(crate) runs: u32,
    /// The virtual time of each simulation.
    pub(crate) span: Duration,
    /// The digest of all events.
    pub(crate) digest: String,
}

/// The measurement of one cell.
#[derive(Debug)]
pub(crate) struct Measurement {
    cell: Cell,
    kind: String,
    scale: f64,
    done: Done,
    /// Processor time of each round.
    times: Vec<Duration>,
}

impl Measurement {
    /// Measures a cell in as many rounds as the arguments give, after a warm-up round unless they skip it.
    ///
    /// # Panics
    /// If two rounds did different work: the measured program is then not deterministic.
    pub(crate) fn take(cell: Cell, kind: String, arguments: &Arguments, round: impl Fn() -> Done) -> Self {
        let mut first = (!arguments.cold).then(&round);
        let times = (0..arguments.rounds.get()).map(|_| {
            let (done, took) = timed(&round);
            let first = first.get_or_insert_with(|| done.clone());
            assert_eq!(*first, done, "{}: two rounds of one seed did different work", cell.name());
            took
        });
        let times = times.collect();
        let done = first.expect("there is at least one round");
        Self { cell, kind, scale: arguments.scale, done, times }
    }

    /// The median of the times, in nanoseconds.
    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        times[times.len() / 2].as_nanos() as f64
    }
}

/// A figure that prints as a line of a table or as JSON.
pub(crate) trait Figure: fmt::Display {
    /// The header of the table.
    const HEAD: &str;

    /// The figure as JSON.
    fn json(&self) -> Value;
}

impl Figure for Measurement {
    const HEAD: &str = "cell           runs  virtual s    events    ns/event     us/run   runs/s/core  digest";

    fn json(&self) -> Value {
        json!({
            "cell": self.cell.name(),
            "kind": self.kind,
            "scale": self.scale,
            "runs": self.done.runs,
            "events": self.done.events,
            "virtual_seconds": self.done.span.as_secs_f64(),
            "digest": self.done.digest,
            "nanoseconds": self.times.iter().map(|time| time.as_nanos() as u64).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Done { events, runs, span, digest } = &self.done;
        let (whole, name, span) = (self.median(), self.cell.name(), span.as_secs_f64());
        let (event, run) = (whole / *events as f64, whole / f64::from(*runs));
        write!(formatter, "{name:<12} {runs:>6} {span:>10.3} {events:>9} {event:>11.1} ")?;
        write!(formatter, "{:>10.2} {:>13.0}  {digest}", run / 1e3, 1e9 / run)
    }
}

/// Prints figures: each as a line as soon as it is measured, or all as one JSON document at the end.
pub(crate) fn show<F: Figure>(json: bool, figures: impl Iterator<Item = F>) {
    if json {
        println!("{:#}", figures.map(|figure| figure.json()).collect::<Value>());
    } else {
        println!("{}", F::HEAD);
        figures.for_each(|figure| println!("{figure}"));
    }
}

/// Measures every cell and prints it; fails if a digest differs from the committed one.
pub(crate) fn report(
    cells: Vec<Cell>,
    kind: &str,
    arguments: &Arguments,
    committed: &Committed,
    round: impl Fn(Cell) -> Done,
) -> ExitCode {
    if arguments.digest {
        for cell in cells {
            let Done { events, runs, digest, .. } = round(cell);
            println!("{} runs={runs} events={events} digest={digest}", cell.name());
        }
        return ExitCode::SUCCESS;
    }
    let mut ended = ExitCode::SUCCESS;
    let figures = cells.into_iter().map(|cell| {
        let measurement = Measurement::take(cell, kind.to_owned(), arguments, || round(cell));
        let digest = &measurement.done.digest;
        if arguments.bless {
            committed.bless(cell, digest);
        } else if arguments.scale == 1.0
            && let Err(difference) = committed.compare(cell, digest)
        {
            eprintln!("{difference}");
            ended = ExitCode::FAILURE;
        }
        measurement
    });
    show(arguments.json, figures);
    ended
}
