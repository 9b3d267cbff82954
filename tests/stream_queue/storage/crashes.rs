//! Crashes at random instants: what was synced is there in the next life.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::disk::DiskModel;
use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim_stream_queue::wal::{Expectation, WalWriter};

use super::{CONFIG, place, read_all, records};

/// The end up to which a log was synced.
#[derive(Debug)]
struct Synced(u64);

/// The end that a life found.
#[derive(Debug)]
struct Found(u64);

/// Appends a few records at a time and syncs, removes segments in front and records at the end.
async fn appender(node: Node) {
    let disk = node.disk();
    let expected = Expectation { start_max: u64::MAX, durable_end: 0 };
    let (mut writer, _) = WalWriter::recover(&disk, &place(), CONFIG, expected).await.expect("a crash corrupts nothing");
    assert_eq!(read_all(&node, &writer).await, records(writer.start()..writer.end()));
    node.emit(Found(writer.end()));
    for round in 0_u64.. {
        for part in 0..1 + node.roll("parts", round).below(3) {
            let count = 1 + node.roll("records", 8 * round + part).below(9);
            writer.append(&records(writer.end()..writer.end() + count)).await.expect("the disk is sound");
        }
        if node.roll("cut", round).below(8) == 0 {
            let cut = writer.end() - node.roll("back", round).below(writer.end() - writer.synced_end() + 1);
            writer.cut_to(cut).await.expect("the disk is sound");
        }
        let end = writer.sync().await.expect("the disk is sound");
        node.emit(Synced(end));
        while writer.index().closed().len() > 3 {
            writer.remove_first().await.expect("the disk is sound");
        }
        assert_eq!(read_all(&node, &writer).await, records(writer.start()..end));
    }
}

/// Each life finds what was synced before it.
#[derive(Default)]
struct KeepsSynced {
    synced: BTreeMap<NodeId, u64>,
    boots: u64,
}

impl Invariant for KeepsSynced {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        let Change::Fact(node, fact) = change else { return Verdict::Holds };
        let synced = self.synced.entry(*node).or_default();
        if let Some(Synced(end)) = (**fact).as_any().downcast_ref() {
            *synced = *end;
        }
        if let Some(Found(end)) = (**fact).as_any().downcast_ref() {
            self.boots += 1;
            if *end < *synced {
                return Verdict::violated([*node], format!("{synced} records were synced, and {end} found"));
            }
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.boots
    }
}

#[test]
fn s04_d05_every_crash_leaves_all_that_was_synced() {
    let crashes =
        FaultProfile { mean_interval: Duration::from_millis(50), mean_duration: Duration::from_millis(5), ..Default::default() }
            .only([FaultKind::Crash])
            .at_most_down(3);
    for model in [DiskModel::strict_posix(), DiskModel::ext4_ordered(), DiskModel::xfs_like()] {
        let scenario = Scenario::new("appenders")
            .nodes("appender", 3, appender)
            .disks(model)
            .chaos(crashes.clone())
            .observe("each life finds what was synced before it", KeepsSynced::default)
            .duration(Duration::from_millis(1_000));
        let mut boots = 0;
        for seed in 0..60 {
            let report = scenario.run(Seed(seed));
            report.assert_ok();
            boots += report.checks.iter().map(|check| check.times_checked).sum::<u64>();
        }
        assert!(boots > 400, "{boots} boots are checked");
    }
}
