//! The command `check` on files that are too large, or no history for many bytes.

#[expect(dead_code, reason = "the scenario file is for the other commands")]
mod common;

use std::fs::File;

use common::Place;
use rstest::rstest;

#[rstest]
#[case::larger((1 << 30) + 1, "the file is larger than 1073741824 bytes: check it in parts, one key or one stretch of time each")]
#[case::without_a_line(1 << 30, "an event longer than 67108864 bytes: write one event a line")]
fn a_large_file_is_refused_with_a_cure(#[case] bytes: u64, #[case] cure: &str) {
    let place = Place::new();
    // Sparse: it takes no room on the disk.
    File::create(place.path("large")).unwrap().set_len(bytes).unwrap();
    let finished = place.run(&["check", "large", "--model", "cas-register"]);
    assert_eq!((finished.code, &*finished.stdout, finished.stderr.lines().count()), (Some(2), "", 1), "{}", finished.stderr);
    assert!(finished.stderr.contains(cure), "{}", finished.stderr);
}

#[test]
fn a_folder_is_no_history() {
    let place = Place::new();
    let finished = place.run(&["check", ".", "--model", "cas-register"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("name a file that you may read"), "{}", finished.stderr);
}
