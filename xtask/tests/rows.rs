//! Names of tests, the rows that they prove, and the table of both.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use xtask::rows::{self, TABLE};
use xtask::sources::Source;

fn rows_in(text: &str) -> Vec<String> {
    let source = Source { path: "tests/sample.rs".to_owned(), text: text.to_owned() };
    rows::proofs_in(&source).into_iter().flat_map(|proof| proof.rows).collect()
}

#[test]
fn leading_numbers_of_a_name_are_its_rows() {
    assert_eq!(rows_in("#[test] fn edge_11_monotonic_reads() {}"), ["EDGE-11"]);
    assert_eq!(rows_in("#[test] fn edge_12_13_14_15_version_buckets() {}"), ["EDGE-12", "EDGE-13", "EDGE-14", "EDGE-15"]);
    assert_eq!(rows_in("#[test] fn edge_20_d07_micro() {}"), ["EDGE-20", "EDGE-D07"]);
    assert_eq!(rows_in("#[test] fn edge_d06_4_versions_19_ms() {}"), ["EDGE-D06"]);
}

#[test]
fn a_range_proves_all_of_its_rows() {
    assert_eq!(rows_in("#[test] fn edge_12_to_15_buckets() {}"), ["EDGE-12", "EDGE-13", "EDGE-14", "EDGE-15"]);
    assert_eq!(rows_in("#[test] fn edge_01_d03_to_d04_22_loop() {}"), ["EDGE-01", "EDGE-D03", "EDGE-D04", "EDGE-22"]);
    assert_eq!(rows_in("#[test] fn edge_12_to_zero() {} #[test] fn edge_15_to_12_down() {}"), ["EDGE-12", "EDGE-15"]);
    assert_eq!(rows_in("#[test] fn edge_03_to_d09_mixed() {}"), ["EDGE-03"]);
}

#[test]
fn other_names_prove_nothing() {
    assert_eq!(rows_in("#[test] fn edges_11() {} #[test] fn edge_cache() {} #[test] fn edge_d6_sum() {}"), [""; 0]);
}

#[test]
fn only_tests_prove() {
    assert_eq!(rows_in("fn edge_11_shared() {} #[cfg(test)] fn edge_12_shared() {}"), [""; 0]);
    assert_eq!(rows_in("// #[test] fn edge_11_commented() {}\nconst SAMPLE: &str = \"#[test] fn edge_12_quoted() {}\";"), [""; 0]);
    assert_eq!(rows_in("#[test] fn other() {} fn edge_11_after_a_test() {}"), [""; 0]);
}

#[test]
fn every_kind_of_test_proves() {
    assert_eq!(rows_in("#[rstest]\n#[case(1)]\n#[case([2])]\nfn edge_01_cases(#[case] n: u32) {}"), ["EDGE-01"]);
    assert_eq!(rows_in("/// Why.\n#[tokio::test(flavor = \"multi_thread\")]\nasync fn edge_02_hosted() {}"), ["EDGE-02"]);
    assert_eq!(rows_in("proptest! { #[test] fn edge_03_law(n in 0..9) {} }"), ["EDGE-03"]);
    assert_eq!(rows_in("#[test]\n#[should_panic]\nfn edge_04_refuses() {}"), ["EDGE-04"]);
}

#[test]
fn the_table_has_every_row_and_replaces_the_old_one() {
    let folder = TempDir::new().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder is ours");
        fs::write(path, text).expect("the folder is ours");
    };
    write("tests/b.rs", "#[test] fn edge_d23_defaults() {}");
    write("crates/a/src/a.rs", "#[test] fn edge_01_d23_loop() {} #[test] fn edge_77_nowhere() {}");
    write("target/debug/c.rs", "#[test] fn edge_02_built() {}");
    write(TABLE, "stale");

    let written = rows::write(folder.path()).expect("the folder is ours");

    let table = fs::read_to_string(folder.path().join(TABLE)).expect("it was written");
    assert!(table.contains("| EDGE-01 | `crates/a/src/a.rs::edge_01_d23_loop` |\n"), "{table}");
    assert!(table.contains("| EDGE-02 | no test yet |\n"), "{table}");
    assert!(table.contains("| EDGE-D23 | `crates/a/src/a.rs::edge_01_d23_loop`<br>`tests/b.rs::edge_d23_defaults` |\n"), "{table}");
    assert_eq!(table.lines().filter(|line| line.starts_with("| EDGE-")).count(), 65);
    assert!(!table.contains("EDGE-77") && written.unproven.len() == 63, "{written}");
    let left: Vec<_> = fs::read_dir(folder.path().join("docs")).expect("it was made").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn rows_outside_the_specification_are_reported() {
    let source = Source { path: "a.rs".to_owned(), text: "#[test] fn edge_43_d24_beyond() {}".to_owned() };
    let proofs = rows::proofs_in(&source);
    let named: Vec<String> = rows::unknown(&proofs).into_iter().map(|(row, _)| row).collect();
    assert_eq!(named, ["EDGE-43", "EDGE-D24"]);
    assert_eq!(rows::unproven(&proofs).len(), 65);
}

#[test]
fn the_samples_in_these_tests_prove_nothing() {
    let proofs = rows::proofs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).expect("the folder is readable");
    assert_eq!(proofs, []);
}
