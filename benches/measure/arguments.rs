//! The command line of every bench.

use std::num::NonZeroU32;

use clap::{Args, ValueEnum};

use super::cells::Cell;

/// The flags of every bench.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Measure this cell; may be given several times [default: all cells]
    #[arg(long, value_name = "CELL", value_enum)]
    pub(crate) cell: Vec<Cell>,
    /// Run this fraction of the virtual time, or of the number of runs for startup and short
    #[arg(long, value_name = "F", default_value = "1", value_parser = positive)]
    pub(crate) scale: f64,
    /// Measure N times; the median counts
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) rounds: NonZeroU32,
    /// Skip the warm-up round
    #[arg(long)]
    pub(crate) cold: bool,
    /// Print a JSON document instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Run once without timing and print events and digest only, for a profiler
    #[arg(long, conflicts_with_all = ["json", "rounds"])]
    pub(crate) digest: bool,
    /// Write the digests into the committed table instead of comparing them; at full scale only
    #[arg(long, conflicts_with_all = ["digest", "scale"])]
    pub(crate) bless: bool,
    /// Passed by `cargo bench` to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// The text below the help of every bench.
pub(crate) const AFTER: &str = "Examples, after `cargo bench --bench NAME --`:
  --cell w1                      one cell
  --cell w1 --scale 0.1 --digest events and digest of a tenth of it
  --rounds 7 --json              all cells, as JSON
  --bless                        update the committed digests of all cells

Times are processor time of the one thread that runs the simulation. At full scale the digest of a cell must match the committed one.

Exit codes: 0 measured, 1 a digest differs, 2 the command line was wrong.";

impl Arguments {
    /// The selected cells, or all of `known`.
    pub(crate) fn cells(&self, known: &[Cell]) -> Vec<Cell> {
        if self.cell.is_empty() { known.to_vec() } else { self.cell.clone() }
    }
}

/// The name of a value on the command line.
pub(crate) fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().expect("no value is hidden from the command line").get_name().to_owned()
}

/// Parses a number above zero.
fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}; use a number such as 0.1"))?;
    if number > 0.0 && number.is_finite() { Ok(number) } else { Err("use a number above zero, such as 0.1".to_owned()) }
}
