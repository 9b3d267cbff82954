//! How often an event allocates through the whole product, and how much memory a run holds at the most.
//!
//! A bench of its own: counting costs time.

#[expect(dead_code, reason = "what measures time is for the other benches")]
mod measure;
mod workloads;

use std::fmt;

use allocation_counter::AllocationInfo;
use clap::{Parser, ValueEnum};
use serde_json::{Value, json};

use measure::arguments::name_of;
use measure::cells::Cell;
use measure::measurement::{Done, Figure, show};
use workloads::Kind;

/// Counts allocations of the whole product.
#[derive(Debug, Parser)]
struct Memory {
    /// What nodes are written as
    #[arg(long, value_enum, default_value_t = Kind::Machines)]
    kind: Kind,
    /// Count for this cell; may be given several times. All of them where none is given
    #[arg(long, value_name = "CELL", value_enum)]
    cell: Vec<Cell>,
    /// Print a JSON document instead of a table
    #[arg(long)]
    json: bool,
    /// Given by `cargo bench` to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// The fraction of a cell that is run to know what a run allocates before it is in its stride.
const FIRST: f64 = 0.5;

/// What a cell allocates.
#[derive(Debug)]
struct Footprint {
    cell: Cell,
    kind: Kind,
    /// Of the second half of the run: what an event allocates once all arenas are as large as they need to be.
    allocations_per_event: f64,
    allocations_per_run: f64,
    /// The most that was held at once, in bytes.
    peak_bytes: u64,
}

impl Footprint {
    fn take(cell: Cell, kind: Kind) -> Self {
        let ((half, counted_half), (whole, counted)) = (count(cell, kind, FIRST), count(cell, kind, 1.0));
        let difference = counted.count_total.saturating_sub(counted_half.count_total);
        Self {
            cell,
            kind,
            allocations_per_event: difference as f64 / (whole.events - half.events) as f64,
            allocations_per_run: counted.count_total as f64 / f64::from(whole.runs),
            peak_bytes: counted.bytes_max,
        }
    }
}

/// Runs a cell at that scale and counts what it allocates, the scenario aside.
fn count(cell: Cell, kind: Kind, scale: f64) -> (Done, AllocationInfo) {
    let scenario = workloads::scenario(cell, kind, scale);
    let mut done = None;
    let counted = allocation_counter::measure(|| done = Some(workloads::run(cell, scale, &scenario)));
    (done.expect("it was run"), counted)
}

impl Figure for Footprint {
    const HEAD: &str = "cell         allocations/event  allocations/run      peak KiB";

    fn json(&self) -> Value {
        json!({
            "cell": self.cell.name(),
            "kind": name_of(&self.kind),
            "allocations_per_event": self.allocations_per_event,
            "allocations_per_run": self.allocations_per_run,
            "peak_bytes": self.peak_bytes,
        })
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cell, allocations_per_event, allocations_per_run, peak_bytes, .. } = self;
        let (name, kib) = (cell.name(), *peak_bytes as f64 / 1024.0);
        write!(formatter, "{name:<12} {allocations_per_event:>17.4} {allocations_per_run:>16.0} {kib:>13.1}")
    }
}

fn main() {
    let Memory { kind, cell: cells, json, .. } = Memory::parse();
    let cells = if cells.is_empty() { Cell::value_variants().to_vec() } else { cells };
    show(json, cells.into_iter().map(|cell| Footprint::take(cell, kind)));
}
