//! The anomalies that each level forbids.

use super::notation::lists;
use super::*;
use crate::history::check;

/// A history, the name of its anomaly, and a letter for each level in the order of [`Level::all`]: `x` if it is forbidden.
const ROWS: &[(&str, &str, &str)] = &[
    ("0 1-2 x:7", "unwritten-read", "xxxxxxxxx"),
    ("0 1-2 x+1 x:", "internal", "xxxxxxxxx"),
    ("0 1-4 x+1 y+1 \n 1 1-4 x+2 y+2 \n 2 5-6 x:1,2 y:2,1", "G0", "xxxxxxxxx"),
    ("0 1-2! x+1 \n 1 3-4 x:1", "G1a", ".xxxxxxxx"),
    ("0 1-4 x+1 y:1 \n 1 1-4 y+1 x:1", "G1c", ".xxxxxxxx"),
    // The open one may have aborted, unless reads of uncommitted writes are excluded.
    ("0 1-? x+1 y+1 \n 1 1-4 x+2 y+2 \n 2 5-6 x:1,2 y:2,1", "G1c", ".xxxxxxxx"),
    ("0 1-6 x: x:1 \n 1 2-3 x+1", "non-repeatable-read", "..xxxxxxx"),
    ("0 1-4 x+1 y+1 \n 1 1-4 x:1 y:", "G-single", "..xxxxxxx"),
    ("0 1-6 x+1 x:1 \n 1 2-3 x+2 \n 2 7-8 x:2,1", "G-single", "..xxxxxxx"),
    ("0 1-4 x+1 \n 1 1-4 y+1 \n 2 1-4 x:1 y: \n 3 1-4 x: y:1", "G-nonadjacent", "..xxxxxxx"),
    ("0 1-4 x: y+1 \n 1 1-4 y: x+1", "G2-item", "..x...xxx"),
    ("0 1-2 x+1 \n 0 3-4 x:", "G-single-process", "....xx.xx"),
    ("0 1-2 x+1 \n 1 3-4 x:", "G-single-realtime", ".....x..x"),
];

#[test]
fn each_level_forbids_what_its_row_says() {
    for (lines, name, letters) in ROWS {
        for (level, letter) in Level::all().zip(letters.chars()) {
            let judgement = check(&mut Transactions::list_append().level(level), &lists(lines));
            let found = judgement.findings.iter().any(|finding| finding.message.starts_with(&format!("{name}: ")));
            assert_eq!(found, letter == 'x', "{name} at {level:?}: {judgement:#?}");
            assert_eq!(judgement.findings.is_empty(), letter != 'x', "{name} at {level:?}: {judgement:#?}");
        }
    }
}

#[test]
fn levels_are_indexed_by_their_rows() {
    assert_eq!(Level::all().count(), 9);
    assert!(Level::all().enumerate().all(|(row, level)| level as usize == row));
    assert_eq!(Level::StrictSerializable.time_order(), TimeOrder::RealTime);
}
