//! Differences that no event shows, only the reports.

use cluster_sim::Invariant;
use cluster_sim::check::Change;
use cluster_sim::prelude::*;
use cluster_sim::report::Difference;
use serde_json::{Value, json};

use super::{is_second_run, workers};

/// Measures another number in the second thread, and is violated there if `strict`.
struct Biased {
    strict: bool,
}

impl Invariant for Biased {
    fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
        Verdict::Holds
    }

    fn finish(&mut self, _: &World<'_>) -> Verdict {
        if self.strict && is_second_run() { Verdict::violated([NodeId(1)], "it is the other thread") } else { Verdict::Holds }
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        json!({"ticks": {"all": if is_second_run() { 12 } else { 11 }, "some": 3}})
    }
}

fn difference(place: &str, here: &str, there: &str) -> Difference {
    Difference { place: place.to_owned(), left: here.to_owned(), right: there.to_owned() }
}

#[test]
fn a_measurement_that_differs_is_named() {
    let check = workers(|_, _| {}).observe("biased", || Biased { strict: false }).check_determinism(Seed(7));
    assert_eq!(check.outcome(), Outcome::Nondeterministic);
    let divergence = check.divergence().expect("the reports differ");
    assert_eq!(
        (&divergence.event, &divergence.differences[..]),
        (&None, &[difference("measured.biased.ticks.all", "11", "12")][..])
    );
    let text = check.to_string();
    for part in ["all events and facts are equal, but the reports differ\n", "measured.biased.ticks.all: left 11, right 12\n"] {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
}

#[test]
fn a_verdict_that_differs_is_named_and_discarded() {
    let check = workers(|_, _| {}).observe("biased", || Biased { strict: true }).check_determinism(Seed(7));
    assert_eq!(check.outcome(), Outcome::Nondeterministic);
    let divergence = check.divergence().expect("the reports differ");
    let places: Vec<&str> = divergence.differences.iter().map(|difference| difference.place.as_str()).collect();
    assert_eq!(
        (&divergence.event, &places[..]),
        (&None, &["measured.biased.ticks.all", "outcome", "violations[0]"][..]),
        "{check}"
    );
    assert_eq!(check.report().map(|report| report.violations.len()), Ok(0));
}

#[test]
fn a_check_with_another_number_of_evaluations_is_named() {
    let scenario = workers(|_, _| {}).always("looks", |world| is_second_run() || world.views::<u64>().count() > 0);
    let check = scenario.check_determinism(Seed(7));
    let divergence = check.divergence().expect("the reports differ");
    assert!(divergence.event.is_none());
    assert!(divergence.differences.iter().any(|difference| difference.place == "checks[0].times_checked"), "{check}");
}

#[test]
fn the_first_differences_are_named_and_the_others_counted() {
    struct Many;
    impl Invariant for Many {
        fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
            Verdict::Holds
        }
        fn times_checked(&self) -> u64 {
            1
        }
        fn measured(&self) -> Value {
            json!(vec![is_second_run(); 100])
        }
    }
    let check = workers(|_, _| {}).observe("many", || Many).check_determinism(Seed(7));
    let differences = &check.divergence().expect("the reports differ").differences;
    assert_eq!(differences.len(), 17);
    assert_eq!(differences[0], difference("measured.many[0]", "false", "true"));
    assert_eq!(differences[16], difference("further places", "84 more", "84 more"));
}
