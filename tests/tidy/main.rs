//! The house rules, as tests. Each failure names the place and the cure; each rule is shown a bad sample that it must find.
//!
//! Architecture: [`arrows`] between packages, [`folders`] within a crate and their [`imports`], the [`facade`] that users name, [`generic`] code without a
//! system, [`reach`] of a step, [`state`] outside of simulations, [`packages`] and their manifests.
//! Wording: [`words`] that are banned, how [`sentences`] begin, [`summaries`] of public items, [`names`] of tests, files and types.
//! Pages: [`links`] to files and names, [`figures`] of the benchmarks, [`rows`] of the specification. [`shape`]: lengths and titles.

mod arrows;
mod facade;
mod figures;
mod folders;
mod generic;
mod imports;
mod links;
mod names;
mod packages;
mod phrase;
mod reach;
mod rows;
mod sentences;
mod shape;
mod state;
mod summaries;
mod words;

use std::fmt;
use std::path::Path;

use cargo_metadata::{MetadataCommand, Package};
use xtask::sources::{Source, sources};
use xtask::specification::Specification;
use xtask::tokens::{Token, tokens};

/// A place that breaks a rule, and the cure.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// `crates/node/src/lib.rs:3`, or the name of a package.
    place: String,
    /// The fault and its cure, in one sentence.
    cure: String,
}

impl Finding {
    fn new(place: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { place: place.into(), cure: cure.into() }
    }

    fn at(source: &Source, line: usize, cure: impl Into<String>) -> Self {
        Self::new(format!("{}:{line}", source.path), cure)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.cure)
    }
}

#[track_caller]
fn assert_tidy(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(lines.is_empty(), "{} to tidy up:\n  {}", lines.len(), lines.join("\n  "));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_sources() -> Vec<Source> {
    let found = sources(root(), "rs").expect("the workspace is readable");
    assert!(found.iter().any(|source| source.path == "crates/types/src/lib.rs"), "the sources were not found");
    found
}

fn specifications() -> Vec<Specification> {
    Specification::all(root()).unwrap_or_else(|error| panic!("{error}"))
}

fn tokens_of(source: &Source) -> Vec<Token> {
    tokens(&source.text).unwrap_or_else(|error| panic!("{} is not Rust: {error}", source.path))
}

fn workspace() -> Vec<Package> {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec().expect("cargo describes the workspace");
    assert!(metadata.packages.len() >= 12, "cargo describes {} packages", metadata.packages.len());
    metadata.packages
}

/// A source made up for the test of a rule.
fn sample(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}
