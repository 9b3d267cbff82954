//! Tests of disk faults: what is refused in them, and how they read from data.

use std::collections::BTreeMap;

use cluster_sim_transport::Network;
use cluster_sim_types::NodeId;

use super::*;
use crate::fault::family::{Declared, Family};
use crate::fault::{Fault, NodeNames};

/// A fault of each kind, with a duration where it can have one.
pub(in crate::fault) fn one_of_each(node: &str, duration: Option<Duration>) -> Vec<DiskFault> {
    let (node, wal, file, share) = (|| node.to_owned(), || "wal".to_owned(), || "wal/0".to_owned(), Ratio::percent(5));
    let operations = BTreeSet::from([DiskOpKind::Append, DiskOpKind::SetLen]);
    let (error, sticky, extra) = (DiskErrorKind::Io, true, Duration::from_millis(10));
    let (operations_per_second, bytes_per_second) = (Some(100), Some(4_096));
    vec![
        DiskFault::Fail { node: node(), operations, path: wal(), share, error, sticky, duration },
        DiskFault::full(node(), 100, duration),
        DiskFault::FailSync { node: node(), path: root(), share: Ratio::ONE, duration },
        DiskFault::LyingSync { node: node(), path: file(), duration },
        DiskFault::BitRot { node: node(), path: root(), share: Ratio::ONE, bits: 3, burst: 2 },
        DiskFault::RotOnRead { node: node(), path: wal(), share, bits: 3, burst: 2, duration },
        DiskFault::Misdirect { node: node(), path: wal(), share, duration },
        DiskFault::LostWrite { node: node(), path: wal(), share, duration },
        DiskFault::StaleRead { node: node(), path: wal(), share, duration },
        DiskFault::Rollback { node: node(), duration },
        DiskFault::Truncate { node: node(), path: file(), length: 10 },
        DiskFault::Remove { node: node(), path: file() },
        DiskFault::AppendGarbage { node: node(), path: file(), bytes: 7 },
        DiskFault::Slow { node: node(), factor: 3, extra, duration },
        DiskFault::Stall { node: node(), duration },
        DiskFault::Limit { node: node(), operations_per_second, bytes_per_second, duration },
        DiskFault::Reformat { node: node(), down_for: duration },
    ]
}

fn refusal(fault: &DiskFault) -> String {
    let (nodes, network) = (BTreeMap::from([("a/0".to_owned(), NodeId(0))]), Network::new());
    let nodes = NodeNames { nodes, ..NodeNames::default() };
    let names = Declared { kind: fault.kind().name, ..Declared::new(&nodes, &network) };
    fault.resolve(&names).unwrap_err().to_string()
}

#[test]
fn an_impossible_disk_fault_is_refused_with_value_and_cure() {
    let (node, duration) = (|| "a/0".to_owned(), None);
    let fail = |operations: &[DiskOpKind], path: &str, share, error| {
        let operations = operations.iter().copied().collect();
        DiskFault::Fail { node: node(), operations, path: path.to_owned(), share, error, sticky: false, duration }
    };
    let rot = |bits, burst| DiskFault::BitRot { node: node(), path: root(), share: Ratio::ONE, bits, burst };
    let limit = |operations_per_second, bytes_per_second| DiskFault::Limit {
        node: node(),
        operations_per_second,
        bytes_per_second,
        duration,
    };
    let garbage = |path: &str, bytes| DiskFault::AppendGarbage { node: node(), path: path.to_owned(), bytes };
    let slow = |factor| DiskFault::Slow { node: node(), factor, extra: Duration::ZERO, duration };
    for (fault, reason) in [
        (fail(&[], "../etc", Ratio::ONE, DiskErrorKind::Io), "the path \"../etc\" names nothing on a disk: the path leads out"),
        (fail(&[], "/", Ratio::ZERO, DiskErrorKind::Io), "a share of 0 hits nothing; use more, up to 1 for all"),
        (fail(&[DiskOpKind::Close], "/", Ratio::ONE, DiskErrorKind::Io), "a close cannot fail; leave out close"),
        (fail(&[], "/", Ratio::ONE, DiskErrorKind::NotFound), "no disk fails with NotFound by itself; use Io,"),
        (DiskFault::full("a/0", 1 << 41, None), "2199023255552 bytes are more than the whole disk has; use at most 1099511627776"),
        (rot(0, 1), "1 to 8 bits can flip in a burst of 1 bytes, not 0"),
        (rot(9, 1), "1 to 8 bits can flip in a burst of 1 bytes, not 9"),
        (rot(1, 0), "a burst has 1 to 512 bytes, not 0"),
        (rot(1, 513), "a burst has 1 to 512 bytes, not 513"),
        (limit(None, None), "it limits nothing; give operations or bytes per second"),
        (limit(Some(0), None), "a rate of 0 lets nothing pass; use 1 or more, or a stall"),
        (limit(Some(1), Some(0)), "a rate of 0 lets nothing pass; use 1 or more, or a stall"),
        (slow(0), "a factor of 0 would make the disk infinitely fast; use 1 or more"),
        (slow(1), "a factor of 1 and no extra time slow nothing down; use a larger factor"),
        (garbage("wal", 0), "garbage has 1 to 1048576 bytes, not 0"),
        (garbage("/", 1), "it hits one file; name it, as in \"wal/0\""),
        (DiskFault::Remove { node: node(), path: String::new() }, "it hits one file; name it"),
    ] {
        let text = refusal(&fault);
        let start = format!("fault 0 ({}) is invalid: {reason}", fault.kind().name);
        assert!(text.starts_with(&start), "{text}");
    }
}

#[test]
fn a_disk_fault_in_data_leaves_out_what_has_a_default() {
    let read = |text: &str| serde_json::from_str::<Fault>(text).unwrap();
    let fail = DiskFault::fail("a/0", Ratio::ONE, Duration::from_secs(1));
    assert_eq!(read(r#"{"disk_error":{"node":"a/0","error":"io","duration_ns":1000000000}}"#), fail.into());
    let sync = DiskFault::FailSync { node: "a/0".to_owned(), path: root(), share: Ratio::ONE, duration: None };
    assert_eq!(read(r#"{"sync_error":{"node":"a/0"}}"#), sync.into());
}
