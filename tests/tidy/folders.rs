//! The picture of imports has no arrow up: the folders and files of one folder import each other in no circle, at every depth.

use std::collections::{BTreeMap, BTreeSet};

use xtask::sources::Source;

use crate::imports::Module;
use crate::{Finding, assert_tidy, rust_sources, sample};

/// Arrows that close a circle today: the folder, who imports whom there, and why. None may be added.
type Known = (&'static str, &'static [&'static str], &'static str, &'static str);

const KNOWN: &[Known] = &[
    ("crates/runtime/src", &["engine"], "executor", "the kernel keeps the tasks of async nodes, and a poll is handed the kernel"),
    (
        "crates/runtime/src/executor",
        &["context", "run_queue", "task_path", "waiter", "waker"],
        "task",
        "the table of tasks holds what each task waits for, and these name tasks by their place in it",
    ),
    ("crates/runtime/src/executor", &["inbox"], "waker", "an inbox holds wakers, and a waker from outside goes by way of an inbox"),
];

/// A folder of a crate. Its rooms are its files, without `mod.rs` and `lib.rs`, and its folders.
///
/// `mod.rs` is to its folder what `lib.rs` is to a crate: it may import all, and all may use the items that it defines.
#[derive(Default)]
struct Folder {
    rooms: BTreeSet<String>,
    /// The names that its `mod.rs` or `lib.rs` has from a room, with their paths: `pub use report::{Outcome, text::Text}`.
    reexports: BTreeMap<String, Vec<String>>,
}

/// The folders of one crate, by their paths from its top.
type Folders = BTreeMap<Vec<String>, Folder>;

fn folders(modules: &[&Module]) -> Folders {
    let mut folders = Folders::new();
    for module in modules {
        for (depth, room) in module.path.iter().enumerate() {
            folders.entry(module.path[..depth].to_vec()).or_default().rooms.insert(room.clone());
        }
    }
    for module in modules {
        let Some(folder) = folders.get_mut(&module.path) else { continue };
        for room in &folder.rooms {
            let named = module.reexports(room).into_iter().filter_map(|path| Some((path.last()?.clone(), path)));
            folder.reexports.extend(named);
        }
    }
    folders
}

/// The folder in which this import leads from one room to another, and the two; `None` if it leads down, or to the folder's own items.
fn arrow(from: &[String], to: &[String], folders: &Folders) -> Option<(Vec<String>, String, String)> {
    let mut to = to.to_vec();
    for depth in 0..from.len() {
        let folder = folders.get(&from[..depth])?;
        let name = to.get(depth)?;
        if !folder.rooms.contains(name) {
            let path = folder.reexports.get(name)?;
            to.splice(depth..=depth, path.iter().cloned());
        }
        if to[depth] != from[depth] {
            return Some((from[..depth].to_vec(), from[depth].clone(), to[depth].clone()));
        }
    }
    None
}

/// Every arrow between two rooms of one folder, with the places that draw it.
type Arrows = BTreeMap<(String, String), BTreeSet<String>>;

/// The arrows in each folder: `crates/runtime/src/engine`.
fn arrows(sources: &[Source]) -> BTreeMap<String, Arrows> {
    let modules: Vec<Module> = sources.iter().filter_map(Module::of).collect();
    let mut packages: BTreeMap<&str, Vec<&Module>> = BTreeMap::new();
    for module in &modules {
        packages.entry(&module.package).or_default().push(module);
    }
    let mut found: BTreeMap<String, Arrows> = BTreeMap::new();
    for (package, modules) in packages {
        let folders = folders(&modules);
        for module in modules {
            for (path, line) in module.imports() {
                let Some((folder, from, to)) = arrow(&module.path, &path, &folders) else { continue };
                let folder = [package, "src"].into_iter().chain(folder.iter().map(String::as_str)).collect::<Vec<_>>().join("/");
                found.entry(folder).or_default().entry((from, to)).or_default().insert(format!("{}:{line}", module.file));
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
    let known = known.iter().flat_map(|(folder, from, to, _)| from.iter().map(move |from| (folder, from, to)));
    for (folder, from, to) in known {
        let cut = all.get_mut(*folder).and_then(|arrows| arrows.remove(&((*from).to_owned(), (*to).to_owned())));
        if cut.is_none() {
            let cure = format!("no longer imports {to}; take the arrow off KNOWN of tests/tidy/folders.rs");
            findings.push(Finding::new(format!("{folder}/{from}"), cure));
        }
    }
    for arrows in all.values() {
        for ((from, to), places) in arrows {
            if reached(arrows, to).contains(from.as_str()) {
                let cure = format!("{from} imports {to}, which leads back to {from}; move what both need below them");
                let places: Vec<&str> = places.iter().map(String::as_str).collect();
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
fn a_circle_inside_of_a_folder_is_found() {
    let folder = ("sim/mod.rs", "mod checks;\npub use checks::each::Each;\nuse faults::Fault;");
    let down = ("sim/faults.rs", "use super::checks::Check;");
    let bad = [
        ("sim/checks/each.rs", "use crate::sim::faults::Fault;"),
        ("sim/checks/each.rs", "use super::super::Fault;"),
        ("sim/checks/mod.rs", "use super::{faults::{self}, Each};"),
        ("sim/checks.rs", "use super::faults;"),
    ];
    for (path, text) in bad {
        let findings = found(&[folder, down, (path, text)]);
        let ends: Vec<&str> = findings.iter().filter_map(|finding| finding.split_once(": ").map(|(_, cure)| cure)).collect();
        assert_eq!(ends.len(), 2, "{path} {text}: {findings:?}");
        assert!(ends[0].starts_with("checks imports faults,") && ends[1].starts_with("faults imports checks,"), "{ends:?}");
    }
    let plain = [
        ("sim/checks/each.rs", "use crate::sim::Each; use super::Other; use super::super::Sim;"),
        ("sim/checks/mod.rs", "use crate::sim::{Sim, checks::each}; mod each { fn f(a: super::Faults) {} }"),
        ("faults.rs", "use super::sim::checks::each::Each;"),
    ];
    for (path, text) in plain {
        assert_eq!(found(&[folder, down, (path, text)]), [""; 0], "{path} {text}");
    }
    let inner = ("sim/checks/each.rs", "use super::unique::Unique;");
    assert_eq!(
        found(&[folder, inner, ("sim/checks/unique.rs", "use crate::sim::Each;")]).len(),
        2,
        "by the name of a folder above"
    );
}

#[test]
fn a_known_arrow_is_no_finding_until_it_is_gone() {
    let up: Known = ("crates/a/src", &["fault"], "sim", "why");
    let sources =
        [sample("crates/a/src/sim.rs", "use crate::fault::Fault;"), sample("crates/a/src/fault.rs", "use crate::sim::Sim;")];
    assert_eq!(circles(&sources, &[]).len(), 2);
    assert_eq!(circles(&sources, &[up]), []);
    let findings = circles(&sources[..1], &[up]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].to_string().contains("no longer imports sim"), "{findings:?}");
}
