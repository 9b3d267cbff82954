//! The step `touched`: the tests of what changed, and a few suites that use everything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, TargetKind};

use crate::command::{Call, CallError};
use crate::environment::Environment;

/// The package whose tests are the suites of the workspace.
const SUITES: &str = "cluster-sim-suites";

/// The suites that always run: the house rules, and whole runs of every kind of node and of a sweep. They take seconds.
const SMOKE: [&str; 4] = ["tidy", "small_systems", "edge_cache", "sweep"];

/// A package of the workspace as this step sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    name: String,
    /// Relative to the workspace; empty for the package at its root.
    folder: PathBuf,
    /// The names of its integration tests.
    tests: BTreeSet<String>,
    has_library: bool,
}

/// Runs the tests of every package and suite with a change since the upstream branch or, without one, since the last commit.
///
/// # Errors
///
/// The changes or the packages could not be listed, or a test failed.
pub fn test(environment: &Environment) -> Result<(), TouchedError> {
    let Environment { root, cargo, .. } = environment;
    let mut command = MetadataCommand::new();
    command.cargo_path(cargo).current_dir(root).no_deps();
    let packages = packages(&command.exec()?);
    let call = call(&changed_files(root)?, &packages);
    println!("      {call}");
    Ok(call.run(cargo, root)?)
}

/// The files with a change, relative to the workspace: committed since the upstream branch, uncommitted, or new.
fn changed_files(root: &Path) -> Result<BTreeSet<PathBuf>, TouchedError> {
    let git = |arguments: &str| Call::other(Path::new("git"), arguments);
    let since = git("merge-base HEAD @{upstream}").probe(Path::new(""), root);
    let since = since.map_or_else(|| "HEAD".to_owned(), |commit| String::from_utf8_lossy(&commit).trim().to_owned());
    let mut files = BTreeSet::new();
    for call in [git(&format!("diff --name-only --relative {since}")), git("ls-files --others --exclude-standard")] {
        let printed = call.read(Path::new(""), root).map_err(TouchedError::Changes)?;
        files.extend(String::from_utf8_lossy(&printed).lines().map(PathBuf::from));
    }
    Ok(files)
}

fn packages(metadata: &Metadata) -> Vec<Package> {
    let root = metadata.workspace_root.as_std_path();
    let of = |package: &cargo_metadata::Package| {
        let folder = package.manifest_path.parent().map(|folder| folder.as_std_path()).unwrap_or(root);
        let has = |kind: &TargetKind| package.targets.iter().any(|target| target.kind.contains(kind));
        Package {
            name: package.name.to_string(),
            folder: folder.strip_prefix(root).unwrap_or(folder).to_owned(),
            tests: package.targets.iter().filter(|target| target.is_test()).map(|target| target.name.clone()).collect(),
            has_library: has(&TargetKind::Lib) || has(&TargetKind::ProcMacro),
        }
    };
    metadata.workspace_packages().into_iter().map(of).collect()
}

/// The call that runs the tests of the changed packages, the changed suites, and the suites of [`SMOKE`].
///
/// One call, so that every dependency is built once with one set of features.
fn call(changed: &BTreeSet<PathBuf>, packages: &[Package]) -> Call {
    let mut touched = BTreeSet::from([SUITES]);
    let mut tests: BTreeSet<&str> = SMOKE.into();
    let mut has_library = false;
    for file in changed {
        let owners = packages.iter().filter(|package| file.starts_with(&package.folder));
        let Some(owner) = owners.max_by_key(|package| package.folder.components().count()) else { continue };
        if owner.name == SUITES {
            tests.extend(owner.tests.iter().map(String::as_str).filter(|suite| is_of_suite(file, suite)));
        } else {
            touched.insert(&owner.name);
            tests.extend(owner.tests.iter().map(String::as_str));
            has_library |= owner.has_library;
        }
    }
    let selected = touched.iter().map(|package| format!(" -p {package}")).collect::<String>();
    let units = if has_library { " --lib --bins" } else { "" };
    let tests = tests.iter().map(|test| format!(" --test {test}")).collect::<String>();
    Call::cargo(&format!("nextest run --all-features{selected}{units}{tests}"))
}

/// Whether the file is `tests/SUITE.rs` or lies in `tests/SUITE/`.
fn is_of_suite(file: &Path, suite: &str) -> bool {
    let place = Path::new("tests").join(suite);
    file.starts_with(&place) || file == place.with_extension("rs")
}

/// The tests of what changed could not be selected, or failed.
#[derive(Debug, thiserror::Error)]
pub enum TouchedError {
    /// Git could not list the changed files.
    #[error("{0}; without git use cargo xtask check --only test")]
    Changes(#[source] CallError),
    /// The packages of the workspace could not be listed.
    #[error("cargo metadata: {0}")]
    Packages(#[from] cargo_metadata::Error),
    /// A test failed, or cargo could not be started.
    #[error(transparent)]
    Tests(#[from] CallError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, tests: &[&str], has_library: bool) -> Package {
        let tests = tests.iter().map(|test| (*test).to_owned()).collect();
        Package { name: name.to_owned(), folder: folder.into(), tests, has_library }
    }

    fn call_for(changed: &[&str]) -> String {
        let packages = [
            package(SUITES, "", &["edge_cache", "faults", "gossip", "gossip_async", "small_systems", "sweep", "tidy"], false),
            package("cluster-sim-cli", "crates/cli", &["run"], true),
            package("cluster-sim-macros", "crates/macros", &[], true),
        ];
        let changed = changed.iter().map(PathBuf::from).collect();
        call(&changed, &packages).to_string()
    }

    #[test]
    fn without_a_change_the_smoke_suites_run_alone() {
        let smoke = "--test edge_cache --test small_systems --test sweep --test tidy";
        assert_eq!(call_for(&[]), format!("cargo nextest run --all-features -p cluster-sim-suites {smoke}"));
        assert_eq!(call_for(&["README.md", "docs/faults.md"]), call_for(&[]));
    }

    #[test]
    fn a_changed_package_runs_all_of_its_tests() {
        let call = call_for(&["crates/cli/src/main.rs"]);
        assert!(call.contains(" -p cluster-sim-cli -p cluster-sim-suites --lib --bins "), "{call}");
        assert!(call.contains(" --test run "), "{call}");
        assert!(!call.contains("macros"), "{call}");
    }

    #[test]
    fn a_changed_suite_runs_and_one_of_a_similar_name_does_not() {
        let call = call_for(&["tests/gossip_async.rs", "tests/faults/stuck.rs"]);
        assert!(call.contains(" --test faults ") && call.contains(" --test gossip_async "), "{call}");
        assert!(!call.contains("--test gossip ") && !call.contains("--lib"), "{call}");
    }
}
