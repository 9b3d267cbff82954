//! L9, L10: the segments in the object store have one history without gaps, and no leader of an earlier term adds to it.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, Verdict, World};

use crate::fact::BrokerFact;
use crate::format::TopicPartition;

/// Checks that all brokers list the same shipped segments, in order.
///
/// Each begins where the one before it ends, and is of a term no earlier.
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

impl Invariant for LinearManifest {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Some(BrokerFact::Listed { partition, base, end, epoch }) = change.fact() else { return Verdict::Holds };
        match self.list(*partition, *base, Listed { end: *end, epoch: *epoch }) {
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
