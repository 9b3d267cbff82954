//! Writes the reproducers of planted bugs in `tests/regressions` again, after a change that moved what seeds find.
//!
//! ```console
//! cargo run --example keep_regressions
//! ```

use std::fs;
use std::path::Path;

use cluster_sim::explore::{BuildInfo, Minimized, Reproducer, ScenarioSource};
use cluster_sim::prelude::*;
use cluster_sim_testkit::regressions::{REGRESSIONS, Regression};

/// How many seeds are run at most.
const SEEDS: u64 = 2_000;
/// How many failing runs are minimized; the smallest result is written.
const FAILURES: usize = 3;

/// Faults and decisions of a minimized case.
fn size(minimized: &Minimized) -> usize {
    minimized.faults.1 + minimized.case.decisions.as_ref().map_or(usize::MAX / 2, Vec::len)
}

/// Finds a planted bug and minimizes the failing run.
fn reproducer(regression: Regression) -> Reproducer {
    let scenario = regression.bug().hunt(regression.style).scenario();
    let reports = (0..SEEDS).map(|seed| scenario.run(Seed(seed))).filter(|report| report.outcome == Outcome::Violated);
    let cases = reports.take(FAILURES).filter_map(|report| Some((scenario.shrink(&report)?, report)));
    // A case with a fault, if there is one: it shows more, and it can tell that it has lost its effect.
    let by_use = |(minimized, _): &(Minimized, Report)| (minimized.faults.1 == 0, size(minimized));
    let (minimized, report) = cases.min_by_key(by_use).expect("a planted bug is found");
    let source = ScenarioSource::Registered { name: scenario.name().to_owned(), file: None };
    Reproducer::of(source, &report, Some(minimized), BuildInfo::default()).expect("it broke a rule")
}

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    fs::create_dir_all(&folder)?;
    for regression in REGRESSIONS {
        let reproducer = reproducer(regression);
        print!("{}: {}, {:?}\n{reproducer}\n", regression.name, regression.bug, regression.style);
        fs::write(folder.join(regression.name).with_extension("json"), reproducer.to_text())?;
    }
    Ok(())
}
