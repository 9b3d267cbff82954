//! A search prints no panics of the cases that it tries.
//!
//! Alone in its program, since it sets the panic hook of the process.

use std::panic::{set_hook, take_hook};
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim::prelude::*;

/// The panics that were printed.
static PRINTED: AtomicU64 = AtomicU64::new(0);

#[test]
fn minimizing_prints_no_panics_of_the_cases_that_it_tries() {
    let previous = take_hook();
    set_hook(Box::new(move |panic| {
        PRINTED.fetch_add(1, Ordering::Relaxed);
        previous(panic);
    }));
    let scenario = Scenario::new("fragile")
        .nodes("node", 3, async |node| {
            assert!(node.incarnation().0 == 0, "it does not survive a crash");
            node.sleep(Duration::from_secs(60)).await;
        })
        .chaos(FaultProfile::default());
    let report = (0..64).map(|seed| scenario.run(Seed(seed))).find(|report| report.outcome == Outcome::Panicked);
    let report = report.expect("some seed crashes a node");
    let before = PRINTED.load(Ordering::Relaxed);
    assert!(before > 0, "a run itself prints its panic");
    let minimized = scenario.shrink(&report).expect("its case panics too");
    assert!(minimized.runs > 5 && minimized.finding.outcome == Outcome::Panicked, "{minimized}");
    let panic = report.panic.expect("it says where");
    assert!(panic.location.is_some_and(|location| location.contains("quiet_search.rs")), "the place is noted all the same");
    assert_eq!(PRINTED.load(Ordering::Relaxed), before);
}
