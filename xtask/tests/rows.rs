//! Names of tests, the rows that they prove, and the table of both.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use xtask::rows;
use xtask::sources::Source;
use xtask::specification::Specification;

const TABLE: &str = "docs/edge-cache-rows.md";

/// The specification of the edge cache.
fn edge_cache() -> Specification {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let specifications = Specification::all(&root).expect("they are readable");
    specifications.into_iter().find(|specification| specification.stem == "edge").expect("the edge cache has rows")
}

fn rows_in(text: &str) -> Vec<String> {
    let source = Source { path: "tests/sample.rs".to_owned(), text: text.to_owned() };
    rows::proofs(&edge_cache(), &[source]).into_iter().flat_map(|proof| proof.rows).collect()
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

/// The rows that a test of that name and file proves of a system whose suite leaves out the stem.
fn rows_of_suite(path: &str, name: &str) -> Vec<String> {
    let declared = "subject = \"a queue\"\nstem = \"sq\"\ntable = \"docs/rows.md\"\nsuite = \"tests/queue\"\n\
                    [[series]]\nsign = \"s\"\ncount = 12\nabout = \"are scenarios\"\n\
                    [[series]]\nsign = \"d\"\ncount = 9\nabout = \"are derived\"\n";
    let specification: Specification = toml::from_str(declared).expect("it is sound");
    let source = Source { path: path.to_owned(), text: format!("#[test] fn {name}() {{}}") };
    rows::proofs(&specification, &[source]).into_iter().flat_map(|proof| proof.rows).collect()
}

#[test]
fn tests_of_a_suite_may_leave_out_the_stem() {
    for path in ["tests/queue/a.rs", "tests/queue/b/c.rs"] {
        assert_eq!(rows_of_suite(path, "s01_d02_to_d03_baseline"), ["SQ-S01", "SQ-D02", "SQ-D03"], "{path}");
        assert_eq!(rows_of_suite(path, "sq_s01_baseline"), ["SQ-S01"], "{path}");
        assert_eq!(rows_of_suite(path, "w07_s01_baseline"), [""; 0], "{path}");
    }
    for path in ["tests/queue.rs", "tests/queues/a.rs", "crates/a/tests/queue/a.rs"] {
        assert_eq!(rows_of_suite(path, "s01_baseline"), [""; 0], "{path}");
        assert_eq!(rows_of_suite(path, "sq_s01_baseline"), ["SQ-S01"], "{path}");
    }
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

/// A workspace with these files.
fn workspace(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder is ours");
        fs::write(path, text).expect("the folder is ours");
    }
    folder
}

const MANIFEST: &str = "[package]\nname = \"a\"\n";

#[test]
fn the_table_has_every_row_and_replaces_the_old_one() {
    let declared = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/systems/edge-cache/rows.toml"));
    let folder = workspace(&[
        ("crates/systems/edge-cache/Cargo.toml", MANIFEST),
        ("crates/systems/edge-cache/rows.toml", &declared.expect("the edge cache declares its rows")),
        ("crates/systems/without-rows/Cargo.toml", MANIFEST),
        ("tests/b.rs", "#[test] fn edge_d23_defaults() {}"),
        ("crates/a/src/a.rs", "#[test] fn edge_01_d23_loop() {} #[test] fn edge_77_nowhere() {}"),
        ("target/debug/c.rs", "#[test] fn edge_02_built() {}"),
        (TABLE, "stale"),
    ]);

    let written = rows::write(folder.path()).expect("the folder is ours");

    let table = fs::read_to_string(folder.path().join(TABLE)).expect("it was written");
    assert!(table.contains("EDGE-01 to EDGE-42 are the rows of the specification,\nEDGE-D01 to EDGE-D23 are derived"), "{table}");
    assert!(table.contains("| EDGE-01 | `crates/a/src/a.rs::edge_01_d23_loop` |\n"), "{table}");
    assert!(table.contains("| EDGE-02 | no test yet |\n"), "{table}");
    assert!(table.contains("| EDGE-D23 | `crates/a/src/a.rs::edge_01_d23_loop`<br>`tests/b.rs::edge_d23_defaults` |\n"), "{table}");
    assert_eq!(table.lines().filter(|line| line.starts_with("| EDGE-")).count(), 65);
    assert!(!table.contains("EDGE-77") && written.len() == 1 && written[0].unproven.len() == 63, "{written:?}");
    let said = written[0].to_string();
    assert!(said.starts_with("wrote docs/edge-cache-rows.md: 2 of 65 rows proven by 3 tests; without a test: EDGE-02 "), "{said}");
    let left: Vec<_> = fs::read_dir(folder.path().join("docs")).expect("it was made").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn each_system_has_rows_of_its_own() {
    let rows =
        "subject = \"the store\"\nstem = \"store\"\ntable = \"docs/store.md\"\n[[series]]\ncount = 2\nabout = \"are made up\"\n";
    let other = rows.replace("store", "queue");
    let folder = workspace(&[
        ("crates/systems/store/Cargo.toml", MANIFEST),
        ("crates/systems/store/rows.toml", rows),
        ("crates/systems/queue/Cargo.toml", MANIFEST),
        ("crates/systems/queue/rows.toml", &other),
        ("tests/b.rs", "#[test] fn store_01_reads() {} #[test] fn queue_02_is_full() {} #[test] fn edge_01_is_of_no_system() {}"),
    ]);
    let written = rows::write(folder.path()).expect("the folder is ours");
    let unproven: Vec<_> = written.iter().map(|table| (table.table.as_str(), table.unproven.join(" "))).collect();
    assert_eq!(unproven, [("docs/queue.md", "QUEUE-01".to_owned()), ("docs/store.md", "STORE-02".to_owned())]);
    let table = fs::read_to_string(folder.path().join("docs/store.md")).expect("it was written");
    assert!(
        table.contains("# Rows of the store and") && table.contains("| STORE-01 | `tests/b.rs::store_01_reads` |\n"),
        "{table}"
    );
}

#[test]
fn a_misspelt_declaration_of_rows_is_refused_with_its_place() {
    let folder = workspace(&[("crates/systems/a/Cargo.toml", MANIFEST), ("crates/systems/a/rows.toml", "stems = \"a\"\n")]);
    let error = rows::write(folder.path()).expect_err("there is no such field").to_string();
    assert!(error.contains("crates/systems/a/rows.toml does not declare rows: ") && error.contains("`stems`"), "{error}");
}

#[test]
fn rows_outside_the_specification_are_reported() {
    let source = Source { path: "a.rs".to_owned(), text: "#[test] fn edge_43_d24_beyond() {}".to_owned() };
    let proofs = rows::proofs(&edge_cache(), &[source]);
    let named: Vec<String> = rows::unknown(&edge_cache(), &proofs).into_iter().map(|(row, _)| row).collect();
    assert_eq!(named, ["EDGE-43", "EDGE-D24"]);
    assert_eq!(rows::unproven(&edge_cache(), &proofs).len(), 65);
}

#[test]
fn the_samples_in_these_tests_prove_nothing() {
    let sources = xtask::sources::sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), "rs");
    assert_eq!(rows::proofs(&edge_cache(), &sources.expect("the folder is readable")), []);
}
