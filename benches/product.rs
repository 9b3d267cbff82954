//! What an event costs through the whole product, and what a simulation costs from its start to its drop.

mod measure;
mod workloads;

use clap::{Parser, ValueEnum};
use serde_json::Value;

use measure::arguments::Arguments;
use measure::cells::Cell;
use measure::measurement::{HEAD, Measurement};

fn main() {
    let arguments = Arguments::parse();
    let cells = arguments.cells(Cell::value_variants());
    if arguments.digest {
        for cell in cells {
            let done = workloads::run(cell, arguments.scale, &workloads::scenario(cell, arguments.scale));
            println!("{} runs={} events={} digest={}", cell.name(), done.runs, done.events, done.digest);
        }
        return;
    }
    let measure = |cell: Cell| {
        let scenario = workloads::scenario(cell, arguments.scale);
        Measurement::take(cell, &arguments, || workloads::run(cell, arguments.scale, &scenario))
    };
    if arguments.json {
        println!("{:#}", cells.into_iter().map(|cell| measure(cell).json()).collect::<Value>());
    } else {
        println!("{HEAD}");
        cells.into_iter().for_each(|cell| println!("{}", measure(cell)));
    }
}
