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

use crate::check::Environment;
use crate::command::CallError;
use cells::Cell;
use programs::Programs;
use results::{Measured, Results};

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// How often.
    pub rounds: NonZeroU32,
    /// These cells alone; all where none is named.
    pub only: Vec<Cell>,
    /// Whether the peers are measured too.
    pub peers: bool,
}

impl Options {
    /// Whether everything is measured, so that the result may stand for the whole.
    fn is_whole(&self) -> bool {
        self.only.is_empty() && self.peers
    }

    /// The line that measures this again.
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
/// A program could not be built, performed other work than the committed digest says, or a file could not be written; nothing was
/// written then.
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

/// Nothing was written, since something could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A program could not be built or run, or said no.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Cargo built something, and did not say where.
    #[error("cargo does not say where it put {program}; is it still a bench or a program of {package}?")]
    NotBuilt {
        /// What was to be built.
        program: String,
        /// Of which package.
        package: &'static str,
    },
    /// A program printed what is no measurement.
    #[error("`{call}` printed what is no measurement: {source}")]
    Unreadable {
        /// What ran.
        call: String,
        /// What is wrong with what it printed.
        source: serde_json::Error,
    },
    /// Two rounds of one program did different things.
    #[error("{program} did something else in cell {cell} than in the round before; it is not deterministic")]
    Unsteady {
        /// Which program.
        program: String,
        /// In which cell.
        cell: String,
    },
    /// The peers' lockfile does not say what was measured.
    #[error("{} does not name {package}; build the peers once", path.display())]
    NoVersion {
        /// The lockfile.
        path: PathBuf,
        /// The package that it lacks.
        package: &'static str,
    },
    /// A result could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The page has no marker lines for the tables.
    #[error("{} has no lines {} and {} to write the table between", path.display(), table::BEGIN, table::END)]
    NoPlace {
        /// Which file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_is_kept_measures_the_same_again() {
        let mut options = Options { rounds: NonZeroU32::MIN, only: Vec::new(), peers: true };
        assert_eq!((options.command().as_str(), options.is_whole()), ("cargo xtask bench --rounds 1", true));
        options.only = ["w1", "w3"].map(|name| Cell::named(name).expect("it is a cell")).to_vec();
        options.peers = false;
        assert_eq!(options.command(), "cargo xtask bench --rounds 1 --only w1 --only w3 --no-peers");
        assert!(!options.is_whole());
    }
}
