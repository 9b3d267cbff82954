//! Assumptions about single registers, which order more of their versions.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::anomaly::{Anomalies, AnomalyKind, EdgeKind};
use super::components::find_components;
use super::graph::Edges;
use super::registers::Registers;

/// An assumption about each register by itself, at any isolation level of transactions.
///
/// Without an assumption, only a read before a write of the same key in one transaction shows which of two versions came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyOrder {
    /// Nothing.
    #[default]
    Unknown,
    /// A process never sees a version of a key that is older than one that it saw.
    Sequential,
    /// A transaction that ended before another began saw no newer version of a key.
    Linearizable,
}

/// Adds the pairs of versions that the assumption orders, except of keys whose versions it orders in a circle.
pub(super) fn assume_order<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(
    registers: &mut Registers<'_, K, V>,
    order: KeyOrder,
    anomalies: &mut Anomalies,
) {
    let mut pairs = match order {
        KeyOrder::Unknown => return,
        KeyOrder::Sequential => sequential_pairs(registers),
        KeyOrder::Linearizable => linearizable_pairs(registers),
    };
    pairs.sort_unstable();
    pairs.dedup();
    let cyclic = cyclic_keys(registers, &pairs, anomalies);
    pairs.retain(|(earlier, _)| !cyclic.contains(&registers.key_of(*earlier)));
    registers.assumed = pairs;
}

/// Iterates over the versions that a transaction met: those it read before its own write, and those it left.
fn versions_met<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(
    registers: &Registers<'_, K, V>,
    transaction: u32,
) -> impl Iterator<Item = u32> {
    let exists = |version: &u32| {
        registers.is_initial(*version) || registers.input.committed_write(*version).is_some_and(|write| write.is_last)
    };
    registers.external_reads(transaction).chain(registers.left(transaction)).filter(exists)
}

/// Pairs each version that a process met with the next one of the key.
fn sequential_pairs<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(registers: &Registers<'_, K, V>) -> Vec<(u32, u32)> {
    let input = &registers.input;
    let mut last = FxHashMap::default();
    let mut pairs = Vec::new();
    for transaction in (0..input.operations.len() as u32).filter(|transaction| input.counts(*transaction)) {
        for version in versions_met(registers, transaction) {
            let process = input.operations[transaction as usize].process;
            if let Some(before) = last.insert((process, registers.key_of(version)), version).filter(|before| *before != version) {
                pairs.push((before, version));
            }
        }
    }
    pairs
}

/// Pairs versions of which one was met by a transaction that ended before another began, which met the second.
///
/// That is so if the first end of those that met the one is before the last start of those that met the other. A sweep over
/// these moments keeps the versions of which no later one has ended, so that few pairs follow from others.
fn linearizable_pairs<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(registers: &Registers<'_, K, V>) -> Vec<(u32, u32)> {
    let input = &registers.input;
    let mut first_end = vec![u32::MAX; registers.versions()];
    let mut last_start: Vec<Option<u32>> = vec![None; registers.versions()];
    for transaction in (0..input.operations.len() as u32).filter(|transaction| input.counts(*transaction)) {
        let operation = &input.operations[transaction as usize];
        for version in versions_met(registers, transaction) {
            last_start[version as usize] = Some(operation.invoked.order);
            let end = operation.completed().map_or(u32::MAX, |end| end.order);
            first_end[version as usize] = first_end[version as usize].min(end);
        }
    }
    // Key, moment, whether it is a start, version.
    let mut moments = Vec::new();
    for (version, start) in (0..).zip(&last_start) {
        let key = registers.key_of(version);
        moments.extend(start.map(|start| (key, start, true, version)));
        let end = first_end[version as usize];
        moments.extend((end != u32::MAX).then_some((key, end, false, version)));
    }
    moments.sort_unstable();
    let mut pairs = Vec::new();
    for moments in moments.chunk_by(|left, right| left.0 == right.0) {
        sweep(moments, &mut pairs);
    }
    pairs
}

fn sweep(moments: &[(u32, u32, bool, u32)], pairs: &mut Vec<(u32, u32)>) {
    let mut ended: Vec<u32> = Vec::new();
    let mut before: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for &(_, _, is_start, version) in moments {
        if is_start {
            let earlier: Vec<u32> = ended.iter().copied().filter(|earlier| *earlier != version).collect();
            pairs.extend(earlier.iter().map(|earlier| (*earlier, version)));
            if earlier.len() < ended.len() {
                ended = vec![version]; // It ended already.
            } else {
                before.insert(version, earlier);
            }
        } else {
            let earlier = before.remove(&version).unwrap_or_default();
            ended.retain(|other| !earlier.contains(other));
            ended.push(version);
        }
    }
}

/// Finds the keys whose versions the pairs, and reads before writes, order in a circle.
fn cyclic_keys<K: Hash + Eq + Debug, V: Hash + Eq + Debug>(
    registers: &Registers<'_, K, V>,
    pairs: &[(u32, u32)],
    anomalies: &mut Anomalies,
) -> BTreeSet<u32> {
    let mut edges = Edges::new(registers.versions());
    for &(earlier, later) in pairs {
        edges.add(earlier, later, EdgeKind::WriteWrite);
        if registers.is_initial(later) {
            edges.add(later, earlier, EdgeKind::WriteWrite); // Nothing is before what holds nothing.
        }
    }
    for transaction in registers.input.committed() {
        for read in registers.external_reads(transaction) {
            for left in registers.left(transaction).filter(|left| registers.key_of(*left) == registers.key_of(read)) {
                edges.add(read, left, EdgeKind::WriteWrite);
            }
        }
    }
    let cyclic = find_components(&edges.into_graph(), |_, _, _| true).cyclic;
    for versions in &cyclic {
        let writers = versions.iter().filter_map(|version| registers.input.committed_write(*version));
        let writers: Vec<u32> = writers.map(|write| write.transaction).collect();
        anomalies.add_plain(AnomalyKind::CyclicVersions, &writers, || {
            let values: Vec<String> = versions.iter().map(|version| registers.value(*version)).collect();
            let key = registers.input.key(registers.key_of(versions[0]));
            format!("reads of {key} show {} each before the others", values.join(" and "))
        });
    }
    cyclic.iter().map(|versions| registers.key_of(versions[0])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_is_paired_with_the_one_before_and_no_older_ones() {
        // Each version is met by a transaction that ends before another begins: by one, or by two.
        for met_once in [true, false] {
            let moments: Vec<_> = (0..100)
                .flat_map(|version| [(0, 2 * version, met_once, version), (0, 2 * version + 1, !met_once, version)])
                .collect();
            let mut pairs = Vec::new();
            sweep(&moments, &mut pairs);
            assert_eq!(pairs, (1..100).map(|later| (later - 1, later)).collect::<Vec<_>>(), "met once: {met_once}");
        }
    }
}
