//! Random disk faults. Nodes are named `node/0`, `node/1`, …; files `log` and those below `wal`.

use cluster_sim::node::{DiskErrorKind, DiskOpKind};
use cluster_sim::prelude::*;
use proptest::prelude::*;

use crate::units::{milliseconds, ratio};

fn any_path() -> impl Strategy<Value = String> {
    prop_oneof![Just("/"), Just("log"), Just("wal")].prop_map(str::to_owned)
}

fn any_file() -> impl Strategy<Value = String> {
    prop_oneof![Just("log"), Just("wal/0")].prop_map(str::to_owned)
}

fn any_share() -> impl Strategy<Value = Ratio> {
    prop_oneof![Just(Ratio::ONE), (0.01..1.0).prop_map(ratio)]
}

fn any_error() -> impl Strategy<Value = DiskErrorKind> {
    prop_oneof![Just(DiskErrorKind::Io), Just(DiskErrorKind::StorageFull), Just(DiskErrorKind::TooManyOpenFiles)]
}

fn any_operations() -> impl Strategy<Value = std::collections::BTreeSet<DiskOpKind>> {
    let kinds = [DiskOpKind::Open, DiskOpKind::Read, DiskOpKind::Append, DiskOpKind::Sync];
    prop::sample::subsequence(kinds.to_vec(), 0..4).prop_map(|kinds| kinds.into_iter().collect())
}

/// Bits, and the bytes in which they flip.
fn any_rot() -> impl Strategy<Value = (u32, u32)> {
    (1_u32..=16).prop_flat_map(|burst| (1..=8 * burst, Just(burst)))
}

/// Any fault of the disk of one of `nodes` nodes.
pub fn any_disk_fault(nodes: u32, longest: Duration) -> impl Strategy<Value = DiskFault> {
    let node = || (0..nodes).prop_map(|index| format!("node/{index}"));
    let lasts = || prop::option::weighted(0.8, (0..longest.as_millis() as u64).prop_map(milliseconds));
    let of_share = || (node(), any_path(), any_share(), lasts());
    let rate = || 1_u64..1_000_000;
    prop_oneof![
        (of_share(), any_operations(), any_error(), any::<bool>()).prop_map(
            |((node, path, share, duration), operations, error, sticky)| {
                DiskFault::Fail { node, operations, path, share, error, sticky, duration }
            }
        ),
        (node(), 0_u64..10_000, lasts()).prop_map(|(node, free, duration)| DiskFault::Full { node, free, duration }),
        of_share().prop_map(|(node, path, share, duration)| DiskFault::FailSync { node, path, share, duration }),
        (node(), any_path(), lasts()).prop_map(|(node, path, duration)| DiskFault::LyingSync { node, path, duration }),
        (of_share(), any_rot()).prop_map(|((node, path, share, _), (bits, burst))| DiskFault::BitRot {
            node,
            path,
            share,
            bits,
            burst
        }),
        (of_share(), any_rot()).prop_map(|((node, path, share, duration), (bits, burst))| DiskFault::RotOnRead {
            node,
            path,
            share,
            bits,
            burst,
            duration
        }),
        of_share().prop_map(|(node, path, share, duration)| DiskFault::Misdirect { node, path, share, duration }),
        of_share().prop_map(|(node, path, share, duration)| DiskFault::LostWrite { node, path, share, duration }),
        of_share().prop_map(|(node, path, share, duration)| DiskFault::StaleRead { node, path, share, duration }),
        (node(), lasts()).prop_map(|(node, duration)| DiskFault::Rollback { node, duration }),
        (node(), any_file(), 0_u64..2_000).prop_map(|(node, path, length)| DiskFault::Truncate { node, path, length }),
        (node(), any_file()).prop_map(|(node, path)| DiskFault::Remove { node, path }),
        (node(), any_file(), 1_u32..2_000).prop_map(|(node, path, bytes)| DiskFault::AppendGarbage { node, path, bytes }),
        (node(), 2_u32..100, 0_u64..50, lasts()).prop_map(|(node, factor, extra, duration)| DiskFault::Slow {
            node,
            factor,
            extra: milliseconds(extra),
            duration
        }),
        (node(), lasts()).prop_map(|(node, duration)| DiskFault::Stall { node, duration }),
        (node(), rate(), prop::option::of(rate()), lasts()).prop_map(|(node, operations, bytes, duration)| {
            DiskFault::Limit { node, operations_per_second: Some(operations), bytes_per_second: bytes, duration }
        }),
        (node(), lasts()).prop_map(|(node, down_for)| DiskFault::Reformat { node, down_for }),
    ]
}
