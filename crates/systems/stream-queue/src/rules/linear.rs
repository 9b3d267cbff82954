//! L7, L9, L10: shipped segments have one history without gaps, present leaders add to it, and only listed ones are trimmed.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, Verdict, World};

use crate::fact::BrokerFact;
use crate::format::TopicPartition;

/// Checks that all brokers list the same shipped segments, in order.
///
/// Each begins where the one before it ends, and is of a term no earlier. A segment is deleted only once it is listed.
///
/// `times_checked` counts segments that brokers list.
#[derive(Debug, Default)]
pub struct LinearManifest {
    partitions: BTreeMap<TopicPartition, BTreeMap<u64, Listed>>,
    times_checked: u64,
}

/// A segment as the first broker listed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listed {
    end: u64,
    epoch: u64,
}

impl LinearManifest {
    fn list(&mut self, partition: TopicPartition, base: u64, segment: Listed) -> Result<(), String> {
        self.times_checked += 1;
        let segments = self.partitions.entry(partition).or_default();
        if let Some(known) = segments.get(&base) {
            let is_same = *known == segment;
            return if is_same {
                Ok(())
            } else {
                Err(format!("expected the segment at {base} to be {known:?}, actual {segment:?}"))
            };
        }
        let before = segments.last_key_value().map_or(Listed { end: 0, epoch: 0 }, |(_, last)| *last);
        if before.end != base {
            return Err(format!("expected the next segment at {}, actual {base}", before.end));
        }
        if segment.epoch < before.epoch {
            return Err(format!("expected a segment of term {} or later at {base}, actual term {}", before.epoch, segment.epoch));
        }
        segments.insert(base, segment);
        Ok(())
    }
}

impl LinearManifest {
    /// A deleted segment must be listed: after a crash nothing else says where its records are.
    fn trim(&self, partition: TopicPartition, base: u64, end: u64) -> Result<(), String> {
        let listed = self.partitions.get(&partition).and_then(|segments| segments.get(&base));
        match listed {
            Some(listed) if listed.end == end => Ok(()),
            _ => Err(format!("expected the segment {base} to {end} to be listed before it is deleted, actual {listed:?}")),
        }
    }
}

impl Invariant for LinearManifest {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let (partition, result) = match change.fact() {
            Some(BrokerFact::Listed { partition, base, end, epoch }) => {
                (partition, self.list(*partition, *base, Listed { end: *end, epoch: *epoch }))
            }
            Some(BrokerFact::Trimmed { partition, base, end, .. }) => (partition, self.trim(*partition, *base, *end)),
            _ => return Verdict::Holds,
        };
        match result {
            Ok(()) => Verdict::Holds,
            Err(message) => {
                let message = format!("{partition}: {message} on {}", world.name(change.node()));
                Verdict::violated([change.node()], message)
            }
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
