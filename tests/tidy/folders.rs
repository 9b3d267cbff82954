//! Which top folders of `crates/cluster-sim/src` import which: the layers inside the facade.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use xtask::sources::Source;
use xtask::tokens::{Token, closing, occurrences};

use crate::reach::test_modules;
use crate::{Finding, assert_tidy, rust_sources, sample, tokens_of};

const SRC: &str = "crates/cluster-sim/src/";

/// A folder and those that it imports, lowest first. No folder of the table is reached from one that it reaches.
const ARROWS: &[(&str, &[&str])] = &[
    ("fault", &[]),
    ("event", &[]),
    ("report", &["fault", "event"]),
    ("scenario", &["fault"]),
    ("sim", &["fault", "event", "report", "scenario"]),
    ("replay", &["fault", "report", "scenario"]),
    ("explain", &["fault", "event", "report", "scenario", "sim"]),
    ("cluster", &["report", "scenario", "sim"]),
    ("campaign", &["fault", "event", "report", "scenario", "sim", "replay", "explain"]),
];

/// Arrows against that table which stand today and are to be cut, with the reason. None may be added.
const TO_BE_CUT: &[(&str, &str, &str)] = &[
    ("event", "sim", "asks the run for names while it decodes; to be cut: decoding can take a trait of names"),
    (
        "report",
        "explain",
        "prints the summary of a failure; to be cut: `FailureSummary` is text of a report and can lie in `report`",
    ),
    ("scenario", "replay", "takes decisions as a file holds them; to be cut: `Decision` and its table can lie below `scenario`"),
    ("scenario", "sim", "keeps a script, which is handed the `Sim`; to be cut: `Script` and the methods over it can lie in `sim`"),
    ("sim", "explain", "records a failing run once more for its report; to be cut: the caller of a run can do it"),
    ("sim", "replay", "returns decisions as a file holds them; to be cut with the arrow from `scenario` to `replay`"),
    ("replay", "campaign", "a reproducer is made of a `Minimized`; to be cut: `campaign` can hand over its case and its report"),
];

/// A folder that a source names, with the line.
type Import = (String, usize);

/// The names that a module of that depth takes from the root of the crate: `crate::report`, or `crate::Report` by way of `lib.rs`.
fn imports(tokens: &[Token], depth: usize, reexports: &BTreeMap<String, String>) -> Vec<Import> {
    // As many `super` as the module is deep lead to the root.
    let supers = vec!["super ::"; depth].join(" ");
    let tests = test_modules(tokens);
    let mut found = Vec::new();
    for (root, length) in [("crate ::", 2), (supers.as_str(), 2 * depth)] {
        for start in occurrences(tokens, root) {
            let is_longer = start > 0 && tokens[start - 1].text == "::";
            if !is_longer && !tests.iter().any(|module: &Range<usize>| module.contains(&start)) {
                found.extend(heads(tokens, start + length));
            }
        }
    }
    found.sort_unstable();
    let folder = |index: usize| reexports.get(&tokens[index].text).unwrap_or(&tokens[index].text).clone();
    found.into_iter().map(|index| (folder(index), tokens[index].line)).collect()
}

/// The first names of the paths that begin here: one, or each of a list in braces.
fn heads(tokens: &[Token], start: usize) -> Vec<usize> {
    if tokens.get(start).is_none_or(|token| token.text != "{") {
        return vec![start];
    }
    let (mut heads, mut depth) = (Vec::new(), 0);
    for index in start..closing(tokens, start) {
        match tokens[index].text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," => {}
            _ if depth == 1 && matches!(tokens[index - 1].text.as_str(), "{" | ",") => heads.push(index),
            _ => {}
        }
    }
    heads
}

/// The folder of a source, and its module path from the root of the crate.
fn module(source: &Source) -> Option<(&str, usize)> {
    let below = source.path.strip_prefix(SRC)?;
    let (folder, _) = below.split_once('/')?;
    let names = below.trim_end_matches("/mod.rs").split('/').count();
    Some((folder, names))
}

/// The names that `lib.rs` has from each folder: `pub use report::{Outcome, Report}`.
fn reexports(library: &Source) -> BTreeMap<String, String> {
    let tokens = tokens_of(library);
    let mut found = BTreeMap::new();
    for (folder, _) in ARROWS {
        for start in occurrences(&tokens, &format!("use {folder} ::")) {
            found.extend(heads(&tokens, start + 3).into_iter().map(|index| (tokens[index].text.clone(), (*folder).to_owned())));
        }
    }
    found
}

fn is_tests(source: &Source) -> bool {
    source.path.ends_with("/tests.rs") || source.path.contains("/tests/")
}

/// Every arrow between two folders, with the places that draw it.
fn arrows(sources: &[Source]) -> BTreeMap<(String, String), Vec<String>> {
    let library = sources.iter().find(|source| source.path == format!("{SRC}lib.rs"));
    let reexports = library.map(reexports).unwrap_or_default();
    let mut arrows: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !is_tests(source)) {
        let Some((folder, depth)) = module(source) else { continue };
        for (to, line) in imports(&tokens_of(source), depth, &reexports) {
            if to != folder && ARROWS.iter().any(|(known, _)| *known == to) {
                arrows.entry((folder.to_owned(), to)).or_default().push(format!("{}:{line}", source.path));
            }
        }
    }
    arrows
}

fn against_the_arrows(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let arrows = arrows(sources);
    for ((from, to), places) in &arrows {
        let is_allowed = ARROWS.iter().any(|(folder, may)| folder == from && may.contains(&to.as_str()));
        let is_known = TO_BE_CUT.iter().any(|(of, up, _)| of == from && up == to);
        if !is_allowed && !is_known {
            let cure = format!("{from} imports {to}, which no arrow of tests/tidy/folders.rs allows; move what it needs down");
            findings.push(Finding::new(places.join(" and "), cure));
        }
    }
    for (from, to, _) in TO_BE_CUT {
        if !arrows.contains_key(&((*from).to_owned(), (*to).to_owned())) {
            findings.push(Finding::new(format!("{SRC}{from}"), format!("imports {to} no longer; take the arrow off TO_BE_CUT")));
        }
    }
    let folders = sources.iter().filter_map(|source| Some(module(source)?.0)).collect::<BTreeSet<_>>();
    for folder in folders.into_iter().filter(|folder| !ARROWS.iter().any(|(known, _)| known == folder)) {
        findings.push(Finding::new(format!("{SRC}{folder}"), "has no arrows; draw them in ARROWS of tests/tidy/folders.rs"));
    }
    findings
}

#[test]
fn every_import_between_folders_follows_an_arrow() {
    assert_tidy(&against_the_arrows(&rust_sources()));
}

#[test]
fn the_arrows_lead_down() {
    for (index, (folder, may)) in ARROWS.iter().enumerate() {
        let is_below = |lower: &&str| ARROWS[..index].iter().any(|(below, _)| below == lower);
        assert!(may.iter().all(is_below), "{folder} stands above what it may import");
    }
}

/// The findings in these sources, without those about arrows that only the real ones draw.
fn found(sources: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<Source> = sources.iter().map(|(path, text)| sample(&format!("{SRC}{path}"), text)).collect();
    let findings = against_the_arrows(&sources).into_iter().map(|finding| finding.to_string());
    findings.filter(|finding| !finding.contains("no longer")).map(|finding| finding.replace(SRC, "")).collect()
}

#[test]
fn an_import_against_the_arrows_is_found_however_it_is_written() {
    let library = ("lib.rs", "pub use campaign::{Campaign, Sweep};\npub use report::Report;\npub use campaign::test_macro;");
    let bad = [
        ("fault/plan.rs", "use crate::campaign::Sweep;"),
        ("fault/plan.rs", "use crate::{Report, campaign::{Sweep}};"),
        ("fault/plan.rs", "fn f() { crate::report::text() }"),
        ("fault/plan.rs", "pub(crate) use super::super::report;"),
        ("fault/mod.rs", "use super::report::Report;"),
        ("fault/mod.rs", "use crate::{Duration, Sweep};"),
        ("fault/mod.rs", "use crate::test_macro;"),
        ("report/a/b.rs", "use super::super::super::sim::Sim;"),
    ];
    for (path, text) in bad {
        let findings = found(&[library, (path, text)]);
        assert!(!findings.is_empty() && findings[0].starts_with(&format!("{path}:1")), "{path} {text}: {findings:?}");
    }
    assert_eq!(found(&[("novel/mod.rs", "")]).len(), 1);
}

#[test]
fn imports_down_within_a_folder_from_other_crates_and_in_tests_pass() {
    let library = ("lib.rs", "pub use campaign::Campaign;\nuse sim::Sim;");
    let plain = [
        (
            "campaign/sweep.rs",
            "use crate::sim::Sim; use crate::{Report, report::{self, text}}; use super::state; use super::super::sim;",
        ),
        ("fault/plan.rs", "use super::{report, sim}; use super::report::A; use crate::fault::kind; use other::campaign::Sweep;"),
        ("fault/plan.rs", "//! crate::campaign\n#[cfg(test)]\nmod tests { use crate::{Campaign, Sim}; }"),
        ("fault/tests.rs", "use crate::Campaign;"),
        ("prelude.rs", "pub use crate::Campaign;"),
    ];
    for (path, text) in plain {
        assert_eq!(found(&[library, (path, text)]), [""; 0], "{path} {text}");
    }
}

#[test]
fn an_arrow_that_was_cut_is_to_be_taken_off_the_list() {
    assert_eq!(against_the_arrows(&[]).len(), TO_BE_CUT.len());
    let (from, to, _) = TO_BE_CUT[0];
    let source = sample(&format!("{SRC}{from}/a.rs"), &format!("use crate::{to}::A;"));
    assert_eq!(against_the_arrows(&[source]).len(), TO_BE_CUT.len() - 1);
}
