//! I1: no acknowledged record is lost.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, EvidenceTable, Invariant, NodeId, Verdict, World};

use crate::fact::{BrokerFact, ClientFact, ContentHash};
use crate::format::TopicPartition;

/// Checks that a record that was acknowledged at an offset is there for ever.
///
/// The ledger of acknowledgements is written when a producer hears of one, and by what producers and consumers report alone. It is
/// compared with all that brokers append, with all that consumers read, and with the log of each new leader: that of a leader that
/// serves reaches as far as what was acknowledged when it was elected. Records that a producer wanted no promise for have no part in
/// it. `times_checked` counts comparisons with the ledger. A violation shows the logs of all brokers around its offset.
#[derive(Debug, Default)]
pub struct NoAckedLoss {
    partitions: BTreeMap<TopicPartition, Ledger>,
    times_checked: u64,
    /// The logs around the first violation.
    shown: Option<EvidenceTable>,
}

/// The records of one partition.
#[derive(Debug, Default)]
struct Ledger {
    /// The records by offset, as acknowledged; where none was, as the first broker appended them.
    records: Vec<Option<Entry>>,
    /// The offset after the last that was acknowledged.
    end: u64,
    /// For each broker that was elected: the term, and how far the ledger went then.
    elected: BTreeMap<NodeId, (u64, u64)>,
    /// The log of each broker, as it appended it.
    logs: BTreeMap<NodeId, Vec<Option<ContentHash>>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: ContentHash,
    is_acknowledged: bool,
}

/// The records that are shown on both sides of an offset.
const AROUND: usize = 2;

impl Ledger {
    fn append(&mut self, node: NodeId, base: u64, hashes: &[ContentHash]) {
        let log = self.logs.entry(node).or_default();
        log.resize(base as usize, None);
        log.extend(hashes.iter().copied().map(Some));
    }

    /// The logs of all brokers around an offset, side by side, with the record that was acknowledged.
    fn around(&self, offset: u64, world: &World<'_>) -> EvidenceTable {
        let brokers = self.logs.keys().map(|node| world.name(*node).to_owned());
        let mut table = EvidenceTable::new(["offset".to_owned(), "acknowledged".to_owned()].into_iter().chain(brokers));
        for place in (offset as usize).saturating_sub(AROUND)..=offset as usize + AROUND {
            let entry = self.records.get(place).copied().flatten().filter(|entry| entry.is_acknowledged);
            let acknowledged = entry.map_or_else(|| "-".to_owned(), |entry| format!("{:016x}", entry.hash.0));
            let record = |log: &Vec<Option<ContentHash>>| match log.get(place) {
                Some(Some(hash)) => format!("{:016x}", hash.0),
                Some(None) => "?".to_owned(),
                None => "-".to_owned(),
            };
            table.push([place.to_string(), acknowledged].into_iter().chain(self.logs.values().map(record)));
        }
        table
    }

    fn entry(&mut self, offset: u64) -> &mut Option<Entry> {
        let place = offset as usize;
        if self.records.len() <= place {
            self.records.resize(place + 1, None);
        }
        &mut self.records[place]
    }
}

impl NoAckedLoss {
    /// Writes records into the ledger, or compares them with it.
    fn compare(&mut self, told: Told<'_>, node: NodeId, world: &World<'_>) -> Verdict {
        let Told { partition, base, hashes, is_acknowledged, deed } = told;
        let ledger = self.partitions.entry(partition).or_default();
        if deed == APPENDED {
            ledger.append(node, base, hashes);
        }
        for (offset, hash) in (base..).zip(hashes) {
            let entry = ledger.entry(offset).get_or_insert(Entry { hash: *hash, is_acknowledged });
            self.times_checked += u64::from(entry.is_acknowledged);
            if entry.hash != *hash {
                let first = if entry.is_acknowledged { "acknowledged" } else { "appended" };
                let (expected, name) = (entry.hash.0, world.name(node));
                let message = format!(
                    "{partition} offset {offset}: expected the record {expected:016x} that was {first}, actual {:016x}, which {name} \
                     {deed}",
                    hash.0,
                );
                self.shown = Some(ledger.around(offset, world));
                return Verdict::violated([node], message);
            }
            entry.is_acknowledged |= is_acknowledged;
        }
        if is_acknowledged {
            ledger.end = ledger.end.max(base + hashes.len() as u64);
        }
        Verdict::Holds
    }

    fn on_leader(&mut self, node: NodeId, partition: TopicPartition, term: u64, end: u64, world: &World<'_>) -> Verdict {
        let ledger = self.partitions.entry(partition).or_default();
        let Some((_, expected)) = ledger.elected.get(&node).filter(|(elected, _)| *elected == term) else { return Verdict::Holds };
        self.times_checked += 1;
        if end < *expected {
            let message = format!(
                "{partition}: expected all {expected} records that were acknowledged before term {term}, actual {end} in the log of {}, \
                 which leads it",
                world.name(node),
            );
            self.shown = Some(ledger.around(end, world));
            return Verdict::violated([node], message);
        }
        Verdict::Holds
    }
}

const APPENDED: &str = "appended";

/// Records that a node reports.
struct Told<'a> {
    partition: TopicPartition,
    base: u64,
    hashes: &'a [ContentHash],
    is_acknowledged: bool,
    deed: &'static str,
}

impl Invariant for NoAckedLoss {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        let told = match (change.fact::<ClientFact>(), change.fact::<BrokerFact>()) {
            (Some(ClientFact::Acknowledged { partition, base, hashes, .. }), _) => {
                Told { partition: *partition, base: *base, hashes, is_acknowledged: true, deed: "was told of" }
            }
            (Some(ClientFact::Read { partition, from, hashes, .. }), _) => {
                Told { partition: *partition, base: *from, hashes, is_acknowledged: false, deed: "read" }
            }
            (_, Some(BrokerFact::Applied { partition, base, hashes })) => {
                Told { partition: *partition, base: *base, hashes, is_acknowledged: false, deed: APPENDED }
            }
            (_, Some(BrokerFact::Opened { partition, end })) => {
                self.partitions.entry(*partition).or_default().logs.entry(node).or_default().resize(*end as usize, None);
                return Verdict::Holds;
            }
            (_, Some(BrokerFact::Elected { partition, term })) => {
                let ledger = self.partitions.entry(*partition).or_default();
                ledger.elected.insert(node, (*term, ledger.end));
                return Verdict::Holds;
            }
            (_, Some(BrokerFact::Leads { partition, term, end })) => return self.on_leader(node, *partition, *term, *end, world),
            _ => return Verdict::Holds,
        };
        self.compare(told, node, world)
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }

    fn table(&self) -> Option<EvidenceTable> {
        self.shown.clone()
    }
}
