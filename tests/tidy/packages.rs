//! What every package declares.

use std::fs;

use toml::Table;

use crate::{Finding, assert_tidy, root, workspace};

/// What a manifest leaves out: here what cargo does not say.
fn without_our_lints(place: &str, manifest: &str) -> Option<Finding> {
    let manifest: Table = manifest.parse().expect("cargo reads it");
    let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool) == Some(true);
    let cure = "does not inherit the lints of the workspace; add `[lints]` with `workspace = true`";
    (!inherits).then(|| Finding::new(place, cure))
}

fn allowing_unsafe(manifest: &str) -> Option<Finding> {
    let manifest: Table = manifest.parse().expect("cargo reads it");
    let rust = manifest.get("workspace").and_then(|workspace| workspace.get("lints")).and_then(|lints| lints.get("rust"));
    let level = rust.and_then(|rust| rust.get("unsafe_code")).and_then(toml::Value::as_str);
    (level != Some("forbid"))
        .then(|| Finding::new("Cargo.toml", "allows unsafe code; set `unsafe_code = \"forbid\"` in [workspace.lints.rust]"))
}

/// The fields of a manifest that this one leaves empty.
fn missing<'a>(fields: &[(&'a str, bool)]) -> Vec<&'a str> {
    fields.iter().filter(|(_, present)| !present).map(|(name, _)| *name).collect()
}

#[test]
fn every_package_says_what_it_is_and_under_what_terms() {
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
        findings.extend(without_our_lints(&package.name, &read(package.manifest_path.as_std_path())));
    }
    assert_tidy(&findings);
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
