//! The measurements as data: `benches/results.json`.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::cells::{Cell, Unit};
use super::programs::{Figure, Footprint, Kind, Program, Versions};
use super::{BenchError, Options};
use crate::documents::write_whole;

/// The file of the results, from the root of the workspace.
pub const PLACE: &str = "benches/results.json";

/// The version of the file's format.
const FORMAT: u32 = 1;

/// A measurement that takes longer than this is made in the first round only.
const LONG_NANOSECONDS: u64 = 20_000_000_000;

/// The cost of one cell in one program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Delivered messages and fired timers.
    pub events: u64,
    /// The number of simulations.
    pub runs: u32,
    /// The virtual time of each simulation.
    pub virtual_seconds: f64,
    /// The digest of the events.
    pub digest: String,
    /// Processor time of each round.
    pub nanoseconds: Vec<u64>,
    /// The median per event.
    pub nanoseconds_per_event: f64,
    /// The median per simulation.
    pub microseconds_per_run: f64,
    /// The median ratio to the cost of each other program in the same round; per event, or per simulation in cells that count those.
    pub ratio_to: BTreeMap<String, f64>,
}

/// All measurements of a benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// The number of this form.
    pub format: u32,
    /// The command that measured it.
    pub command: String,
    /// The number of rounds; slow cells are measured in the first one only.
    pub rounds: u32,
    /// The measured versions.
    pub versions: Versions,
    /// Costs by cell and program.
    pub cells: BTreeMap<String, BTreeMap<String, Cost>>,
    /// The allocations of the product.
    pub memory: Vec<Footprint>,
}

/// The measurements up to the present round.
#[derive(Debug, Default)]
pub struct Measured {
    figures: BTreeMap<(&'static str, Program), Figure>,
}

impl Measured {
    /// Adds a round.
    ///
    /// # Errors
    ///
    /// The program has another digest than in the round before.
    pub fn add(&mut self, cell: Cell, program: Program, figure: Figure) -> Result<(), BenchError> {
        let Some(known) = self.figures.get_mut(&(cell.name(), program)) else {
            self.figures.insert((cell.name(), program), figure);
            return Ok(());
        };
        if known.digest != figure.digest {
            return Err(BenchError::Unsteady { program: program.to_string(), cell: cell.name().to_owned() });
        }
        known.nanoseconds.extend(figure.nanoseconds);
        Ok(())
    }

    /// Whether a program is so slow in a cell that one round must suffice.
    pub fn takes_long(&self, cell: Cell, program: Program) -> bool {
        let known = self.figures.get(&(cell.name(), program));
        known.is_some_and(|figure| figure.nanoseconds.iter().any(|nanoseconds| *nanoseconds > LONG_NANOSECONDS))
    }

    /// The cost per unit of a cell, in each round.
    fn each(&self, cell: Cell, program: Program) -> Vec<f64> {
        let Some(figure) = self.figures.get(&(cell.name(), program)) else { return Vec::new() };
        let units = if cell.unit == Unit::Event { figure.events as f64 } else { f64::from(figure.runs) };
        figure.nanoseconds.iter().map(|nanoseconds| *nanoseconds as f64 / units).collect()
    }

    fn cost(&self, cell: Cell, program: Program) -> Option<Cost> {
        let figure = self.figures.get(&(cell.name(), program))?;
        let of_all: Vec<f64> = figure.nanoseconds.iter().map(|nanoseconds| *nanoseconds as f64).collect();
        let whole = median(&of_all);
        let ours = self.each(cell, program);
        let ratio = |other: Program| {
            let theirs = self.each(cell, other);
            let rounds: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
            (other != program && !rounds.is_empty()).then(|| (other.to_string(), digits(median(&rounds))))
        };
        Some(Cost {
            events: figure.events,
            runs: figure.runs,
            virtual_seconds: figure.virtual_seconds,
            digest: figure.digest.clone(),
            nanoseconds: figure.nanoseconds.clone(),
            nanoseconds_per_event: digits(whole / figure.events as f64),
            microseconds_per_run: digits(whole / f64::from(figure.runs) / 1e3),
            ratio_to: Program::ALL.into_iter().filter_map(ratio).collect(),
        })
    }
}

/// The middle value, or the mean of the two in the middle.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// Rounds to four significant digits; the rest is noise.
fn digits(number: f64) -> f64 {
    if number == 0.0 {
        return 0.0;
    }
    let unit = 10_f64.powi(3 - number.abs().log10().floor() as i32);
    (number * unit).round() / unit
}

impl Results {
    /// Computes the results of the measurements.
    pub fn new(options: &Options, versions: Versions, measured: &Measured, memory: Vec<Footprint>) -> Self {
        let costs = |cell: Cell| {
            let costs: BTreeMap<String, Cost> =
                Program::ALL.into_iter().filter_map(|program| Some((program.to_string(), measured.cost(cell, program)?))).collect();
            (!costs.is_empty()).then(|| (cell.name().to_owned(), costs))
        };
        Self {
            format: FORMAT,
            command: options.command(),
            rounds: options.rounds.get(),
            versions,
            cells: Cell::all().filter_map(costs).collect(),
            memory,
        }
    }

    /// The cost of a cell in a program, if it was measured.
    pub fn cost(&self, cell: Cell, program: Program) -> Option<&Cost> {
        self.cells.get(cell.name())?.get(&program.to_string())
    }

    /// The allocations in a cell, if they were counted.
    pub fn footprint(&self, cell: Cell, kind: Kind) -> Option<&Footprint> {
        let of = |footprint: &&Footprint| footprint.cell == cell.name() && footprint.kind == kind.name();
        self.memory.iter().find(of)
    }

    /// Reads the committed results.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has another format.
    pub fn read(root: &Path) -> Result<Self, BenchError> {
        let path = root.join(PLACE);
        let text = fs::read_to_string(&path).map_err(|source| BenchError::File { path: path.clone(), source })?;
        serde_json::from_str(&text).map_err(|source| BenchError::File { path, source: io::Error::other(source) })
    }

    /// Writes the results whole or not at all.
    ///
    /// # Errors
    ///
    /// The file could not be written; an existing one is unchanged.
    pub fn write(&self, root: &Path) -> Result<(), BenchError> {
        let mut text = serde_json::to_string_pretty(self).expect("results are plain numbers and names");
        text.push('\n');
        let path = root.join(PLACE);
        write_whole(&path, &text).map_err(|source| BenchError::File { path, source })
    }
}
