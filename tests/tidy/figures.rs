//! The figures in the README are those that were measured last, and the benches have the cells that the table knows.

use std::fs;

use xtask::bench::results::{PLACE, Results};
use xtask::bench::table;

use crate::{Finding, assert_tidy, root};

fn stale(readme: &str, results: &Results) -> Option<Finding> {
    let current = table::put_into(readme, &table::of(results));
    let cure = format!("its figures are not those of {PLACE}; run `cargo xtask bench`");
    (current.as_deref() != Some(readme)).then(|| Finding::new(table::PLACE, cure))
}

fn committed() -> Results {
    Results::read(root()).unwrap_or_else(|error| panic!("{error}; run `cargo xtask bench`"))
}

#[test]
fn the_figures_in_the_readme_are_those_of_the_committed_results() {
    let readme = fs::read_to_string(root().join(table::PLACE)).expect("there is a README");
    assert_tidy(&stale(&readme, &committed()).into_iter().collect::<Vec<_>>());
}

#[test]
fn a_figure_that_was_not_measured_is_found() {
    let readme = format!("# A\n{}\n{}{}\n", table::BEGIN, table::of(&committed()), table::END);
    assert_eq!(stale(&readme, &committed()), None);
    let flattered = readme.replacen(" ns", "0 ns", 1);
    assert!(flattered != readme && stale(&flattered, &committed()).is_some());
    assert!(stale("# A\n", &committed()).is_some());
}
