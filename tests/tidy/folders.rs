//! The picture of imports has no arrow up: the folders and files at the top of a crate import each other in no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use xtask::sources::Source;
use xtask::tokens::{Token, closing, occurrences};

use crate::reach::test_modules;
use crate::{Finding, assert_tidy, rust_sources, sample, tokens_of};

/// An arrow that closes a circle today: the crate, who imports whom, and why. None may be added.
type Known = (&'static str, &'static str, &'static str, &'static str);

const KNOWN: &[Known] =
    &[("crates/runtime", "engine", "executor", "the kernel keeps the tasks of async nodes, and a poll is handed the kernel")];

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

/// A crate's folder, the room at its top that a source belongs to, and the depth of its module.
///
/// A room is a folder, or a file beside `lib.rs`; `lib.rs` and `main.rs` may import all.
fn room(source: &Source) -> Option<(&str, &str, usize)> {
    let (package, below) = source.path.split_once("/src/")?;
    let is_ours = package == "xtask" || package.starts_with("crates/");
    if !is_ours || matches!(below, "lib.rs" | "main.rs") || below.ends_with("tests.rs") || below.contains("/tests/") {
        return None;
    }
    let (first, _) = below.split_once('/').unwrap_or((below, ""));
    Some((package, first.trim_end_matches(".rs"), below.trim_end_matches("/mod.rs").split('/').count()))
}

/// The names that `lib.rs` has from each room: `pub use report::{Outcome, Report}`.
fn reexports(library: &Source, rooms: &BTreeSet<&str>) -> BTreeMap<String, String> {
    let tokens = tokens_of(library);
    let mut found = BTreeMap::new();
    for room in rooms {
        for start in occurrences(&tokens, &format!("use {room} ::")) {
            found.extend(heads(&tokens, start + 3).into_iter().map(|index| (tokens[index].text.clone(), (*room).to_owned())));
        }
    }
    found
}

/// Every arrow between two rooms of one crate, with the places that draw it.
type Arrows = BTreeMap<(String, String), Vec<String>>;

/// The arrows of each crate, by its folder.
fn arrows(sources: &[Source]) -> BTreeMap<&str, Arrows> {
    let mut rooms: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (package, room, _) in sources.iter().filter_map(room) {
        rooms.entry(package).or_default().insert(room);
    }
    let mut found: BTreeMap<&str, Arrows> = BTreeMap::new();
    for (package, rooms) in rooms {
        let library = sources.iter().find(|source| source.path.strip_prefix(package) == Some("/src/lib.rs"));
        let reexports = library.map(|library| reexports(library, &rooms)).unwrap_or_default();
        let arrows = found.entry(package).or_default();
        for source in sources {
            let Some((of, from, depth)) = room(source) else { continue };
            if of != package {
                continue;
            }
            for (to, line) in imports(&tokens_of(source), depth, &reexports) {
                if to != from && rooms.contains(to.as_str()) {
                    arrows.entry((from.to_owned(), to)).or_default().push(format!("{}:{line}", source.path));
                }
            }
        }
    }
    found
}

/// The rooms that one can reach along the arrows from `start`.
fn reached<'a>(arrows: &'a Arrows, start: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(room) = open.pop() {
        for (_, to) in arrows.keys().filter(|(from, _)| from == room) {
            if reached.insert(to.as_str()) {
                open.push(to);
            }
        }
    }
    reached
}

/// The arrows of circles, and the known ones that are gone.
fn circles(sources: &[Source], known: &[Known]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut all = arrows(sources);
    for (package, from, to, _) in known {
        let cut = all.get_mut(package).and_then(|arrows| arrows.remove(&((*from).to_owned(), (*to).to_owned())));
        if cut.is_none() {
            let cure = format!("no longer imports {to}; take the arrow off KNOWN of tests/tidy/folders.rs");
            findings.push(Finding::new(format!("{package}/src/{from}"), cure));
        }
    }
    for arrows in all.values() {
        for ((from, to), places) in arrows {
            if reached(arrows, to).contains(from.as_str()) {
                let cure = format!("{from} imports {to}, which leads back to {from}; move what both need below them");
                findings.push(Finding::new(places.join(" and "), cure));
            }
        }
    }
    findings
}

#[test]
fn the_picture_of_imports_has_no_arrow_up() {
    let sources = rust_sources();
    let drawn: usize = arrows(&sources).values().map(BTreeMap::len).sum();
    assert!(drawn > 50, "only {drawn} arrows were read: imports are not found");
    assert_tidy(&circles(&sources, KNOWN));
}

/// The findings in these sources of one crate.
fn found(sources: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<Source> = sources.iter().map(|(path, text)| sample(&format!("crates/a/src/{path}"), text)).collect();
    circles(&sources, &[]).into_iter().map(|finding| finding.to_string().replace("crates/a/src/", "")).collect()
}

#[test]
fn a_circle_is_found_however_its_imports_are_written() {
    let library = ("lib.rs", "pub use campaign::{Campaign, Sweep};\npub use report::Report;\npub use campaign::test_macro;");
    let (down, below) = (("campaign/run.rs", "use crate::report::Report;"), ("report/mod.rs", "use crate::fault;"));
    let bad = [
        ("fault/plan.rs", "use crate::campaign::Sweep;"),
        ("fault/plan.rs", "use crate::{Report, campaign::{Sweep}};"),
        ("fault/plan.rs", "fn f() { crate::report::text() }"),
        ("fault/plan.rs", "pub(crate) use super::super::report;"),
        ("fault/mod.rs", "use super::report::Report;"),
        ("fault/mod.rs", "use crate::{Duration, Sweep};"),
        ("fault.rs", "use crate::test_macro;"),
        ("fault/a/b.rs", "use super::super::super::campaign::Sim;"),
    ];
    for (path, text) in bad {
        let findings = found(&[library, down, below, (path, text)]);
        assert!(findings.iter().any(|finding| finding.starts_with(&format!("{path}:1"))), "{path} {text}: {findings:?}");
        assert!(findings.iter().any(|finding| finding.starts_with("report/mod.rs:1")), "{path} {text}: {findings:?}");
    }
}

#[test]
fn imports_down_within_a_room_from_other_crates_and_in_tests_pass() {
    let library = ("lib.rs", "pub use campaign::Campaign;\nuse sim::Sim;");
    let rooms = [("report.rs", ""), ("sim/mod.rs", "use crate::fault::Fault; use crate::report;")];
    let plain = [
        ("campaign/sweep.rs", "use crate::sim::Sim; use crate::{Report, report::{self, text}}; use super::super::sim;"),
        ("fault/plan.rs", "use super::{report, sim}; use super::sim::A; use crate::fault::draw; use other::campaign::Sweep;"),
        ("fault/plan.rs", "//! crate::campaign\n#[cfg(test)]\nmod tests { use crate::{Campaign, Sim}; }"),
        ("fault/tests.rs", "use crate::Campaign;"),
    ];
    for (path, text) in plain {
        let campaign = ("campaign/mod.rs", "use crate::fault;");
        assert_eq!(found(&[library, rooms[0], rooms[1], campaign, (path, text)]), [""; 0], "{path} {text}");
    }
}

#[test]
fn a_known_arrow_is_no_finding_until_it_is_gone() {
    let up = ("crates/a", "fault", "sim", "why");
    let sources =
        [sample("crates/a/src/sim.rs", "use crate::fault::Fault;"), sample("crates/a/src/fault.rs", "use crate::sim::Sim;")];
    assert_eq!(circles(&sources, &[]).len(), 2);
    assert_eq!(circles(&sources, &[up]), []);
    let findings = circles(&sources[..1], &[up]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].to_string().contains("no longer imports sim"), "{findings:?}");
}
