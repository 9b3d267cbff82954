//! Mistakes of a first day, each with the message that a person gets.
//!
//! [`scenarios`]: scenarios and clusters. [`faults`], [`clocks`]: plans and profiles. [`rules`]: rules that are wrong or prove nothing.
//! [`claims`]: claims and profiles that can do nothing. [`nodes`]: code of async nodes. [`machines`]: code of machines. [`calls`]: tests that reach into a run. [`leaks`]: code that
//! is not deterministic. [`sweeps`]: many seeds. [`storms`]: nodes without progress. [`runtimes`]: calls that need a runtime.
//! Mistakes of the command line are in `crates/cli/tests/misuse.rs`.
//!
//! The messages stand beside the mistakes, so that both are read together.

mod calls;
mod claims;
mod clocks;
mod faults;
mod leaks;
mod machines;
mod nodes;
mod rules;
mod runtimes;
mod scenarios;
mod storms;
mod sweeps;

use std::panic::{AssertUnwindSafe, catch_unwind};

use cluster_sim::prelude::*;

/// The message of the panic that `mistake` ends with.
fn panic_of<T>(mistake: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(mistake)) else { panic!("the mistake must be refused") };
    let text = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    text.expect("a panic has a text")
}

/// Returns the reason why a scenario is refused.
fn refusal(scenario: &Scenario) -> String {
    scenario.try_run(Seed(7)).expect_err("the scenario must be refused").to_string()
}

/// Returns the lines of a report between its first, with seed and digest, and the counts of its events.
fn findings(report: &Report) -> String {
    let text = report.to_string();
    let (first, rest) = text.split_once('\n').expect("a report has lines");
    let verdict = first.split_whitespace().next().expect("the first line begins with the verdict");
    let lines = rest.lines().take_while(|line| !line.trim_start().starts_with("ended at")).map(str::trim);
    without_lines(&[verdict].into_iter().chain(lines).collect::<Vec<_>>().join("\n"))
}

/// Removes line and column after the names of source files, which change with every edit.
fn without_lines(text: &str) -> String {
    let mut pieces = text.split(".rs:");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + ".rs" + piece.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == ':'))
}

/// One node that runs `main`, for a second at most.
fn one<F: Future<Output = ()> + 'static>(main: impl Fn(Node) -> F + Send + Sync + 'static) -> Scenario {
    Scenario::new("first").nodes("node", 1, main).duration(Duration::from_secs(1)).start_together()
}

/// A node that counts and does nothing wrong.
async fn count(node: Node) {
    for number in 1..=3_u64 {
        node.publish(|count: &mut u64| *count = number);
        node.sleep(Duration::from_millis(100)).await;
    }
}

/// Two counting nodes, `counter/0` and `counter/1`.
fn counters() -> Scenario {
    Scenario::new("counting").nodes("counter", 2, count).duration(Duration::from_secs(1)).start_together()
}
