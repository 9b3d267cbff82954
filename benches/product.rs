//! What an event costs through the whole product, and what a simulation costs from its start to its drop.

mod measure;
mod workloads;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use measure::arguments::{AFTER, Arguments, name_of};
use measure::cells::Cell;
use measure::digests::Committed;
use measure::measurement::report;
use workloads::Kind;

/// The committed digests.
const DIGESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/digests.toml");

/// Measures what an event costs through the whole product: one delivered message or one fired timer.
#[derive(Debug, Parser)]
#[command(after_help = AFTER)]
struct Product {
    /// What nodes are written as
    #[arg(long, value_enum, default_value_t = Kind::Machines)]
    kind: Kind,
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    let Product { kind, arguments } = Product::parse();
    let cells = arguments.cells(Cell::value_variants());
    let scale = arguments.scale;
    let committed = Committed::new(DIGESTS, format!("product-{}", name_of(&kind)));
    let run = |cell| workloads::run(cell, scale, &workloads::scenario(cell, kind, scale));
    report(cells, &name_of(&kind), &arguments, &committed, run)
}
