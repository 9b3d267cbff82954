//! The stream queue in the registry, and S01 to S12 from their files.

use cluster_sim::{Scenario, Seed};
use cluster_sim_registry::{
    BuiltinScenario, GeneralFormat, NodeStyle, PlantedBugs, Prepared, Registry, ScenarioError, System, Variables,
};
use serde_json::{Value, json};

use super::queue::RULES;
use super::swarm::swarm;
use super::{general, planted};

const SEED: Seed = Seed(7);

macro_rules! files {
    ($($name:literal: $summary:literal),* $(,)?) => {
        [$(($name, $summary, include_str!(concat!("../../scenarios/", $name, ".json")))),*]
    };
}

/// The name, the summary and the text of each file.
const FILES: [(&str, &str, &str); 12] = files! {
    "s01": "stream queue: one broker, one producer, one consumer",
    "s02": "stream queue: one broker, four producers at once",
    "s03": "stream queue: one broker, whose disk is full for a while",
    "s04": "stream queue: one broker, which crashes and restarts",
    "s05": "stream queue: three brokers keep one log",
    "s06": "stream queue: one broker of three crashes, and later the leader",
    "s07": "stream queue: the leader of three is cut off from the others",
    "s08": "stream queue: the object store of three brokers is down",
    "s09": "stream queue: consumers of one group crash and go on",
    "s10": "stream queue: ten thousand records at once, through short queues",
    "s11": "stream queue: a slow consumer reads from the object store",
    "s12": "stream queue: a broker comes back after a long absence",
};

/// The stream queue with its scenarios and planted bugs.
#[derive(Debug, Clone, Copy)]
pub struct StreamQueueSystem;

impl System for StreamQueueSystem {
    fn name(&self) -> &'static str {
        "stream-queue"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        let all_at_once =
            BuiltinScenario::new("stream-queue", "three brokers of a queue with their clients, through all faults at once", |_| {
                Ok(Prepared::new(swarm(3), SEED, json!({"system": "stream-queue"})))
            });
        let files =
            FILES.map(|(name, summary, text)| BuiltinScenario::new(name, summary, move |variables| read(text, name, variables)));
        [all_at_once].into_iter().chain(files).collect()
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

fn read(text: &str, name: &str, variables: &Variables) -> Result<Prepared, ScenarioError> {
    Registry::new().with(StreamQueueSystem).read(text, name, variables)
}

/// Returns the scenario of a file, such as `s06`.
///
/// # Panics
/// If there is no such file.
pub fn numbered(name: &str) -> Scenario {
    made_of(name, text_of(name))
}

/// Returns the scenario of a file on another number of brokers than it says.
///
/// # Panics
/// If there is no such file, or it names a broker that is not there then.
pub fn numbered_on(name: &str, brokers: u32) -> Scenario {
    let mut file: Value = serde_json::from_str(text_of(name)).expect("a file is JSON");
    file["topology"]["groups"]["broker"]["count"] = brokers.into();
    made_of(name, &file.to_string())
}

fn text_of(name: &str) -> &'static str {
    let file = FILES.iter().find(|(known, ..)| *known == name);
    file.unwrap_or_else(|| panic!("there is no scenario {name}; name s01 to s12")).2
}

fn made_of(name: &str, text: &str) -> Scenario {
    let prepared = read(text, name, &Variables::default());
    prepared.unwrap_or_else(|error| panic!("{name}: {error}")).scenario().clone()
}
