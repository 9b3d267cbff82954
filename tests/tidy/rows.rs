//! Every row of a system's specification has a test, and the committed tables list the current tests.

use std::fs;

use xtask::rows::{Proof, proofs, table, unknown, unproven};
use xtask::specification::{Series, Specification};

use crate::{Finding, assert_tidy, root, rust_sources, specifications};

/// The specifications of this workspace, each with the tests of its rows.
fn ours() -> Vec<(Specification, Vec<Proof>)> {
    let sources = rust_sources();
    let with_proofs = |specification: Specification| {
        let proofs = proofs(&specification, &sources);
        (specification, proofs)
    };
    specifications().into_iter().map(with_proofs).collect()
}

fn without_a_test(specification: &Specification, proofs: &[Proof]) -> Vec<Finding> {
    let name = |row: &str| row.to_lowercase().replace('-', "_");
    let cure = |row: &str| format!("no test proves it; write one and call it `{}_…`", name(row));
    unproven(specification, proofs).iter().map(|row| Finding::new(row, cure(row))).collect()
}

fn without_a_row(specification: &Specification, proofs: &[Proof]) -> Vec<Finding> {
    let cure = |row: &str| format!("claims {row}, which the specification does not have; correct its name");
    unknown(specification, proofs).into_iter().map(|(row, proof)| Finding::new(proof.to_string(), cure(&row))).collect()
}

fn stale(written: &str, specification: &Specification, proofs: &[Proof]) -> Option<Finding> {
    let cure = "is stale: tests were renamed or added; run `cargo xtask rows`";
    (written != table(specification, proofs)).then(|| Finding::new(&specification.table, cure))
}

#[test]
fn every_row_has_a_test() {
    let ours = ours();
    assert!(ours.iter().map(|(specification, _)| specification.rows().len()).sum::<usize>() >= 65, "rows are not found");
    assert_tidy(&ours.iter().flat_map(|(specification, proofs)| without_a_test(specification, proofs)).collect::<Vec<_>>());
}

#[test]
fn every_test_of_a_row_names_one_that_exists() {
    assert_tidy(&ours().iter().flat_map(|(specification, proofs)| without_a_row(specification, proofs)).collect::<Vec<_>>());
}

#[test]
fn every_table_of_rows_is_the_current_one() {
    let current = |(specification, proofs): &(Specification, Vec<Proof>)| {
        let written = fs::read_to_string(root().join(&specification.table)).unwrap_or_default();
        stale(&written, specification, proofs)
    };
    assert_tidy(&ours().iter().filter_map(current).collect::<Vec<_>>());
}

/// Two systems have rows of one name: a test would prove both.
fn shared_stems(specifications: &[Specification]) -> Vec<Finding> {
    let stems = specifications.iter().enumerate().map(|(index, specification)| (&specifications[..index], specification));
    let shared = stems.filter(|(before, specification)| before.iter().any(|other| other.stem == specification.stem));
    let cure = "begins the rows of two systems; choose another stem in one `rows.toml`";
    shared.map(|(_, specification)| Finding::new(&specification.stem, cure)).collect()
}

#[test]
fn the_rows_of_each_system_have_a_stem_of_their_own() {
    assert_tidy(&shared_stems(&specifications()));
}

fn specification() -> Specification {
    let series = |sign: &str, count| Series { sign: sign.to_owned(), count, about: "are made up".to_owned() };
    let [subject, stem, table] = ["a store", "store", "docs/store.md"].map(str::to_owned);
    Specification { subject, stem, table, suite: None, series: vec![series("", 3), series("d", 2)] }
}

fn proof(rows: &[&str]) -> Proof {
    let rows = rows.iter().map(|row| (*row).to_owned()).collect();
    Proof { file: "a.rs".to_owned(), function: "store_01_loop".to_owned(), rows }
}

#[test]
fn a_row_without_a_test_is_found() {
    let findings = without_a_test(&specification(), &[proof(&["STORE-01", "STORE-D02"])]);
    assert_eq!(findings.len(), 3);
    assert_eq!(findings[0].to_string(), "STORE-02: no test proves it; write one and call it `store_02_…`");
    assert_eq!(without_a_row(&specification(), &[proof(&["STORE-04"])]).len(), 1);
    assert_eq!(without_a_row(&specification(), &[proof(&["STORE-03"])]), []);
}

#[test]
fn a_stale_table_is_found() {
    let specification = specification();
    assert_eq!(stale(&table(&specification, &[]), &specification, &[]), None);
    assert!(stale("# Rows\n", &specification, &[]).is_some());
}

#[test]
fn a_stem_of_two_systems_is_found() {
    let other = Specification { stem: "other".to_owned(), ..specification() };
    assert_eq!(shared_stems(&[specification(), other.clone()]), []);
    assert_eq!(shared_stems(&[specification(), other, specification()]).len(), 1);
}
