//! The floor: the least cost of an event, measured on plain Rust with state machines or futures and nothing that an event does not need.

mod bare;
mod measure;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use bare::addressed::Addressed;
use bare::chance::Cheap;
use bare::run::{CELLS, as_machines, as_tasks};
use measure::arguments::{AFTER, Arguments, name_of};
use measure::digests::Committed;
use measure::measurement::report;

/// The committed digests.
const DIGESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/digests.toml");

/// Measures the least cost of an event: one delivered message or one fired timer.
#[derive(Debug, Parser)]
#[command(after_help = AFTER)]
struct Floor {
    /// How nodes are written
    #[arg(long, value_enum, default_value_t = Kind::Machines)]
    kind: Kind,
    /// The source of delays
    #[arg(long, value_enum, default_value_t = Source::Cheap)]
    chance: Source,
    #[command(flatten)]
    arguments: Arguments,
}

/// How nodes are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// State machines
    Machines,
    /// Futures, polled by the event that concerns them
    Async,
}

/// The source of delays.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Source {
    /// A generator of negligible cost; for timing
    Cheap,
    /// The rolls of the product; for comparing events
    Addressed,
}

fn main() -> ExitCode {
    let Floor { kind, chance, arguments } = Floor::parse();
    let scale = arguments.scale;
    let committed = Committed::new(DIGESTS, format!("floor-{}", name_of(&chance)));
    report(arguments.cells(CELLS), &name_of(&kind), &arguments, &committed, |cell| match (kind, chance) {
        (Kind::Machines, Source::Cheap) => as_machines(cell, scale, Cheap::default()),
        (Kind::Machines, Source::Addressed) => as_machines(cell, scale, Addressed::new()),
        (Kind::Async, Source::Cheap) => as_tasks(cell, scale, Cheap::default()),
        (Kind::Async, Source::Addressed) => as_tasks(cell, scale, Addressed::new()),
    })
}
