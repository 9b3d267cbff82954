//! Dependencies between packages follow the arrows of ARCHITECTURE.md.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Package};
use xtask::sources::Source;
use xtask::tokens::occurrences;

use crate::{Finding, assert_tidy, root, rust_sources, sample, tokens_of, workspace};

/// A package and the workspace packages that it may depend on. `systems/*` stands for every package under `crates/systems`.
const ARROWS: &[(&str, &[&str])] = &[
    ("cluster-sim-types", &[]),
    ("cluster-sim-runtime", &["cluster-sim-types"]),
    ("cluster-sim-transport", &["cluster-sim-runtime", "cluster-sim-types"]),
    ("cluster-sim-storage", &["cluster-sim-runtime", "cluster-sim-types"]),
    ("cluster-sim-node", &["cluster-sim-transport", "cluster-sim-storage", "cluster-sim-runtime", "cluster-sim-types"]),
    ("cluster-sim-invariants", &["cluster-sim-types"]),
    ("cluster-sim-metrics", &["cluster-sim-types"]),
    (
        "cluster-sim-simulation",
        &[
            "cluster-sim-node",
            "cluster-sim-transport",
            "cluster-sim-storage",
            "cluster-sim-runtime",
            "cluster-sim-types",
            "cluster-sim-invariants",
            "cluster-sim-metrics",
        ],
    ),
    ("cluster-sim-explain", &["cluster-sim-simulation", "cluster-sim-runtime", "cluster-sim-types", "cluster-sim-invariants"]),
    (
        "cluster-sim-explore",
        &["cluster-sim-explain", "cluster-sim-simulation", "cluster-sim-runtime", "cluster-sim-types", "cluster-sim-invariants"],
    ),
    (
        "cluster-sim",
        &[
            "cluster-sim-explore",
            "cluster-sim-explain",
            "cluster-sim-simulation",
            "cluster-sim-node",
            "cluster-sim-transport",
            "cluster-sim-storage",
            "cluster-sim-runtime",
            "cluster-sim-types",
            "cluster-sim-invariants",
            "cluster-sim-macros",
        ],
    ),
    ("cluster-sim-macros", &[]),
    // A system may be built on the replicated log, as production code would be on a library.
    ("systems/*", &["cluster-sim-node", "cluster-sim-invariants", "cluster-sim-metrics", "cluster-sim-replicated-log"]),
    ("cluster-sim-registry", &["cluster-sim", "cluster-sim-simulation", "cluster-sim-metrics"]),
    ("cluster-sim-scenarios", &["systems/*", "cluster-sim-registry", "cluster-sim"]),
    ("cluster-sim-cli", &["cluster-sim-scenarios", "cluster-sim-registry", "cluster-sim"]),
    ("cluster-sim-suites", &[]),
    ("cluster-sim-renamed", &[]),
    ("cluster-sim-testkit", &["systems/*", "cluster-sim-scenarios", "cluster-sim-registry", "cluster-sim"]),
    ("xtask", &[]),
];

/// The part of a workspace package that the rule reads.
struct Member {
    name: String,
    is_system: bool,
    /// Its dependencies, without those of tests alone.
    needs: Vec<String>,
}

impl Member {
    fn of(package: &Package) -> Self {
        let builds = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        Self {
            name: package.name.to_string(),
            is_system: package.manifest_path.starts_with(root().join("crates/systems").to_string_lossy().as_ref()),
            needs: builds.map(|dependency| dependency.name.clone()).collect(),
        }
    }

    /// Its key in the table.
    fn entry(&self) -> &str {
        if self.is_system { "systems/*" } else { &self.name }
    }
}

fn against_the_arrows(members: &[Member]) -> Vec<Finding> {
    let ours: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let systems: BTreeSet<&str> = members.iter().filter(|member| member.is_system).map(|member| member.name.as_str()).collect();
    let mut findings = Vec::new();
    for member in members {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == member.entry()) else {
            findings.push(Finding::new(
                &member.name,
                "has no arrows; draw them in ARCHITECTURE.md and in ARROWS of tests/tidy/arrows.rs",
            ));
            continue;
        };
        for needed in member.needs.iter().map(String::as_str).filter(|needed| ours.contains(needed)) {
            if !(allowed.contains(&needed) || systems.contains(needed) && allowed.contains(&"systems/*")) {
                let may = if allowed.is_empty() { "none of ours".to_owned() } else { allowed.join(", ") };
                let cure = format!(
                    "depends on {needed}, it may on {may}; move the shared code down, or the caller up to a package that may have both"
                );
                findings.push(Finding::new(&member.name, cure));
            }
        }
    }
    findings
}

/// Reference systems use the API of downstream users, and no more.
fn naming_the_simulator(source: &Source) -> Vec<Finding> {
    let inside = source.path.starts_with("crates/node/src/")
        || source.path.starts_with("crates/systems/") && source.path.split('/').nth(3) == Some("src");
    if !inside {
        return Vec::new();
    }
    let tokens = tokens_of(source);
    let cure = "names `cluster_sim`: write it against cluster-sim-node, and its tests in tests/ or crates/scenarios";
    occurrences(&tokens, "cluster_sim").into_iter().map(|index| Finding::at(source, tokens[index].line, cure)).collect()
}

#[test]
fn every_dependency_follows_an_arrow() {
    let members: Vec<Member> = workspace().iter().map(Member::of).collect();
    assert!(members.iter().any(|member| member.is_system), "no package lies under crates/systems");
    assert_tidy(&against_the_arrows(&members));
}

#[test]
fn node_and_the_systems_never_name_the_simulator() {
    assert_tidy(&rust_sources().iter().flat_map(naming_the_simulator).collect::<Vec<_>>());
}

fn member(name: &str, is_system: bool, needs: &[&str]) -> Member {
    Member { name: name.to_owned(), is_system, needs: needs.iter().map(|needed| (*needed).to_owned()).collect() }
}

#[test]
fn an_arrow_up_is_found() {
    let facade = member("cluster-sim", false, &["serde"]);
    let types = member("cluster-sim-types", false, &[]);
    let up = member("cluster-sim-metrics", false, &["cluster-sim-types", "cluster-sim"]);
    let findings = against_the_arrows(&[facade, types, up]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].to_string().starts_with("cluster-sim-metrics: depends on cluster-sim, "), "{findings:?}");
}

#[test]
fn only_a_system_may_not_depend_on_the_simulator() {
    let facade = member("cluster-sim", false, &[]);
    let system = member("cluster-sim-lease-store", true, &["cluster-sim"]);
    let scenarios = member("cluster-sim-scenarios", false, &["cluster-sim-lease-store", "cluster-sim"]);
    let findings = against_the_arrows(&[facade, system, scenarios]);
    assert_eq!(findings.iter().map(|finding| finding.place.as_str()).collect::<Vec<_>>(), ["cluster-sim-lease-store"]);
}

#[test]
fn a_package_without_arrows_is_found() {
    assert_eq!(against_the_arrows(&[member("cluster-sim-novel", false, &[])]).len(), 1);
}

#[test]
fn the_simulator_named_in_a_system_is_found() {
    let text = "//! cluster_sim::Sim\nuse cluster_sim_node::Machine;\nuse cluster_sim::prelude::*;";
    assert_eq!(naming_the_simulator(&sample("crates/systems/a/src/lib.rs", text)).len(), 1);
    assert_eq!(naming_the_simulator(&sample("crates/node/src/lib.rs", text))[0].place, "crates/node/src/lib.rs:3");
    assert_eq!(naming_the_simulator(&sample("crates/systems/a/tests/a.rs", text)), []);
    assert_eq!(naming_the_simulator(&sample("crates/scenarios/src/lib.rs", text)), []);
}
