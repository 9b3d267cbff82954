//! The command line that every bench has.

use std::num::NonZeroU32;

use clap::{Args, ValueEnum};

use super::cells::Cell;

/// What every bench can be asked.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Measure this cell; may be given several times. All of them where none is given
    #[arg(long, value_name = "CELL", value_enum)]
    pub(crate) cell: Vec<Cell>,
    /// This fraction of the virtual time, or of the number of runs for startup and short
    #[arg(long, value_name = "F", default_value = "1", value_parser = positive)]
    pub(crate) scale: f64,
    /// Measure so often; the median counts
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) rounds: NonZeroU32,
    /// Measure the first round too, without one before it that warms up
    #[arg(long)]
    pub(crate) cold: bool,
    /// Print a JSON document instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Run once, without a clock, and print events and digest alone: what a profiler wants
    #[arg(long, conflicts_with_all = ["json", "rounds"])]
    pub(crate) digest: bool,
    /// Write the digests into the committed table instead of comparing them; at full scale only
    #[arg(long, conflicts_with_all = ["digest", "scale"])]
    pub(crate) bless: bool,
    /// Given by `cargo bench` to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// What stands below the help of every bench.
pub(crate) const AFTER: &str = "Examples, after `cargo bench --bench NAME --`:
  --cell w1                      one cell
  --cell w1 --scale 0.1 --digest events and digest of a tenth of it
  --rounds 7 --json              all cells, for another program to read
  --bless                        write what all cells do into the committed digests

Times are processor time of the one thread that runs the simulation. At full scale the digest of a cell must be the committed one.

Exit codes: 0 measured, 1 a digest differs, 2 the command line was wrong.";

impl Arguments {
    /// The cells asked for, or all that `known` names.
    pub(crate) fn cells(&self, known: &[Cell]) -> Vec<Cell> {
        if self.cell.is_empty() { known.to_vec() } else { self.cell.clone() }
    }
}

/// The name of a value, as the command line takes it.
pub(crate) fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().expect("no value is hidden from the command line").get_name().to_owned()
}

/// A number above zero.
fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}; give a number such as 0.1"))?;
    if number > 0.0 && number.is_finite() { Ok(number) } else { Err("give a number above zero, such as 0.1".to_owned()) }
}
