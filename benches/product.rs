//! The cost of an event on the whole product, and of a simulation from its start to its drop.

mod measure;
mod workloads;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use cluster_sim::Explore;
use rustix::time::{ClockId, clock_gettime};

use measure::arguments::{AFTER, Arguments, name_of};
use measure::cells::Cell;
use measure::digests::Committed;
use measure::measurement::report;
use workloads::Kind;

/// The committed digests.
const DIGESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/digests.toml");

/// Measures the cost of an event on the whole product: one delivered message or one fired timer.
#[derive(Debug, Parser)]
#[command(after_help = AFTER)]
struct Product {
    /// How nodes are written
    #[arg(long, value_enum, default_value_t = Kind::Machines)]
    kind: Kind,
    /// Sweep this many seeds of the cell `short` instead, as a user does, and print the processor time per seed
    #[arg(long, value_name = "SEEDS")]
    sweep: Option<u64>,
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    let Product { kind, sweep, arguments } = Product::parse();
    if let Some(seeds) = sweep {
        return sweep_short(kind, seeds);
    }
    let cells = arguments.cells(Cell::value_variants());
    let scale = arguments.scale;
    let committed = Committed::new(DIGESTS, format!("product-{}", name_of(&kind)));
    let run = |cell| workloads::run(cell, scale, &workloads::scenario(cell, kind, scale));
    report(cells, &name_of(&kind), &arguments, &committed, run)
}

/// Sweeps the short cell. Rates use processor time, which other programs on the machine affect little.
fn sweep_short(kind: Kind, seeds: u64) -> ExitCode {
    let scenario = workloads::scenario(Cell::Short, kind, 1.0);
    let used = || Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).expect("processor time is not negative");
    let began = used();
    let sweep = scenario.sweep(0..seeds);
    let nanoseconds = (used() - began).as_nanos() as f64 / seeds as f64;
    println!("{sweep}");
    println!("{nanoseconds:.0} ns of processor time per seed, {:.0} seeds per second on each core", 1e9 / nanoseconds);
    ExitCode::from(sweep.exit_code())
}
