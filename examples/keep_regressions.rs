//! Writes the stories of planted bugs in `tests/regressions` anew, after a change that moved what seeds find.
//!
//! ```console
//! cargo run --example keep_regressions
//! ```

#[path = "../tests/common/kept.rs"]
mod kept;

use std::fs;
use std::path::Path;

use cluster_sim::prelude::*;
use cluster_sim::{BuildInfo, Minimized, Reproducer, ScenarioSource};

use kept::{KEPT, Kept};

/// So many seeds are looked at, at most.
const SEEDS: u64 = 2_000;
/// Of so many that fail the one with the smallest story is kept.
const FAILURES: usize = 3;

/// How much a story takes.
fn size(shrunk: &Minimized) -> usize {
    shrunk.faults.1 + shrunk.case.decisions.as_ref().map_or(usize::MAX / 2, Vec::len)
}

/// The file about a planted bug.
fn reproducer(kept: Kept) -> Reproducer {
    let scenario = kept.bug.hunt(kept.form).scenario();
    let reports = (0..SEEDS).map(|seed| scenario.run(Seed(seed))).filter(|report| report.outcome == Outcome::Violated);
    let stories = reports.take(FAILURES).filter_map(|report| Some((scenario.shrink(&report)?, report)));
    let (shrunk, report) = stories.min_by_key(|(shrunk, _)| size(shrunk)).expect("a planted bug is found");
    let driver = ScenarioSource::Registered { name: scenario.name().to_owned(), file: None };
    Reproducer::of(driver, &report, Some(shrunk), BuildInfo::default()).expect("it broke a rule")
}

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    fs::create_dir_all(&folder)?;
    for kept in KEPT {
        let reproducer = reproducer(kept);
        print!("{}: {}, {:?}\n{reproducer}\n", kept.name, kept.bug, kept.form);
        fs::write(folder.join(kept.name).with_extension("json"), reproducer.to_text())?;
    }
    Ok(())
}
