//! Allocations per event of the whole product, and the peak memory of a run.
//!
//! Counting costs time, so this is a bench of its own.

#[expect(dead_code, reason = "only the other benches measure time")]
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
    /// How nodes are written
    #[arg(long, value_enum, default_value_t = Kind::Machines)]
    kind: Kind,
    /// Count for this cell; may be given several times [default: all cells]
    #[arg(long, value_name = "CELL", value_enum)]
    cell: Vec<Cell>,
    /// Print a JSON document instead of a table
    #[arg(long)]
    json: bool,
    /// Passed by `cargo bench` to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// The fraction of a cell that counts as warm-up.
const WARM_UP: f64 = 0.5;

/// The allocations of a cell.
#[derive(Debug)]
struct Footprint {
    cell: Cell,
    kind: Kind,
    /// Counted in the second half of the run, after all arenas have grown to their size.
    allocations_per_event: f64,
    allocations_per_run: f64,
    /// Peak memory in bytes.
    peak_bytes: u64,
}

impl Footprint {
    fn take(cell: Cell, kind: Kind) -> Self {
        let ((half, counted_half), (whole, counted)) = (count(cell, kind, WARM_UP), count(cell, kind, 1.0));
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

/// Runs a cell at a scale and counts its allocations, without those of the scenario.
fn count(cell: Cell, kind: Kind, scale: f64) -> (Done, AllocationInfo) {
    let scenario = workloads::scenario(cell, kind, scale);
    let mut done = None;
    let counted = allocation_counter::measure(|| done = Some(workloads::run(cell, scale, &scenario)));
    (done.expect("the closure ran"), counted)
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
