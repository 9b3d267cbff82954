//! The floor of the benchmarks and the product process equal events with equal rolls, and end in one hash.
//!
//! So their ratio compares two implementations of one task. The floor is a second, plain implementation of queue, timers and
//! fates; a change of those in the product must be made in `benches/bare/addressed.rs` too.

#[path = "../benches/bare/mod.rs"]
mod bare;
#[expect(dead_code, reason = "the benches use the rest")]
#[path = "../benches/measure/mod.rs"]
mod measure;
#[path = "../benches/workloads/mod.rs"]
mod workloads;

use clap::ValueEnum;
use cluster_sim::Seed;
use cluster_sim::report::{Record, RecordKind};
use rstest::rstest;

use bare::addressed::Addressed;
use bare::chance::{Chance, Cheap};
use bare::clockwork::traced;
use bare::run::{CELLS, as_machines, as_tasks};
use measure::arguments::name_of;
use measure::cells::Cell;
use measure::digests::Committed;
use measure::measurement::Done;
use workloads::Kind;

/// The events of the product: delivered messages and fired timers.
fn through_the_product(cell: Cell, kind: Kind, scale: f64, word: impl Fn(&Record) -> u64) -> Done {
    let scenario = workloads::scenario(cell, kind, scale);
    cell.each_run(scale, |seed, _| {
        let mut sim = scenario.start(Seed(seed));
        sim.keep_records();
        sim.run_for(cell.span_at(scale));
        let events = || sim.records().iter().filter(|record| matches!(record.kind, RecordKind::Deliver | RecordKind::Timer));
        let trace = events().fold(0, |trace, record| {
            let Record { at, node, peer, .. } = *record;
            traced(trace, at.as_nanoseconds(), node.0, peer.0, word(record))
        });
        (trace, events().count() as u64)
    })
}

/// W5 runs long enough for two crashes; W1, W2 and W4 run past the end of an epoch, after which labels start again.
#[rstest]
#[case(Cell::W1, 0.3)]
#[case(Cell::W2N5, 0.1)]
#[case(Cell::W2N50, 0.03)]
#[case(Cell::W2N200, 0.1)]
#[case(Cell::W3, 0.03)]
#[case(Cell::W4, 0.03)]
#[case(Cell::W5, 0.05)]
#[case(Cell::Startup, 0.001)]
#[case(Cell::Short, 0.05)]
fn floor_and_product_process_equal_events_in_one_order(#[case] cell: Cell, #[case] scale: f64) {
    let product = through_the_product(cell, Kind::Machines, scale, |record| record.label);
    assert!(product.events > 50, "{product:?}");
    assert_eq!(as_machines(cell, scale, Addressed::new()), product, "state machines");
    assert_eq!(as_tasks(cell, scale, Addressed::new()), product, "futures");
}

/// A timer of a machine is named by its number, one of a task by the task; everything else is equal. Where timers of several
/// nodes are due at one instant, as in the cell `startup`, the order is rolled by those names and may differ.
#[rstest]
#[case(Cell::W1, 0.3)]
#[case(Cell::W1Heap, 0.03)]
#[case(Cell::W1Faults, 0.05)]
#[case(Cell::W2N5, 0.1)]
#[case(Cell::W2N50, 0.03)]
#[case(Cell::W2N200, 0.1)]
#[case(Cell::W3, 0.03)]
#[case(Cell::W4, 0.03)]
#[case(Cell::W5, 0.05)]
#[case(Cell::Short, 0.05)]
fn machines_and_async_nodes_process_equal_events_in_one_order(#[case] cell: Cell, #[case] scale: f64) {
    let word = |record: &Record| if record.kind == RecordKind::Timer { 0 } else { record.label };
    let [machines, tasks] = [Kind::Machines, Kind::Async].map(|kind| through_the_product(cell, kind, scale, word));
    assert!(machines.events > 50, "{machines:?}");
    assert_eq!(tasks, machines);
}

/// The committed digests of a bench.
fn committed(bench: &str) -> Committed {
    Committed::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/digests.toml"), bench)
}

/// Checks change no digest and take as long as all other cells together, so their cells run without them.
#[rstest]
fn the_product_has_the_committed_digest_for_every_cell(
    #[values(Kind::Machines, Kind::Async)] kind: Kind,
    #[values(
        Cell::W1,
        Cell::W1Heap,
        Cell::W1Faults,
        Cell::W2N5,
        Cell::W2N50,
        Cell::W2N200,
        Cell::W3,
        Cell::W4,
        Cell::W5,
        Cell::Peers50,
        Cell::Peers500,
        Cell::Peers5000,
        Cell::Startup,
        Cell::Short
    )]
    cell: Cell,
) {
    let committed = committed(&format!("product-{}", name_of(&kind)));
    let done = workloads::run(cell, 1.0, &workloads::scenario(cell, kind, 1.0));
    let watched = match cell {
        Cell::W1 => Some(Cell::W1Always),
        Cell::W4 => Some(Cell::W4Always),
        _ => None,
    };
    for cell in watched.into_iter().chain([cell]) {
        assert_eq!(committed.compare(cell, &done.digest), Ok(()));
    }
}

#[rstest]
#[case("floor-cheap", Cheap::default)]
#[case("floor-addressed", Addressed::new)]
fn the_floor_has_the_committed_digest_for_every_cell<C: Chance + 'static>(#[case] bench: &str, #[case] chance: impl Fn() -> C) {
    for cell in CELLS {
        let machines = as_machines(*cell, 1.0, chance());
        assert_eq!(as_tasks(*cell, 1.0, chance()), machines);
        assert_eq!(committed(bench).compare(*cell, &machines.digest), Ok(()));
    }
}

#[test]
fn the_table_of_figures_has_a_column_for_every_cell() {
    let sorted = |mut names: Vec<String>| {
        names.sort_unstable();
        names
    };
    let known = |of: fn(&xtask::bench::cells::Cell) -> bool| {
        let cells = xtask::bench::cells::Cell::all().filter(of);
        sorted(cells.map(|cell| cell.name().to_owned()).collect())
    };
    assert_eq!(known(|_| true), sorted(Cell::value_variants().iter().map(|cell| cell.name()).collect()));
    assert_eq!(known(|cell| cell.is_shared), sorted(CELLS.iter().map(|cell| cell.name()).collect()));
}
