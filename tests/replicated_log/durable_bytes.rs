//! A rule that reads only what became durable since sees all that is durable, whatever happens to the disk.

use std::collections::BTreeMap;

use cluster_sim::Invariant;
use cluster_sim::check::{Change, SeenFiles};
use cluster_sim::fault::{DiskFault, FaultKind};
use cluster_sim::node::{Hosted, JournalReader, JournalRecord, Recovered};
use cluster_sim::prelude::*;
use cluster_sim_replicated_log::{Client, Config, Server};
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::replicated_log::cluster;
use cluster_sim_testkit::units::{milliseconds, seconds};
use rstest::rstest;
use serde_json::{Value, json};

const JOURNAL: &str = "journal";
const RULE: &str = "what is read by parts is what is read as a whole";

/// The journal of a node, as it was read by parts.
#[derive(Default)]
struct Watched {
    seen: SeenFiles,
    reader: JournalReader,
    /// Absent if the journal is corrupt.
    records: Option<Vec<JournalRecord>>,
}

/// Reads the journals of all nodes after every step, by parts and as a whole.
#[derive(Default)]
struct EqualReadings {
    nodes: BTreeMap<NodeId, Watched>,
    by_parts: u64,
    whole: u64,
}

impl Invariant for EqualReadings {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        let Some(disk) = world.disk(node) else { return Verdict::Holds };
        let Watched { seen, reader, records } = self.nodes.entry(node).or_default();
        let changes = disk.durable_changes(JOURNAL, seen);
        let part = |path: &str, from: u64| disk.durable_at(path, from, usize::MAX);
        match (reader.added(&changes, part), records.as_mut()) {
            (Some(added), Some(records)) => {
                self.by_parts += u64::from(!added.is_empty());
                records.extend(added);
                records.retain(|record| record.sequence >= reader.first());
            }
            _ => {
                self.whole += u64::from(!changes.is_empty());
                let found = JournalReader::of(JOURNAL, disk.durable_files()).ok();
                *records = found.map(|(whole, found)| {
                    *reader = whole;
                    found.records
                });
            }
        }
        let expected = Recovered::of(JOURNAL, disk.durable_files()).ok().map(|found| found.records);
        if *records == expected { Verdict::Holds } else { Verdict::violated([node], format!("{records:?} and {expected:?}")) }
    }

    fn times_checked(&self) -> u64 {
        self.by_parts + self.whole
    }

    fn measured(&self) -> Value {
        json!({"by parts": self.by_parts, "whole": self.whole})
    }
}

#[test]
fn all_damage_is_read_by_parts_as_by_a_whole_reading() {
    let config = Config { servers: 3, operations: 400, pause: milliseconds(5), snapshot_entries: 8, ..Config::default() };
    let profile = FaultProfile { mean_interval: milliseconds(200), ..FaultProfile::default() };
    let profile = profile.with_disk_faults().also(FaultKind::disk_dishonest()).at_most_down(u32::MAX);
    let scenario = Scenario::new("durable bytes")
        .machines("server", 3, move |node: &Boot| Hosted::<Server>::boot(config, node))
        .machines("client", 2, move |node: &Boot| Hosted::<Client>::boot(config, node))
        .observe(RULE, EqualReadings::default)
        .chaos(profile)
        .duration(seconds(4));
    let (mut by_parts, mut whole) = (0, 0);
    for seed in 0..30 {
        let report = scenario.run(Seed(seed));
        assert_eq!(report.violations, [], "{report}");
        let count = |name| report.measured[RULE][name].as_u64().expect("it is a count");
        (by_parts, whole) = (by_parts + count("by parts"), whole + count("whole"));
    }
    println!("{by_parts} readings by parts, {whole} of all");
    assert!(whole > 100 && by_parts > 10 * whole, "{by_parts} readings by parts, {whole} of all");
}

/// The first segment of the journal of a server.
const SEGMENT: &str = "journal/00000000000000000001.journal";

/// The server goes on with what it has in memory, and vouches for entries that are gone from its disk.
#[rstest]
#[case::removed(DiskFault::Remove { node: "server/1".into(), path: SEGMENT.into() })]
#[case::cut_off(DiskFault::Truncate { node: "server/1".into(), path: SEGMENT.into(), length: 700 })]
#[case::rotten(DiskFault::BitRot { node: "server/1".into(), path: SEGMENT.into(), share: Ratio::ONE, bits: 1, burst: 1 })]
fn the_rule_on_promises_sees_what_a_disk_lost_behind_the_node(#[case] fault: DiskFault) {
    let config = Config { operations: 400, pause: milliseconds(5), snapshot_entries: u64::MAX, ..Config::default() };
    let scenario = |plan| cluster("lost bytes", NodeStyle::Machine, 3, config).faults(plan).duration(seconds(3));
    let sound = scenario(FaultPlan::new()).run(Seed(7));
    sound.assert_ok();
    let report = scenario(FaultPlan::new().at(seconds(2), fault)).run(Seed(7));
    let first = report.violations.first().map(|violation| (&*violation.rule, violation.message.contains("server/1")));
    assert_eq!(first, Some(("what a message promises is on the disk of its sender", true)), "{report}");
}
