//! The figures in `docs/benchmarks.md` are those of the committed measurements.

use std::fs;

use xtask::bench::results::{PLACE, Results};
use xtask::bench::table;

use crate::{Finding, assert_tidy, root};

fn stale(page: &str, results: &Results) -> Option<Finding> {
    let current = table::put_into(page, &table::of(results));
    let cure = format!("its figures are not those of {PLACE}; run `cargo xtask bench`");
    (current.as_deref() != Some(page)).then(|| Finding::new(table::PLACE, cure))
}

fn committed() -> Results {
    Results::read(root()).unwrap_or_else(|error| panic!("{error}; run `cargo xtask bench`"))
}

#[test]
fn the_figures_on_the_page_are_those_of_the_committed_results() {
    let page = fs::read_to_string(root().join(table::PLACE)).expect("the page of the benchmarks is readable");
    assert_tidy(&stale(&page, &committed()).into_iter().collect::<Vec<_>>());
}

#[test]
fn a_figure_that_was_not_measured_is_found() {
    let page = format!("# A\n{}\n{}{}\n", table::BEGIN, table::of(&committed()), table::END);
    assert_eq!(stale(&page, &committed()), None);
    let flattered = page.replacen(" ns", "0 ns", 1);
    assert!(flattered != page && stale(&flattered, &committed()).is_some());
    assert!(stale("# A\n", &committed()).is_some());
}
