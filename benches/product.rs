//! What an event costs through the whole product, and what a simulation costs from its start to its drop.

mod measure;
mod workloads;

use clap::{Parser, ValueEnum};

use measure::arguments::{AFTER, Arguments, name_of};
use measure::cells::Cell;
use measure::measurement::report;
use workloads::Kind;

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

fn main() {
    let Product { kind, arguments } = Product::parse();
    let cells = arguments.cells(Cell::value_variants());
    let scale = arguments.scale;
    report(cells, &name_of(&kind), &arguments, |cell| workloads::run(cell, scale, &workloads::scenario(cell, kind, scale)));
}
