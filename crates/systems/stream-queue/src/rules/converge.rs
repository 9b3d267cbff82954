//! I5: once the network is whole, all replicas become equal.

use std::collections::BTreeMap;

use cluster_sim_invariants::{NodeId, World};

use crate::broker::{BrokerView, PartitionView};
use crate::format::{TopicPartition, segment_base};

/// Checks that all brokers have the same partitions, with equal states and byte-equal logs.
///
/// For `eventually`: the network is whole then, and clients have ended. Logs may begin at different offsets, as each broker trims its
/// own; from the latest beginning on they must be equal file by file, as the disk shows them. At least `brokers` must be up.
///
/// # Errors
/// The difference between two replicas: expected that of one, actual that of another.
pub fn converged(world: &World<'_>, brokers: usize, data_dir: &str) -> Result<(), String> {
    let views: Vec<_> = world.views::<BrokerView>().collect();
    if views.len() < brokers {
        return Err(format!("expected {brokers} brokers, actual {} are up", views.len()));
    }
    let mut partitions: BTreeMap<TopicPartition, Vec<(NodeId, &PartitionView)>> = BTreeMap::new();
    for (node, view) in &views {
        for (partition, view) in &view.partitions {
            partitions.entry(*partition).or_default().push((*node, view));
        }
    }
    for (partition, replicas) in &partitions {
        if replicas.len() < brokers {
            return Err(format!("{partition}: expected {brokers} replicas, actual {}", replicas.len()));
        }
        compare_views(world, *partition, replicas)?;
        compare_disks(world, *partition, replicas, data_dir)?;
    }
    Ok(())
}

fn compare_views(world: &World<'_>, partition: TopicPartition, replicas: &[(NodeId, &PartitionView)]) -> Result<(), String> {
    let (first, expected) = replicas[0];
    let told = |view: &PartitionView| (view.applied, view.end, view.shipped, view.state_hash);
    for (node, view) in replicas {
        if told(view) != told(expected) {
            return Err(format!(
                "{partition}: expected entry {}, end {}, shipped {}, state {:x} as {} has, actual {}, {}, {}, {:x} on {}",
                expected.applied,
                expected.end,
                expected.shipped,
                expected.state_hash,
                world.name(first),
                view.applied,
                view.end,
                view.shipped,
                view.state_hash,
                world.name(*node)
            ));
        }
    }
    Ok(())
}

fn compare_disks(
    world: &World<'_>,
    partition: TopicPartition,
    replicas: &[(NodeId, &PartitionView)],
    data_dir: &str,
) -> Result<(), String> {
    let start = replicas.iter().map(|(_, view)| view.start).max().unwrap_or_default();
    let mut expected: Option<(NodeId, BTreeMap<u64, Vec<u8>>)> = None;
    for (node, _) in replicas {
        let segments = segments(world, *node, &format!("{data_dir}/{partition}"), start);
        match &expected {
            None => expected = Some((*node, segments)),
            Some((first, expected)) => {
                if let Some(base) = difference(expected, &segments) {
                    let bytes = |segments: &BTreeMap<u64, Vec<u8>>| segments.get(&base).map_or(0, Vec::len);
                    return Err(format!(
                        "{partition}: expected the segment at {base} as {} has it, {} bytes, actual {} bytes that differ on {}",
                        world.name(*first),
                        bytes(expected),
                        bytes(&segments),
                        world.name(*node)
                    ));
                }
            }
        }
    }
    Ok(())
}

/// The base of the first segment that two logs do not share.
fn difference(one: &BTreeMap<u64, Vec<u8>>, other: &BTreeMap<u64, Vec<u8>>) -> Option<u64> {
    // Mostly there is none.
    if one == other {
        return None;
    }
    one.keys().chain(other.keys()).copied().filter(|base| one.get(base) != other.get(base)).min()
}

/// The segments on a disk from an offset on, by their bases.
fn segments(world: &World<'_>, node: NodeId, directory: &str, start: u64) -> BTreeMap<u64, Vec<u8>> {
    let Some(disk) = world.disk(node) else { return BTreeMap::new() };
    let base = |name: &str| segment_base(name).filter(|base| *base >= start);
    let files = disk.current_files_in(directory, |name| base(name).is_some());
    files.into_iter().filter_map(|(name, bytes)| Some((base(&name)?, bytes))).collect()
}
