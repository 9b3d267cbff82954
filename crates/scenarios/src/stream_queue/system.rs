//! The stream queue in the registry.

use cluster_sim::{Scenario, Seed};
use cluster_sim_registry::{BuiltinScenario, GeneralFormat, NodeStyle, PlantedBugs, Prepared, System};
use serde_json::json;

use super::queue::RULES;
use super::{
    general, planted, s01_baseline, s02_concurrent_producers, s03_disk_full, s04_crash_and_restart, s05_replication,
    s06_one_crashes, s07_partition, s08_store_outage, s09_group_offsets, s10_burst, s11_slow_consumer, s12_long_absence, swarm,
};

const SEED: Seed = Seed(7);

/// A scenario by name, with its summary.
type Named = (&'static str, &'static str, fn() -> Scenario);

const SCENARIOS: [Named; 13] = [
    ("stream-queue", "three brokers of a queue with their clients, through all faults at once", || swarm(3)),
    ("s01", "stream queue: one broker, one producer, one consumer", s01_baseline),
    ("s02", "stream queue: one broker, four producers at once", s02_concurrent_producers),
    ("s03", "stream queue: one broker, whose disk is full for a while", s03_disk_full),
    ("s04", "stream queue: one broker, which crashes and restarts", s04_crash_and_restart),
    ("s05", "stream queue: three brokers keep one log", s05_replication),
    ("s06", "stream queue: one broker of three crashes, and later the leader", s06_one_crashes),
    ("s07", "stream queue: the leader of three is cut off from the others", s07_partition),
    ("s08", "stream queue: the object store of three brokers is down", s08_store_outage),
    ("s09", "stream queue: consumers of one group crash and go on", || s09_group_offsets(3)),
    ("s10", "stream queue: ten thousand records at once, through short queues", || s10_burst(3)),
    ("s11", "stream queue: a slow consumer reads from the object store", || s11_slow_consumer(3)),
    ("s12", "stream queue: a broker comes back after a long absence", s12_long_absence),
];

/// The stream queue with its scenarios and planted bugs.
#[derive(Debug, Clone, Copy)]
pub struct StreamQueueSystem;

impl System for StreamQueueSystem {
    fn name(&self) -> &'static str {
        "stream-queue"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        let builtin = SCENARIOS.map(|(name, summary, make)| {
            let prepare = move |_: &_| Ok(Prepared::new(make(), SEED, json!({"system": "stream-queue", "scenario": name})));
            BuiltinScenario::new(name, summary, prepare)
        });
        builtin.into()
    }

    fn rules(&self) -> Vec<&'static str> {
        RULES.to_vec()
    }

    fn general_format(&self) -> Option<GeneralFormat> {
        Some(general::format())
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [(NodeStyle::Async, "the stream queue without a planted bug: five seconds, faults drawn by each seed")];
        PlantedBugs::new(self.name(), &summaries, &planted::HUNTED, planted::cluster, planted::expected)
    }
}
