//! The cost of whole systems with all their rules after every step, beside that of the kernel alone.

#[expect(dead_code, reason = "the other benches use the rest")]
mod measure;
mod workloads;

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use cluster_sim::{Scenario, Seed};
use cluster_sim_scenarios::{NodeStyle, replicated_log, stream_queue};
use serde_json::{Value, json};

use measure::arguments::name_of;
use measure::cells::Cell;
use measure::clock::timed;
use measure::measurement::{Figure, show};
use workloads::Kind;

/// Measures whole systems through faults that each seed draws, with every rule after every step.
///
/// Each round also measures the cell w1 of the bench `product`; times are processor time of the one thread.
#[derive(Debug, Parser)]
struct Systems {
    /// Measure this system; may be given several times [default: all]
    #[arg(long, value_name = "SYSTEM", value_enum)]
    system: Vec<System>,
    /// Measure N times; the median counts
    #[arg(long, value_name = "N", default_value = "5")]
    rounds: NonZeroU32,
    /// Print a JSON document instead of a table
    #[arg(long)]
    json: bool,
    /// Passed by `cargo bench` to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// Scenarios of one system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum System {
    /// A replicated log of 5 servers and 3 clients, as machines; 100 seeds
    #[value(name = "log-5")]
    Log5,
    /// That log as async functions
    #[value(name = "log-5-async")]
    Log5Async,
    /// The queue of 3 brokers with its clients and object store; 20 seeds
    #[value(name = "queue-3")]
    Queue3,
    /// The twelve scenarios of the queue; 5 seeds each
    #[value(name = "s01-s12")]
    Numbered,
}

impl System {
    fn scenarios(self) -> Vec<Scenario> {
        match self {
            Self::Log5 => vec![replicated_log::scenario(NodeStyle::Machine)],
            Self::Log5Async => vec![replicated_log::scenario(NodeStyle::Async)],
            Self::Queue3 => vec![stream_queue::swarm(3)],
            Self::Numbered => (1..=12).map(|number| stream_queue::numbered(&format!("s{number:02}"))).collect(),
        }
    }

    fn seeds(self) -> u64 {
        match self {
            Self::Log5 | Self::Log5Async => 100,
            Self::Queue3 => 20,
            Self::Numbered => 5,
        }
    }
}

/// The work of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Work {
    runs: u64,
    steps: u64,
    span: Duration,
    digest: u64,
}

/// Runs all seeds of all scenarios.
///
/// # Panics
/// If a run fails.
fn work(scenarios: &[Scenario], seeds: u64) -> Work {
    let mut work = Work::default();
    for scenario in scenarios {
        for seed in 0..seeds {
            let report = scenario.run(Seed(seed));
            report.assert_ok();
            let digest = u64::from_str_radix(&report.digest.to_string(), 16).expect("a digest prints as a hexadecimal number");
            work.runs += 1;
            work.steps += report.steps;
            work.span += Duration::from_nanos(report.ended_at.as_nanoseconds());
            work.digest = work.digest.rotate_left(1) ^ digest;
        }
    }
    work
}

/// The fraction of w1 that a round measures.
const SCALE: f64 = 0.2;

/// The measurement of one system.
#[derive(Debug)]
struct Measurement {
    system: System,
    work: Work,
    /// By round: the time of the system, and that of an event of w1 in nanoseconds.
    rounds: Vec<(Duration, f64)>,
}

impl Measurement {
    /// # Panics
    /// If two rounds did different work.
    fn take(system: System, rounds: u32) -> Self {
        let (scenarios, kernel) = (system.scenarios(), workloads::scenario(Cell::W1, Kind::Machines, SCALE));
        let expected = work(&scenarios, system.seeds());
        let round = |_| {
            let (done, took) = timed(|| work(&scenarios, system.seeds()));
            assert_eq!(done, expected, "{}: two rounds did different work", name_of(&system));
            let (done, of_kernel) = timed(|| workloads::run(Cell::W1, SCALE, &kernel));
            (took, of_kernel.as_nanos() as f64 / done.events as f64)
        };
        Self { system, work: expected, rounds: (0..rounds).map(round).collect() }
    }

    /// The median of a figure over all rounds.
    fn median(&self, figure: impl Fn(&(Duration, f64)) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    }

    /// Virtual seconds in a second of processor time.
    fn rate(&self) -> f64 {
        self.work.span.as_secs_f64() / self.median(|(took, _)| took.as_secs_f64())
    }

    /// The events of w1 that take as long as a run.
    fn events_of_w1(&self) -> f64 {
        self.median(|(took, event)| took.as_nanos() as f64 / event) / self.work.runs as f64
    }
}

impl Figure for Measurement {
    const HEAD: &str = "system        runs  virtual s     steps   ms/run  virtual s/s  events of w1/run  digest";

    fn json(&self) -> Value {
        let Work { runs, steps, span, digest } = self.work;
        json!({
            "system": name_of(&self.system),
            "runs": runs,
            "steps": steps,
            "virtual_seconds": span.as_secs_f64(),
            "digest": format!("{digest:016x}"),
            "nanoseconds": self.rounds.iter().map(|(took, _)| took.as_nanos() as u64).collect::<Vec<_>>(),
            "nanoseconds_of_an_event_of_w1": self.rounds.iter().map(|(_, event)| event).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Work { runs, steps, span, digest } = self.work;
        let milliseconds = self.median(|(took, _)| took.as_secs_f64()) * 1e3 / runs as f64;
        write!(formatter, "{:<12} {runs:>5} {:>10.1} {steps:>9} {milliseconds:>8.2} ", name_of(&self.system), span.as_secs_f64())?;
        write!(formatter, "{:>12.0} {:>17.0}  {digest:016x}", self.rate(), self.events_of_w1())
    }
}

fn main() {
    let Systems { system, rounds, json, .. } = Systems::parse();
    let systems = if system.is_empty() { System::value_variants().to_vec() } else { system };
    show(json, systems.into_iter().map(|system| Measurement::take(system, rounds.get())));
}
