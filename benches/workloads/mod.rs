//! The workloads on the whole product with all features on: digest, fates addressed by declared labels, isolated hosts, and a rule that
//! checks every step.

mod broadcast;
mod calls;
mod churn;
mod disk;
mod echo;
mod packet;
mod progress;
mod replication;
mod tasks;
mod timers;

use std::time::Duration;

use clap::ValueEnum;
use cluster_sim::net::Distribution;
use cluster_sim::{LinkModel, Report, Scenario, Seed};

use crate::measure::cells::{Cell, DELAY_MAX, DELAY_MIN};
use crate::measure::measurement::Done;
use progress::{Progress, Tally};

/// How nodes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// State machines
    Machines,
    /// Async functions
    Async,
}

/// The scenario of a cell, for a fraction `scale` of its virtual time.
pub(crate) fn scenario(cell: Cell, kind: Kind, scale: f64) -> Scenario {
    let scenario = Scenario::new(cell.name());
    let scenario = match kind {
        Kind::Machines => of_machines(scenario, cell),
        Kind::Async => of_tasks(scenario, cell),
    };
    let scenario = with_rules(scenario, cell);
    scenario
        .default_links(uniform(DELAY_MIN, DELAY_MAX))
        .start_together()
        .observe(Progress::NAME, Progress::default)
        .duration(cell.span_at(scale))
}

fn of_tasks(scenario: Scenario, cell: Cell) -> Scenario {
    match cell {
        Cell::W1 | Cell::W1Always | Cell::W1Changed | Cell::W1Each | Cell::W1Unique | Cell::Short => {
            tasks::echo::<u64>(scenario, cell, None)
        }
        Cell::W1Heap => tasks::echo::<Vec<u8>>(scenario, cell, None),
        Cell::W1Faults => churn::disturbed(scenario, cell, Kind::Async),
        Cell::W2N5 | Cell::W2N50 | Cell::W2N200 => tasks::to_all(scenario, cell.nodes()),
        Cell::Peers50 | Cell::Peers500 | Cell::Peers5000 => tasks::to_some(scenario, cell.nodes()),
        Cell::Peers5000Changed | Cell::Peers5000Each | Cell::Peers5000Unique => tasks::to_some(scenario, cell.nodes()),
        Cell::W3 => tasks::ticking(scenario, cell.nodes()),
        Cell::Startup => tasks::waiting(scenario, cell.nodes()),
        Cell::W4 | Cell::W4Always => tasks::replicated(scenario, cell.nodes()),
        Cell::W5 => churn::crashing(scenario, cell, Kind::Async),
        Cell::Disk => disk::async_log(scenario, cell.nodes()),
        Cell::DiskTimers => disk::async_timers(scenario, cell.nodes()),
        Cell::Calls => calls::async_calls(scenario, cell.nodes()),
    }
}

fn of_machines(scenario: Scenario, cell: Cell) -> Scenario {
    match cell {
        Cell::W1 | Cell::W1Always | Cell::W1Changed | Cell::W1Each | Cell::W1Unique | Cell::Short => echo::inline(scenario, cell),
        Cell::W1Heap => echo::on_the_heap(scenario, cell),
        Cell::W1Faults => churn::disturbed(scenario, cell, Kind::Machines),
        Cell::W2N5 | Cell::W2N50 | Cell::W2N200 => broadcast::to_all(scenario, cell.nodes()),
        Cell::Peers50 | Cell::Peers500 | Cell::Peers5000 => broadcast::to_some(scenario, cell.nodes()),
        Cell::Peers5000Changed | Cell::Peers5000Each | Cell::Peers5000Unique => broadcast::to_some(scenario, cell.nodes()),
        Cell::W3 => timers::periodic(scenario, cell.nodes()),
        Cell::Startup => timers::once(scenario, cell.nodes()),
        Cell::W4 | Cell::W4Always => replication::replicated(scenario, cell.nodes()),
        Cell::W5 => churn::crashing(scenario, cell, Kind::Machines),
        Cell::Disk => disk::log(scenario, cell.nodes()),
        Cell::DiskTimers => disk::timers::<false>(scenario, cell.nodes()),
        Cell::Calls => disk::timers::<true>(scenario, cell.nodes()),
    }
}

/// Links with a delay from `min` to `max` and no loss.
fn uniform(min: Duration, max: Duration) -> LinkModel {
    LinkModel { delay: Distribution::uniform(min, max), ..LinkModel::default() }
}

/// Adds the ten checks that a cell has beside the rule of every workload, each about a bound of its own.
fn with_rules(scenario: Scenario, cell: Cell) -> Scenario {
    let rule = match cell {
        Cell::W1Always | Cell::W4Always => always,
        Cell::W1Changed | Cell::Peers5000Changed => always_changed,
        Cell::W1Each | Cell::Peers5000Each => always_each,
        Cell::W1Unique | Cell::Peers5000Unique => always_unique,
        Cell::Calls => return calls::recorded(scenario),
        _ => return scenario,
    };
    (0..10).fold(scenario, |scenario, number| rule(scenario, &format!("rule {number}"), u64::MAX - number))
}

fn always(scenario: Scenario, name: &str, bound: u64) -> Scenario {
    scenario.always(name, move |world| world.views::<Tally>().all(|(_, tally)| tally.inputs < bound))
}

fn always_changed(scenario: Scenario, name: &str, bound: u64) -> Scenario {
    scenario.always(name, move |world| world.changed::<Tally>().all(|(_, tally)| tally.inputs < bound))
}

fn always_each(scenario: Scenario, name: &str, bound: u64) -> Scenario {
    scenario.always_each(name, move |_, tally: &Tally| tally.inputs < bound)
}

fn always_unique(scenario: Scenario, name: &str, bound: u64) -> Scenario {
    scenario
        .always_unique(name, move |node, tally: &Tally| (tally.inputs < bound).then_some(u64::from(node.0) << 40 | tally.inputs))
}

/// Runs a cell once at a scale: one seed to its end, or as many as the cell has.
///
/// # Panics
/// If a run fails.
pub(crate) fn run(cell: Cell, scale: f64, scenario: &Scenario) -> Done {
    cell.each_run(scale, |seed, _| {
        let report = scenario.run(Seed(seed));
        report.assert_ok();
        let digest = u64::from_str_radix(&report.digest.to_string(), 16);
        (digest.expect("a digest prints as 16 hexadecimal digits"), events(&report))
    })
}

/// Counts delivered messages, fired timers and answers of disks by the checks of the rule.
fn events(report: &Report) -> u64 {
    report.checks.iter().filter(|check| check.name == Progress::NAME).map(|check| check.times_checked).sum()
}
