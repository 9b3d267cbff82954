//! Runs a cell on the floor.

use super::chance::Chance;
use super::clockwork::Clockwork;
use super::executor::{Executor, Tasks};
use super::machines::{self, Machines};
use super::tasks;
use crate::measure::cells::{CRASH_PERIOD, CRASH_SPAN, Cell};
use crate::measure::measurement::Done;

/// The cells of the floor.
pub(crate) const CELLS: &[Cell] =
    &[Cell::W1, Cell::W2N5, Cell::W2N50, Cell::W2N200, Cell::W3, Cell::W4, Cell::W5, Cell::Startup, Cell::Short];

/// The declared names of the nodes of a cell, by number.
fn names(cell: Cell) -> Vec<String> {
    let group = |name: &str, count: u32| (0..count).map(|index| format!("{name}/{index}")).collect::<Vec<_>>();
    match cell {
        Cell::W1 | Cell::W5 | Cell::Short => {
            let (clients, servers) = cell.clients_and_servers();
            [group("client", clients), group("server", servers)].concat()
        }
        _ => group("node", cell.nodes()),
    }
}

/// Prepares one run of a cell.
fn begin<C: Chance>(cell: Cell, seed: u64, names: &[String], clockwork: &mut Clockwork<C>) {
    clockwork.begin(seed, names);
    if cell == Cell::W5 {
        let (clients, servers) = cell.clients_and_servers();
        for crash in 1..(cell.span().as_secs() / CRASH_PERIOD.as_secs()) as u32 {
            clockwork.crash(clients + crash % servers, CRASH_PERIOD * crash, CRASH_SPAN);
        }
    }
}

/// Runs a cell once at a scale, as state machines.
///
/// # Panics
/// If the cell is not one of the floor.
pub(crate) fn as_machines<C: Chance>(cell: Cell, scale: f64, chance: C) -> Done {
    match cell {
        Cell::W1 | Cell::Short => each_machines(cell, scale, chance, || machines::Asking::<false>::new(cell.clients_and_servers())),
        Cell::W5 => each_machines(cell, scale, chance, || machines::Asking::<true>::new(cell.clients_and_servers())),
        Cell::W2N5 | Cell::W2N50 | Cell::W2N200 => each_machines(cell, scale, chance, || machines::Speaking::new(cell.nodes())),
        Cell::W3 => each_machines(cell, scale, chance, || machines::Ticking),
        Cell::W4 => each_machines(cell, scale, chance, || machines::Replicating::new(cell.nodes())),
        Cell::Startup => each_machines(cell, scale, chance, || machines::Waiting),
        _ => panic!("the floor has no cell {}", cell.name()),
    }
}

fn each_machines<C: Chance, M: Machines>(cell: Cell, scale: f64, chance: C, make: impl Fn() -> M) -> Done {
    let (names, mut clockwork) = (names(cell), Clockwork::new(chance));
    cell.each_run(scale, |seed, until| {
        begin(cell, seed, &names, &mut clockwork);
        machines::run(&mut clockwork, &mut make(), cell.nodes(), until);
        clockwork.outcome()
    })
}

/// Runs a cell once at a scale, as futures.
///
/// # Panics
/// If the cell is not one of the floor.
pub(crate) fn as_tasks<C: Chance + 'static>(cell: Cell, scale: f64, chance: C) -> Done {
    let (clients, servers) = cell.clients_and_servers();
    let asking = |has_timeout| tasks::Asking { clients, servers, has_timeout };
    match cell {
        Cell::W1 | Cell::Short => each_tasks(cell, scale, chance, || asking(false)),
        Cell::W5 => each_tasks(cell, scale, chance, || asking(true)),
        Cell::W2N5 | Cell::W2N50 | Cell::W2N200 => each_tasks(cell, scale, chance, || tasks::Speaking::new(cell.nodes())),
        Cell::W3 => each_tasks(cell, scale, chance, || tasks::Ticking),
        Cell::W4 => each_tasks(cell, scale, chance, || tasks::Replicating::new(cell.nodes())),
        Cell::Startup => each_tasks(cell, scale, chance, || tasks::Waiting),
        _ => panic!("the floor has no cell {}", cell.name()),
    }
}

fn each_tasks<C: Chance + 'static, T: Tasks<C>>(cell: Cell, scale: f64, chance: C, make: impl Fn() -> T) -> Done {
    let (names, mut executor) = (names(cell), Executor::new(chance));
    cell.each_run(scale, |seed, until| {
        executor.prepare(|clockwork| begin(cell, seed, &names, clockwork));
        executor.run(&make(), cell.nodes(), until);
        executor.prepare(|clockwork| clockwork.outcome())
    })
}
