//! Histories over registers that show one anomaly each, or none.

use super::notation::registers;
use super::*;

const ROWS: &[Row] = &[
    ("nothing", "", &[]),
    ("one reads what another wrote", "0 1-2 x=1 \n 1 3-4 x:1", &[]),
    ("own writes are read", "0 1-2 x=1 x:1 x=2 x:2", &[]),
    ("an aborted write is not read", "0 1-2! x=1 \n 1 3-4 x:", &[]),
    ("an open write is read late", "0 1-? x=1 \n 1 3-4 x: \n 1 5-6 x:1", &[]),
    ("blind writes in an unknown order", "0 1-4 x=1 y=1 \n 1 1-4 x=2 y=2 \n 2 5-6 x:1 y:2", &[]),
    ("a value that no transaction wrote", "0 1-2 x:7", &["unwritten-read"]),
    ("an own write is not read", "0 1-2 x=1 x:", &["internal"]),
    ("an own write is read before it is made", "0 1-2 x:1 x=1", &["internal"]),
    ("an older own write is read", "0 1-2 x=1 x=2 x:1", &["internal"]),
    ("a read of an aborted write", "0 1-2! x=1 \n 1 3-4 x:1", &["G1a"]),
    ("a read between two writes", "0 1-4 x=1 x=2 \n 1 2-3 x:1", &["G1b"]),
    ("two reads that differ", "0 1-2 x=1 \n 1 1-2 x=2 \n 2 1-6 x:1 x:2", &["non-repeatable-read"]),
    ("two reads that differ, the first of nothing", "0 1-6 x: x:1 \n 1 2-3 x=1", &["non-repeatable-read"]),
    ("an own write that was read early is replaced by another", "0 1-2 x:1 x=1 \n 1 3-4 x:1 x=2", &["internal"]),
    ("an open transaction is read in half", "0 1-? x=1 y=1 \n 1 2-3 x:1 y:", &["G-single"]),
    ("both wrote what they read", "0 1-2 x=1 \n 1 3-6 x:1 x=2 \n 2 3-6 x:1 x=3", &["lost-update", "G2-item"]),
    ("both wrote to what was never written", "0 1-4 x: x=1 \n 1 1-4 x: x=2", &["lost-update", "G2-item"]),
    ("each read what the other wrote", "0 1-4 x=1 y:1 \n 1 1-4 y=1 x:1", &["G1c"]),
    ("read a write and overlooked an earlier one", "0 1-4 x=1 y=1 \n 1 1-4 x:1 y:", &["G-single"]),
    ("a version read after it was replaced", "0 1-2 x=1 \n 1 3-9 x:1 x=2 y=2 \n 2 3-9 y:2 x:1", &["G-single"]),
    ("a long fork", "0 1-4 x=1 \n 1 1-4 y=1 \n 2 1-4 x:1 y: \n 3 1-4 x: y:1", &["G-nonadjacent"]),
    ("write skew", "0 1-4 x: y=1 \n 1 1-4 y: x=1", &["G2-item"]),
    ("a read misses what its process wrote", "0 1-2 x=1 \n 0 3-4 x:", &["G-single-process"]),
    ("a read misses what was written before", "0 1-2 x=1 \n 1 3-4 x:", &["G-single-realtime"]),
    ("a read from the future", "0 1-2 x:1 \n 1 3-4 x=1", &["G1c-realtime"]),
    ("a read from the future of its process", "0 1-2 x:1 \n 0 3-4 x=1", &["G1c-process"]),
];

#[test]
fn each_register_case_shows_exactly_its_anomalies() {
    assert_rows(ROWS, |lines| Transactions::read_write().analyze(&registers(lines)));
}

/// Rows under an assumption; without it the history shows nothing.
const ASSUMED: &[(KeyOrder, Row)] = &[
    (KeyOrder::Linearizable, ("a write in between", "0 1-2 x=1 \n 0 3-4 x=2 y=2 \n 1 3-4 y:2 x:1", &["G-single"])),
    (
        KeyOrder::Linearizable,
        (
            "writes of two keys in two orders",
            "0 1-9 x=1 y=1 \n 1 1-9 x=2 y=2 \n 2 2-3 x:1 \n 2 4-5 x:2 \n 3 2-3 y:2 \n 3 4-5 y:1",
            &["G0"],
        ),
    ),
    (
        KeyOrder::Sequential,
        (
            "sessions saw two keys in two orders",
            "0 1-9 x=1 y=1 \n 1 1-9 x=2 y=2 \n 2 2-3 x:1 \n 2 4-5 x:2 \n 3 2-3 y:2 \n 3 4-5 y:1",
            &["G0"],
        ),
    ),
    (KeyOrder::Sequential, ("sessions agree", "0 1-9 x=1 \n 1 1-9 x=2 \n 2 2-3 x:1 \n 2 4-5 x:2 \n 3 2-3 x:1 \n 3 4-5 x:2", &[])),
    (
        KeyOrder::Sequential,
        (
            "sessions saw two orders",
            "0 1-9 x=1 \n 1 1-9 x=2 \n 2 2-3 x:1 \n 2 4-5 x:2 \n 3 2-3 x:2 \n 3 4-5 x:1",
            &["cyclic-versions"],
        ),
    ),
    (
        KeyOrder::Linearizable,
        ("a version came back", "0 1-9 x=1 \n 1 1-9 x=2 \n 2 2-3 x:1 \n 3 4-5 x:2 \n 2 6-7 x:1", &["cyclic-versions"]),
    ),
    (
        KeyOrder::Linearizable,
        ("a replaced version came back", "0 1-9 x=1 \n 1 1-9 x:1 x=2 \n 2 2-3 x:2 \n 2 4-5 x:1", &["cyclic-versions"]),
    ),
    (KeyOrder::Linearizable, ("nothing came back", "0 1-9 x=1 \n 2 2-3 x:1 \n 3 4-5 x:", &["cyclic-versions"])),
    (KeyOrder::Linearizable, ("a version stays", "0 1-2 x=1 \n 1 3-4 x:1 \n 2 5-6 x:1 \n 0 7-8 x=2 \n 1 9-10 x:2", &[])),
];

#[test]
fn an_assumption_about_keys_orders_their_versions() {
    for (order, row) in ASSUMED {
        let transactions = |order| Transactions::read_write().level(Level::Serializable).key_order(order);
        assert_rows(&[*row], |lines| transactions(*order).analyze(&registers(lines)));
        assert_rows(&[(row.0, row.1, &[])], |lines| transactions(KeyOrder::Unknown).analyze(&registers(lines)));
    }
}

#[test]
fn edges_of_registers_are_explained() {
    let message = |lines: &str| {
        let transactions = Transactions::read_write().level(Level::Serializable).key_order(KeyOrder::Linearizable);
        transactions.analyze(&registers(lines)).unwrap().examples[0].message.clone()
    };
    assert_eq!(
        message("0 1-4 x=1 y=1 \n 1 1-4 x:1 y:"),
        "G-single: T0 wrote 1 to 'x' and T1 read it; T1 read 'y' as nothing before T0 wrote 1 to it: T0 before T1 before T0"
    );
    assert_eq!(
        message("0 1-2 x=1 \n 1 3-9 x:1 x=2 y=2 \n 2 3-9 y:2 x:1"),
        "G-single: T1 wrote 2 to 'y' and T2 read it; T2 read 'x' as 1 and T1 replaced 1 by 2: T1 before T2 before T1"
    );
    assert_eq!(
        message("0 1-2 x=1 \n 0 3-4 x=2 y=2 \n 1 3-4 y:2 x:1"),
        "G-single: T1 wrote 2 to 'y' and T2 read it; T2 read 'x' as 1, which it held before the 2 that T1 wrote: \
         T1 before T2 before T1"
    );
}

#[test]
fn a_value_that_its_transaction_replaced_is_no_version() {
    let row = ("a read between two writes, late", "0 1-2 x=1 x=2 \n 1 3-4 x:2 \n 1 5-6 x:1", &["G1b"][..]);
    let transactions = Transactions::read_write().level(Level::Serializable).key_order(KeyOrder::Sequential);
    assert_rows(&[row], |lines| transactions.analyze(&registers(lines)));
    let row = ("a circle through one", "0 1-9 x:3 x=1 x=2 \n 1 1-9 x:1 x=4 \n 2 1-9 x:4 x=3", &["G1b", "G1c"][..]);
    assert_rows(&[row], |lines| transactions.analyze(&registers(lines)));
}

#[test]
fn reads_of_a_register_that_differ_are_counted_once() {
    let history = registers("0 1-6 x: x:1 x:2 \n 1 2-3 x=1 \n 2 4-5 x=2");
    assert_eq!(Transactions::read_write().analyze(&history).unwrap().counts[&AnomalyKind::NonRepeatableRead], 1);
}
