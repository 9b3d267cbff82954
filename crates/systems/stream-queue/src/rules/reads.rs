//! I3: whatever is read is whole, and was published.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::fact::{ClientFact, ContentHash};
use crate::format::TopicPartition;

/// Checks that consumers read whole records, which producers published, and skip none.
///
/// A read of a record whose batch was refused is fine if its producer could not know: it may have been appended. `times_checked`
/// counts records that were read.
#[derive(Debug, Default)]
pub struct WholeReads {
    published: BTreeMap<TopicPartition, BTreeSet<ContentHash>>,
    times_checked: u64,
}

impl WholeReads {
    fn on_read(&mut self, node: NodeId, read: Read<'_>, world: &World<'_>) -> Verdict {
        let Read { partition, from, hashes, end } = read;
        let published = self.published.entry(partition).or_default();
        self.times_checked += hashes.len() as u64;
        if let Some((offset, hash)) = (from..).zip(hashes).find(|(_, hash)| !published.contains(hash)) {
            let message = format!(
                "{partition} offset {offset}: expected a record that was published, actual {:x}, which {} read and no producer sent",
                hash.0,
                world.name(node)
            );
            return Verdict::violated([node], message);
        }
        if hashes.is_empty() && from < end {
            let message = format!(
                "{partition} offset {from}: expected records up to the end at {end}, actual none, which {} took for all there is",
                world.name(node)
            );
            return Verdict::violated([node], message);
        }
        Verdict::Holds
    }
}

struct Read<'a> {
    partition: TopicPartition,
    from: u64,
    hashes: &'a [ContentHash],
    end: u64,
}

impl Invariant for WholeReads {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        match change.fact::<ClientFact>() {
            Some(ClientFact::Publishing { partition, hashes, .. }) => {
                self.published.entry(*partition).or_default().extend(hashes);
                Verdict::Holds
            }
            Some(ClientFact::Read { partition, from, hashes, end, .. }) => {
                self.on_read(node, Read { partition: *partition, from: *from, hashes, end: *end }, world)
            }
            Some(ClientFact::ReadDamage { partition, from, cause }) => {
                let message = format!(
                    "{partition} offset {from}: expected records with their checksums, actual {cause}, which {} was sent",
                    world.name(node)
                );
                Verdict::violated([node], message)
            }
            _ => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
