//! Every row of the edge cache's specification has a test, and the committed table lists the current tests.

use std::fs;

use xtask::rows::{Proof, TABLE, proofs, table, unknown, unproven};

use crate::{Finding, assert_tidy, root};

fn ours() -> Vec<Proof> {
    proofs(root()).expect("the workspace is readable")
}

fn without_a_test(proofs: &[Proof]) -> Vec<Finding> {
    let name = |row: &str| row.to_lowercase().replace('-', "_");
    let cure = |row: &str| format!("no test proves it; write one and call it `{}_…`", name(row));
    unproven(proofs).iter().map(|row| Finding::new(row, cure(row))).collect()
}

fn without_a_row(proofs: &[Proof]) -> Vec<Finding> {
    let cure = |row: &str| format!("claims {row}, which the specification does not have; correct its name");
    unknown(proofs).into_iter().map(|(row, proof)| Finding::new(proof.to_string(), cure(&row))).collect()
}

fn stale(written: &str, proofs: &[Proof]) -> Option<Finding> {
    (written != table(proofs)).then(|| Finding::new(TABLE, "is stale: tests were renamed or added; run `cargo xtask rows`"))
}

#[test]
fn every_row_has_a_test() {
    assert_tidy(&without_a_test(&ours()));
}

#[test]
fn every_test_of_a_row_names_one_that_exists() {
    assert_tidy(&without_a_row(&ours()));
}

#[test]
fn the_table_of_rows_is_the_current_one() {
    let written = fs::read_to_string(root().join(TABLE)).unwrap_or_default();
    assert_tidy(&stale(&written, &ours()).into_iter().collect::<Vec<_>>());
}

#[test]
fn a_row_without_a_test_is_found() {
    let proof = |rows: &[&str]| Proof {
        file: "a.rs".to_owned(),
        function: "edge_01_loop".to_owned(),
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
    };
    let findings = without_a_test(&[proof(&["EDGE-01", "EDGE-D23"])]);
    assert_eq!(findings.len(), 63);
    assert_eq!(findings[0].to_string(), "EDGE-02: no test proves it; write one and call it `edge_02_…`");
    assert_eq!(without_a_row(&[proof(&["EDGE-43"])]).len(), 1);
    assert_eq!(without_a_row(&[proof(&["EDGE-42"])]), []);
}

#[test]
fn a_stale_table_is_found() {
    assert_eq!(stale(&table(&[]), &[]), None);
    assert!(stale("# Rows\n", &[]).is_some());
}
