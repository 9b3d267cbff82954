//! Messages between supervisor and worker.

use cluster_sim_simulation::{Profile, Report};
use cluster_sim_types::VirtualInstant;

use serde::{Deserialize, Serialize};

use crate::campaign::sample::Sample;
use crate::coverage::Coverage;
use crate::determinism::FailedSeed;

/// A message of a worker.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WorkerMessage {
    /// A seed is done.
    Done {
        /// The seed.
        seed: u64,
        /// When its run ended.
        #[serde(rename = "ended_at_ns")]
        ended_at: VirtualInstant,
        /// Coverage of its run, if counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coverage: Option<Box<Coverage>>,
        /// Profile of its run, if one is made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<Box<Profile>>,
        /// The failure, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<Box<FailedSeed>>,
        /// The report, if it passed and the order keeps it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passed: Option<Box<Report>>,
        /// The rules that had nothing to judge, if it passed otherwise.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        idle: Vec<String>,
        /// Whether its faults went beyond what the scenario claims to survive.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_exceeded: bool,
    },
    /// A seed does not return from a step; the process ends.
    Stuck {
        /// The seed.
        seed: u64,
        /// The failure.
        failed: Box<FailedSeed>,
    },
}

/// Seeds to run next, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkerOrder {
    pub(super) from: u64,
    /// Excluded.
    pub(super) to: u64,
    /// Whether the report of the first of them is sent although it passed.
    pub(super) keeps: bool,
    /// Seeds that run twice.
    #[serde(default)]
    pub(super) sample: Sample,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_done_seed_is_a_short_message() {
        let ended_at = VirtualInstant::ZERO + Duration::from_secs(2);
        let message = WorkerMessage::Done {
            seed: 7,
            ended_at,
            coverage: None,
            profile: None,
            failed: None,
            passed: None,
            idle: Vec::new(),
            is_exceeded: false,
        };
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(text, "{\"done\":{\"seed\":7,\"ended_at_ns\":2000000000}}");
        assert_eq!(serde_json::from_str::<WorkerMessage>(&text).unwrap(), message);
    }
}
