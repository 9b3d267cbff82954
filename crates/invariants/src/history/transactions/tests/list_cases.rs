//! Histories over lists that show one anomaly each, or none.

use super::notation::lists;
use super::*;

const ROWS: &[Row] = &[
    ("nothing", "", &[]),
    ("one reads what another appended", "0 1-2 x+1 \n 1 3-4 x:1", &[]),
    ("an append that no read shows yet", "0 1-4 x+1 \n 1 2-3 x:", &[]),
    ("own appends are read", "0 1-2 x+1 x:1 x+2 x:1,2", &[]),
    ("own appends are read behind those of others", "0 1-2 x+1 \n 1 3-4 x+2 x:1,2", &[]),
    ("an aborted append is not read", "0 1-2! x+1 \n 1 3-4 x:", &[]),
    ("an open append is not read", "0 1-? x+1 \n 1 3-4 x:", &[]),
    ("an open append is read", "0 1-? x+1 \n 1 3-4 x:1", &[]),
    ("an open append is read late", "0 1-? x+1 \n 1 3-4 x: \n 1 5-6 x:1", &[]),
    ("an own append is read before it is committed", "0 1-6 y: x+1 x:1 \n 1 2-3 x+2 \n 2 4-5 x:2", &["G-single"]),
    ("another append slips under one that was read", "0 1-6 x+1 x:1 \n 1 2-3 x+2 \n 2 7-8 x:2,1", &["G-single"]),
    ("both read their own append alone", "0 1-6 x+1 x:1 \n 1 2-3 x+2 x:2", &["lost-update", "G2-item"]),
    ("concurrent appends in either order", "0 1-4 x+1 \n 1 2-3 x+2 \n 2 5-6 x:2,1", &[]),
    ("a value that no transaction appended", "0 1-2 x:7", &["unwritten-read"]),
    ("one append twice in a list", "0 1-2 x+1 \n 1 3-4 x:1,1", &["duplicate-element"]),
    ("an own append is missing", "0 1-2 x+1 x:", &["internal"]),
    ("an own append is read before it is made", "0 1-2 x:1 x+1", &["internal"]),
    ("own appends in another order", "0 1-2 x+1 x+2 \n 1 3-4 x:2,1", &["internal"]),
    ("a read of an aborted append", "0 1-2! x+1 \n 1 3-4 x:1", &["G1a"]),
    ("a read between two appends", "0 1-4 x+1 x+2 \n 1 2-3 x:1 \n 2 5-6 x:1,2", &["G1b"]),
    ("a read between two appends, of which one is lost", "0 1-2! x+9 \n 0 3-4 x+1 y+1 x+2 \n 1 3-4 x:1", &["G1b"]),
    ("an append on top of an aborted one", "0 1-2! x+1 \n 1 3-4 x+2 \n 2 5-6 x:1,2", &["G1a", "dirty-update"]),
    ("two orders of a list", "0 1-4 x+1 \n 1 1-4 x+2 \n 2 1-4 x:1,2 \n 3 1-4 x:2,1", &["incompatible-order"]),
    ("a part of a list", "0 1-2 x+1 \n 0 3-4 x+2 \n 0 5-6 x+3 \n 1 7-8 x:1,2,3 \n 2 9-10 x:2", &["incompatible-order"]),
    ("two reads that differ", "0 1-6 x: x:1 \n 1 2-3 x+1", &["non-repeatable-read"]),
    ("both appended to what they read", "0 1-4 x: x+1 \n 1 1-4 x: x+2", &["lost-update", "G2-item"]),
    ("both appended to what they read, in order", "0 1-4 x: x+1 \n 1 1-4 x: x+2 \n 2 5-6 x:1,2", &["lost-update", "G-single"]),
    ("writes of two keys in two orders", "0 1-4 x+1 y+1 \n 1 1-4 x+2 y+2 \n 2 5-6 x:1,2 y:2,1", &["G0"]),
    ("each read what the other appended", "0 1-4 x+1 y:1 \n 1 1-4 y+1 x:1", &["G1c"]),
    ("read an append and overlooked an earlier one", "0 1-4 x+1 y+1 \n 1 1-4 x:1 y:", &["G-single"]),
    ("a long fork", "0 1-4 x+1 \n 1 1-4 y+1 \n 2 1-4 x:1 y: \n 3 1-4 x: y:1", &["G-nonadjacent"]),
    ("write skew", "0 1-4 x: y+1 \n 1 1-4 y: x+1", &["G2-item"]),
    ("a read misses what its process appended", "0 1-2 x+1 \n 0 3-4 x:", &["G-single-process"]),
    ("a read misses what was appended before", "0 1-2 x+1 \n 1 3-4 x:", &["G-single-realtime"]),
    ("a later read misses what an earlier one showed", "0 1-9 x+1 \n 1 2-3 x:1 \n 2 4-5 x:", &["G-single-realtime"]),
    ("an append before one that ended earlier", "0 1-2 x+1 \n 1 3-4 x+2 \n 2 5-6 x:2,1", &["G0-realtime"]),
    ("an append before an earlier one of its process", "0 1-2 x+1 \n 0 3-4 x+2 \n 2 5-6 x:2,1", &["G0-process"]),
    ("a read from the future", "0 1-2 x:1 \n 1 3-4 x+1", &["G1c-realtime"]),
    ("a read from the future of its process", "0 1-2 x:1 \n 0 3-4 x+1", &["G1c-process"]),
    (
        "a long fork of two sessions",
        "0 1-4 x+1 \n 1 1-4 y+1 \n 2 1-2 x:1 \n 2 3-4 y: \n 3 1-2 y:1 \n 3 3-4 x:",
        &["G-nonadjacent-process", "G-single-realtime"],
    ),
    (
        "each of two sessions misses what the other appended",
        "0 1-2 x+1 \n 0 3-4 y: \n 1 1-2 y+1 \n 1 3-4 x:",
        &["G-nonadjacent-process", "G-single-realtime"],
    ),
    (
        "one append twice in a list that is no longer than another",
        "0 1-2 x+1 \n 0 3-4 x+2 \n 1 5-6 x:1,2 \n 2 7-8 x:1,1",
        &["duplicate-element"],
    ),
    ("a list behind a value that no transaction appended", "0 1-2 x+1 \n 1 3-4 x:7,1 \n 2 5-6 x:1", &["unwritten-read"]),
    ("a read behind an own append and another is no update", "0 1-6 x+1 x:1,2 \n 1 2-3 x+2 \n 2 7-8 x:1,2 x+3", &["G1c"]),
    ("an open transaction is read in half", "0 1-? x+1 y+1 \n 1 2-3 x:1 y:", &["G-single"]),
];

#[test]
fn each_list_case_shows_exactly_its_anomalies() {
    assert_rows(ROWS, |lines| Transactions::list_append().analyze(&lists(lines)));
}

#[test]
fn a_cycle_is_explained_edge_by_edge() {
    let history = lists("0 1-4 x+1 y+1 \n 1 1-4 x:1 y: \n 2 5-6 x:1 y:1");
    let anomalies = Transactions::list_append().analyze(&history).unwrap();
    let message = "G-single: T0 appended 1 to 'x' and T1 read it as [1]; T1 read 'y' as [] before T0 appended 1 to it: \
                   T0 before T1 before T0";
    assert_eq!(anomalies.examples[0].message, message);
    assert_eq!(anomalies.examples[0].operations, [0, 1]);
    let edges: Vec<_> = anomalies.examples[0].cycle.iter().map(|edge| (edge.from, edge.to, edge.kind)).collect();
    assert_eq!(edges, [(0, 1, EdgeKind::WriteRead), (1, 0, EdgeKind::ReadWrite)]);
}

#[test]
fn edges_of_time_and_unseen_appends_are_explained() {
    let history = lists("0 1-2 x+1 x+2 \n 1 3-4 x:");
    let message = "G-single-realtime: T0 ended at 0.000002s before T1 began at 0.000003s; \
                   T1 read 'x' as [] before T0 appended 1 to it, which no read shows: T0 before T1 before T0";
    assert_eq!(Transactions::list_append().analyze(&history).unwrap().examples[0].message, message);
    let history = lists("0 1-2 x+1 \n 0 3-4 x+2 \n 1 5-6 x:2,1");
    let message = "G0-process: process 0 ran T0 before T1; T1 appended 2 to 'x' and T0 appended 1 after it: T0 before T1 before T0";
    assert_eq!(Transactions::list_append().analyze(&history).unwrap().examples[0].message, message);
}

#[test]
fn a_long_list_is_shown_by_its_end() {
    assert_eq!(steps::shortened(&[1, 2, 3, 4, 5, 6, 7, 8]), "[1, 2, 3, 4, 5, 6, 7, 8]");
    assert_eq!(steps::shortened(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), "[… 5 more, 6, 7, 8, 9]");
}

#[test]
fn only_the_time_that_a_level_asks_for_makes_dependencies() {
    let apart = lists("0 1-2 x+1 \n 0 3-4 y+1");
    let edges = |level| Transactions::list_append().level(level).analyze(&apart).unwrap().edges;
    assert_eq!([Level::Serializable, Level::StrongSessionSerializable].map(edges), [0, 1]);
    assert!(edges(Level::StrictSerializable) > 1);
}

#[test]
fn an_anomaly_of_one_append_or_transaction_is_counted_once() {
    let count = |lines, kind| Transactions::list_append().analyze(&lists(lines)).unwrap().counts[&kind];
    assert_eq!(count("0 1-6 x: x:1 x:1,2 \n 1 2-3 x+1 \n 2 4-5 x+2", AnomalyKind::NonRepeatableRead), 1);
    assert_eq!(count("0 1-2! x+1 \n 1 3-4 x:1 \n 2 5-6 x:1", AnomalyKind::AbortedRead), 1);
}

#[test]
fn examples_are_sorted_by_their_kinds() {
    let found = Transactions::list_append().analyze(&lists("0 1-6 x: x:1 \n 1 2-3 x+1 \n 2 1-2! y+9 \n 3 7-8 y:9")).unwrap();
    let kinds: Vec<AnomalyKind> = found.examples.iter().map(|anomaly| anomaly.kind).collect();
    assert_eq!(kinds, [AnomalyKind::AbortedRead, AnomalyKind::NonRepeatableRead]);
}
