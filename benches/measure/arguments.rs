//! The command line that every bench has.

use std::num::NonZeroU32;

use clap::{Parser, ValueEnum};

use super::cells::Cell;

/// What nodes are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// State machines
    Machines,
}

impl Kind {
    /// Its name, as the command line takes it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().expect("no kind is hidden from the command line").get_name().to_owned()
    }
}

/// Measures what an event costs: one delivered message or one fired timer of the application.
#[derive(Debug, Parser)]
#[command(after_help = AFTER)]
pub(crate) struct Arguments {
    /// Measure this cell; may be given several times. All of them where none is given
    #[arg(long, value_name = "CELL", value_enum)]
    pub(crate) cell: Vec<Cell>,
    /// What nodes are written as
    #[arg(long, value_enum, default_value_t = Kind::Machines)]
    pub(crate) kind: Kind,
    /// This fraction of the virtual time, or of the number of runs for startup and short
    #[arg(long, value_name = "F", default_value = "1", value_parser = positive)]
    pub(crate) scale: f64,
    /// Measure so often; the median counts
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) rounds: NonZeroU32,
    /// Print a JSON document instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Run once, without a clock, and print events and digest alone: what a profiler wants
    #[arg(long, conflicts_with_all = ["json", "rounds"])]
    pub(crate) digest: bool,
    /// Given by `cargo bench` to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

const AFTER: &str = "Examples, after `cargo bench --bench NAME --`:
  --cell w1                      one cell
  --cell w1 --scale 0.1 --digest events and digest of a tenth of it
  --rounds 7 --json              all cells, for another program to read

Times are processor time of the one thread that runs the simulation.";

impl Arguments {
    /// The cells asked for, or all that `known` names.
    pub(crate) fn cells(&self, known: &[Cell]) -> Vec<Cell> {
        if self.cell.is_empty() { known.to_vec() } else { self.cell.clone() }
    }
}

/// A number above zero.
fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|error| format!("{error}; give a number such as 0.1"))?;
    if number > 0.0 && number.is_finite() { Ok(number) } else { Err("give a number above zero, such as 0.1".to_owned()) }
}
