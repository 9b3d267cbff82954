//! `cargo xtask bench`: measures product, floor and peers in interleaved rounds, and writes the results.
//!
//! [`programs`] builds and runs the measuring programs, [`results`] holds the measurements as data, [`table`] prints them as Markdown.
//! Every program measures once a round, so that a slow minute of the machine affects all of them.

pub mod cells;
pub mod programs;
pub mod results;
pub mod table;

use std::io;
use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::command::CallError;
use crate::environment::Environment;
use cells::Cell;
use programs::Programs;
use results::{Measured, Results};

/// The choice of rounds, cells and programs.
#[derive(Debug, Clone)]
pub struct Options {
    /// The number of rounds.
    pub rounds: NonZeroU32,
    /// The cells to measure; empty for all.
    pub only: Vec<Cell>,
    /// Whether the peers are measured too.
    pub peers: bool,
}

impl Options {
    /// Whether everything is measured, so that the results may be written.
    fn is_whole(&self) -> bool {
        self.only.is_empty() && self.peers
    }

    /// The command that repeats this measurement.
    fn command(&self) -> String {
        let only: String = self.only.iter().map(|cell| format!(" --only {}", cell.name())).collect();
        format!("cargo xtask bench --rounds {}{only}{}", self.rounds, if self.peers { "" } else { " --no-peers" })
    }
}

/// Builds and measures, with a line on stderr for each measurement.
///
/// Writes the results and the tables of `docs/benchmarks.md` if everything was measured, and prints the tables otherwise.
///
/// # Errors
///
/// A program could not be built or has another digest than the committed one, or a file could not be written. Nothing was written.
pub fn run(options: &Options, environment: &Environment) -> Result<(), BenchError> {
    let programs = Programs::build(options.peers, environment)?;
    let cells: Vec<Cell> = if options.only.is_empty() { Cell::all().collect() } else { options.only.clone() };
    let mut measured = Measured::default();
    for round in 1..=options.rounds.get() {
        for cell in &cells {
            for program in programs.for_cell(*cell) {
                if round > 1 && measured.takes_long(*cell, program) {
                    continue;
                }
                let figure = programs.measure(program, *cell, environment)?;
                eprintln!("round {round} of {}  {:<10}  {program:<16}  {figure}", options.rounds, cell.name());
                measured.add(*cell, program, figure)?;
            }
        }
    }
    let memory = programs.count(&cells, environment)?;
    let results = Results::new(options, programs::versions(environment)?, &measured, memory);
    if options.is_whole() {
        results.write(&environment.root)?;
        table::write(&environment.root, &results)?;
        println!("wrote {} and the table in {}", results::PLACE, table::PLACE);
    } else {
        println!("{}", table::of(&results));
    }
    Ok(())
}

/// A measurement failed; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A program could not be built or run, or failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Cargo reported no executable of this name.
    #[error("cargo reports no executable {program}; is it still a target of {package}?")]
    NotBuilt {
        /// The name of the target.
        program: String,
        /// The package of the target.
        package: &'static str,
    },
    /// The output of a program is not a measurement.
    #[error("the output of `{call}` is not a measurement: {source}")]
    Unreadable {
        /// The call.
        call: String,
        /// The error in its output.
        source: serde_json::Error,
    },
    /// Two rounds of one program have different digests.
    #[error("{program} has another digest in cell {cell} than in the round before; it is not deterministic")]
    Unsteady {
        /// The name of the program.
        program: String,
        /// The name of the cell.
        cell: String,
    },
    /// The lockfile of the peers lacks a package.
    #[error("{} does not name {package}; build the peers once", path.display())]
    NoVersion {
        /// The lockfile.
        path: PathBuf,
        /// The missing package.
        package: &'static str,
    },
    /// A result could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The page has no marker lines for the tables.
    #[error("{} has no lines {} and {} to write the table between", path.display(), table::BEGIN, table::END)]
    NoPlace {
        /// The path of the file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_command_repeats_the_measurement() {
        let mut options = Options { rounds: NonZeroU32::MIN, only: Vec::new(), peers: true };
        assert_eq!((options.command().as_str(), options.is_whole()), ("cargo xtask bench --rounds 1", true));
        options.only = ["w1", "w3"].map(|name| Cell::named(name).expect("it is a cell")).to_vec();
        options.peers = false;
        assert_eq!(options.command(), "cargo xtask bench --rounds 1 --only w1 --only w3 --no-peers");
        assert!(!options.is_whole());
    }
}
