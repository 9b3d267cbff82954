//! The command line of every peer.

use std::process::ExitCode;

use clap::Parser;

use crate::measure::arguments::{AFTER, Arguments};
use crate::measure::cells::Cell;
use crate::measure::digests::Committed;
use crate::measure::measurement::{Done, report};
use crate::nodes::CELLS;

/// The committed digests.
const DIGESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../digests.toml");

/// Measures the cost of an event on this simulator: one delivered datagram or one fired timer.
#[derive(Debug, Parser)]
#[command(after_help = AFTER)]
struct Peer {
    #[command(flatten)]
    arguments: Arguments,
}

/// Runs the command line of the peer `name`.
///
/// `share` is the share of a cell's virtual time that counts as its full scale: less than all if the whole would take minutes.
pub(crate) fn main(name: &str, share: impl Fn(Cell) -> f64, run: impl Fn(Cell, u64, u64) -> (u64, u64)) -> ExitCode {
    let Peer { arguments } = Peer::parse();
    let committed = Committed::new(DIGESTS, name);
    report(arguments.cells(CELLS), name, &arguments, &committed, |cell| -> Done {
        cell.each_run(arguments.scale * share(cell), |seed, until| run(cell, seed, until))
    })
}
