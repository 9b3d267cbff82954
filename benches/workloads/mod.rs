//! The workloads through the whole product, as state machines, with everything on: digest, fates addressed by declared labels,
//! isolated hosts, and a rule that folds in what every step changed.

mod broadcast;
mod churn;
mod echo;
mod packet;
mod progress;
mod replication;
mod ticking;

use std::time::Duration;

use cluster_sim::{Distribution, LinkModel, Report, Scenario, Seed};

use crate::measure::cells::{Cell, DELAY_MAX, DELAY_MIN};
use crate::measure::measurement::Done;
use progress::Progress;

/// The scenario of a cell, for this fraction of its virtual time.
pub(crate) fn scenario(cell: Cell, scale: f64) -> Scenario {
    let scenario = Scenario::new(cell.name());
    let scenario = match cell {
        Cell::W1 | Cell::Short => echo::inline(scenario, cell),
        Cell::W1Heap => echo::on_the_heap(scenario, cell),
        Cell::W1Always => always(echo::inline(scenario, cell)),
        Cell::W1Faults => churn::disturbed(scenario, cell),
        Cell::W2N5 | Cell::W2N50 | Cell::W2N200 => broadcast::to_all(scenario, cell.nodes()),
        Cell::Peers50 | Cell::Peers500 | Cell::Peers5000 => broadcast::to_some(scenario, cell.nodes()),
        Cell::W3 => ticking::for_ever(scenario, cell.nodes()),
        Cell::Startup => ticking::once(scenario, cell.nodes()),
        Cell::W4 => replication::replicated(scenario, cell.nodes()),
        Cell::W4Always => always(replication::replicated(scenario, cell.nodes())),
        Cell::W5 => churn::crashing(scenario, cell),
    };
    let span = if cell.is_whole_run() { cell.span() } else { cell.span().mul_f64(scale) };
    scenario.all_links(uniform(DELAY_MIN, DELAY_MAX)).start_together().observe(Progress::NAME, Progress::default).lasting(span)
}

/// Links with a delay between these two, nothing lost.
fn uniform(min: Duration, max: Duration) -> LinkModel {
    LinkModel { delay: Distribution::uniform(min, max), ..LinkModel::default() }
}

/// Ten checks as people write them: each looks at all views.
fn always(scenario: Scenario) -> Scenario {
    (0..10_u64).fold(scenario, |scenario, number| {
        let bound = u64::MAX - number;
        scenario.always(&format!("nobody takes more than {bound} inputs"), move |world| {
            world.views::<progress::Tally>().all(|(_, tally)| tally.inputs < bound)
        })
    })
}

/// Runs a cell once at that scale: one seed to its end, or as many as the cell asks for.
///
/// # Panics
/// If a run does not hold.
pub(crate) fn run(cell: Cell, scale: f64, scenario: &Scenario) -> Done {
    let runs = if cell.is_whole_run() { (f64::from(cell.runs()) * scale).ceil() as u32 } else { 1 };
    let mut done = Done { events: 0, runs, digest: String::new() };
    let mut digests = 0_u64;
    for seed in 0..runs {
        let report = scenario.run(Seed(u64::from(seed)));
        report.assert_ok();
        done.events += events(&report);
        done.digest = report.digest.to_string();
        if runs > 1 {
            let digest = u64::from_str_radix(&done.digest, 16).expect("a digest prints as 16 hexadecimal digits");
            digests = digests.rotate_left(1) ^ digest;
        }
    }
    if runs > 1 {
        done.digest = format!("{digests:016x}");
    }
    done
}

/// Delivered messages and fired timers: what the rule judged.
fn events(report: &Report) -> u64 {
    report.checks.iter().filter(|check| check.name == Progress::NAME).map(|check| check.witnesses).sum()
}
