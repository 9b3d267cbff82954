//! What was measured, as data: `benches/results.json`.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::cells::{Cell, Unit};
use super::programs::{Figure, Kind, Program};
use super::{BenchError, Options};
use crate::documents::write_whole;

/// Where the results lie, from the root of the workspace.
pub const PLACE: &str = "benches/results.json";

/// The number of their form.
const FORMAT: u32 = 1;

/// What takes longer than this is measured in the first round alone.
const LONG_NANOSECONDS: u64 = 20_000_000_000;

/// Which versions were measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The compiler.
    pub rustc: String,
    /// The commit of the product, without what was changed and not committed.
    pub commit: String,
    /// The peers.
    pub peers: BTreeMap<String, String>,
}

/// What the product allocates in one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Footprint {
    /// Which cell.
    pub cell: String,
    /// What nodes are written as.
    pub kind: String,
    /// Allocations an event, in the second half of a run.
    pub allocations_per_event: f64,
    /// Allocations a simulation, from its start to its drop.
    pub allocations_per_run: f64,
    /// The most that is held at once.
    pub peak_bytes: u64,
}

/// What one program took for one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Delivered messages and fired timers.
    pub events: u64,
    /// Simulations, from their start to their drop.
    pub runs: u32,
    /// How much virtual time each of them took.
    pub virtual_seconds: f64,
    /// The hash of what happened.
    pub digest: String,
    /// Processor time, round by round.
    pub nanoseconds: Vec<u64>,
    /// The median of what one event took.
    pub nanoseconds_per_event: f64,
    /// The median of what one simulation took.
    pub microseconds_per_run: f64,
    /// The median over the rounds of what this cost, divided by what it cost each other program in the same round: an event, or a
    /// simulation in cells that count those.
    pub ratio_to: BTreeMap<String, f64>,
}

/// All that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// The number of this form.
    pub format: u32,
    /// The line that measured it.
    pub command: String,
    /// How often each program measured each cell, save those that take long.
    pub rounds: u32,
    /// What was measured.
    pub versions: Versions,
    /// By cell and program.
    pub cells: BTreeMap<String, BTreeMap<String, Cost>>,
    /// What the product allocates.
    pub memory: Vec<Footprint>,
}

/// What was measured so far.
#[derive(Debug, Default)]
pub struct Measured {
    figures: BTreeMap<(&'static str, Program), Figure>,
}

impl Measured {
    /// Adds a round.
    ///
    /// # Errors
    ///
    /// The program did something else than in the round before.
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

    /// Whether a program took so long for a cell that one round must do.
    pub fn takes_long(&self, cell: Cell, program: Program) -> bool {
        let known = self.figures.get(&(cell.name(), program));
        known.is_some_and(|figure| figure.nanoseconds.iter().any(|nanoseconds| *nanoseconds > LONG_NANOSECONDS))
    }

    /// What a program took for a unit of a cell, in each round.
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

/// The middle one, or the mean of both in the middle.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// The number with four digits that count: the rest is noise.
fn digits(number: f64) -> f64 {
    if number == 0.0 {
        return 0.0;
    }
    let unit = 10_f64.powi(3 - number.abs().log10().floor() as i32);
    (number * unit).round() / unit
}

impl Results {
    /// What comes of what was measured.
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

    /// What a program took for a cell, if it was measured.
    pub fn cost(&self, cell: Cell, program: Program) -> Option<&Cost> {
        self.cells.get(cell.name())?.get(&program.to_string())
    }

    /// What the product allocates in a cell, if it was counted.
    pub fn footprint(&self, cell: Cell, kind: Kind) -> Option<&Footprint> {
        let of = |footprint: &&Footprint| footprint.cell == cell.name() && footprint.kind == kind.name();
        self.memory.iter().find(of)
    }

    /// Reads the committed results.
    ///
    /// # Errors
    ///
    /// There are none, or they are of another form.
    pub fn read(root: &Path) -> Result<Self, BenchError> {
        let path = root.join(PLACE);
        let text = fs::read_to_string(&path).map_err(|source| BenchError::File { path: path.clone(), source })?;
        serde_json::from_str(&text).map_err(|source| BenchError::File { path, source: io::Error::other(source) })
    }

    /// Writes them, whole or not at all.
    ///
    /// # Errors
    ///
    /// They could not be written; the old ones stand.
    pub fn write(&self, root: &Path) -> Result<(), BenchError> {
        let mut text = serde_json::to_string_pretty(self).expect("results are plain numbers and names");
        text.push('\n');
        let path = root.join(PLACE);
        write_whole(&path, &text).map_err(|source| BenchError::File { path, source })
    }
}
