//! Every package declares its metadata and lints, and forbids unsafe code.

use std::fs;

use toml::Table;

use xtask::tokens::occurrences;

use crate::{Finding, assert_tidy, root, rust_sources, tokens_of, workspace};

/// Finds a manifest without the workspace's lints, which `cargo metadata` does not show.
fn without_our_lints(place: &str, manifest: &str) -> Option<Finding> {
    let manifest: Table = manifest.parse().expect("cargo reads it");
    let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool) == Some(true);
    let cure = "does not inherit the lints of the workspace; add `[lints]` with `workspace = true`";
    (!inherits).then(|| Finding::new(place, cure))
}

/// The package that may hold unsafe code, and where: in one expression that makes a waker of an integer.
const UNSAFE: (&str, &str) = ("cluster-sim-runtime", "crates/runtime/src/executor/waker.rs");

/// Finds a manifest whose lints are not those of the workspace with unsafe code denied instead of forbidden.
fn other_lints_than(workspace: &str, place: &str, manifest: &str) -> Option<Finding> {
    let lints = |text: &str, at: &[&str]| {
        let table: Table = text.parse().expect("cargo reads it");
        at.iter().try_fold(toml::Value::Table(table), |value, key| value.get(key).cloned())
    };
    let mut expected = lints(workspace, &["workspace", "lints"])?;
    expected.get_mut("rust")?.as_table_mut()?.insert("unsafe_code".to_owned(), "deny".into());
    let cure = "has other lints than the workspace; copy [workspace.lints] and deny unsafe code";
    (lints(manifest, &["lints"]) != Some(expected)).then(|| Finding::new(place, cure))
}

fn allowing_unsafe(manifest: &str) -> Option<Finding> {
    let manifest: Table = manifest.parse().expect("cargo reads it");
    let rust = manifest.get("workspace").and_then(|workspace| workspace.get("lints")).and_then(|lints| lints.get("rust"));
    let level = rust.and_then(|rust| rust.get("unsafe_code")).and_then(toml::Value::as_str);
    (level != Some("forbid"))
        .then(|| Finding::new("Cargo.toml", "allows unsafe code; set `unsafe_code = \"forbid\"` in [workspace.lints.rust]"))
}

/// The names of the fields that are absent.
fn missing<'a>(fields: &[(&'a str, bool)]) -> Vec<&'a str> {
    fields.iter().filter(|(_, present)| !present).map(|(name, _)| *name).collect()
}

#[test]
fn every_package_declares_its_description_license_and_readme() {
    let mut findings = Vec::new();
    for package in workspace() {
        let readme = package.readme();
        let fields = [
            ("description", package.description.is_some()),
            ("license", package.license.is_some()),
            ("repository", package.repository.is_some()),
            ("rust-version", package.rust_version.is_some()),
            ("readme", readme.is_some()),
        ];
        let lacking =
            |field| Finding::new(package.name.to_string(), format!("has no {field}; add it to {}", package.manifest_path));
        findings.extend(missing(&fields).into_iter().map(lacking));
        if let Some(readme) = readme.filter(|readme| !readme.is_file()) {
            findings.push(Finding::new(package.name.to_string(), format!("its readme is not there; write {readme}")));
        }
    }
    assert_tidy(&findings);
}

#[test]
fn every_package_forbids_unsafe_code() {
    let read = |path: &std::path::Path| fs::read_to_string(path).expect("cargo reads it too");
    let mut findings: Vec<Finding> = allowing_unsafe(&read(&root().join("Cargo.toml"))).into_iter().collect();
    for package in workspace() {
        let manifest = read(package.manifest_path.as_std_path());
        findings.extend(if *package.name == UNSAFE.0 {
            other_lints_than(&read(&root().join("Cargo.toml")), &package.name, &manifest)
        } else {
            without_our_lints(&package.name, &manifest)
        });
    }
    assert_tidy(&findings);
}

#[test]
fn unsafe_code_is_one_expression() {
    let sources = rust_sources();
    let places: Vec<&str> = sources
        .iter()
        .flat_map(|source| occurrences(&tokens_of(source), "unsafe {").into_iter().map(|_| source.path.as_str()))
        .collect();
    assert_eq!(places, [UNSAFE.1]);
}

#[test]
fn other_lints_are_found() {
    let workspace = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"warn\"";
    let same = "[lints.rust]\nunsafe_code = \"deny\"\nmissing_docs = \"warn\"";
    assert_eq!(other_lints_than(workspace, "a", same), None);
    for other in ["[lints.rust]\nunsafe_code = \"deny\"", "[lints.rust]\nunsafe_code = \"allow\"\nmissing_docs = \"warn\"", ""] {
        assert!(other_lints_than(workspace, "a", other).is_some(), "{other}");
    }
}

#[test]
fn both_licences_are_there() {
    for (file, begins) in [("LICENSE-MIT", "Copyright (c) "), ("LICENSE-APACHE", "Apache License")] {
        let text =
            fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}; add the text of the licence"));
        assert!(text.trim_start().starts_with(begins), "{file} is not the text of that licence");
    }
}

#[test]
fn a_manifest_without_our_lints_is_found() {
    assert_eq!(without_our_lints("a", "[lints]\nworkspace = true"), None);
    assert!(without_our_lints("a", "[package]\nname = \"a\"").is_some());
    assert!(without_our_lints("a", "[lints.rust]\nunsafe_code = \"allow\"").is_some());
}

#[test]
fn a_workspace_that_allows_unsafe_code_is_found() {
    assert_eq!(allowing_unsafe("[workspace.lints.rust]\nunsafe_code = \"forbid\""), None);
    assert!(allowing_unsafe("[workspace.lints.rust]\nunsafe_code = \"deny\"").is_some());
    assert!(allowing_unsafe("[workspace]").is_some());
}

#[test]
fn a_field_left_out_is_found() {
    assert_eq!(missing(&[("license", true), ("readme", false)]), ["readme"]);
}
