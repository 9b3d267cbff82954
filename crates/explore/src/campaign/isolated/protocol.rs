//! Messages between supervisor and worker: a line of JSON each, after a mark.
//!
//! All other lines belong to the program.

use std::io::{self, Write};

use cluster_sim_types::VirtualInstant;

use serde::{Deserialize, Serialize};

use crate::campaign::coverage::Coverage;
use crate::campaign::determinism::Call;
use crate::campaign::failures::FailedSeed;

/// Start of a line that carries a message or an order.
pub(super) const MARK: &str = "cluster-sim worker: ";

/// A message of a worker.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WorkerMessage {
    /// It reached the call in which it works.
    Reached(Call),
    /// The process is alive.
    Alive,
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
        /// The failure, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<Box<FailedSeed>>,
    },
    /// A seed does not return from a step; the process ends.
    Stuck {
        /// The seed.
        seed: u64,
        /// The failure.
        failed: Box<FailedSeed>,
    },
    /// Code panicked where a run records no finding; the process ends.
    Panicked(String),
}

/// Seeds to run next, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkerOrder {
    pub(super) from: u64,
    /// Excluded.
    pub(super) to: u64,
}

/// Writes a message on a line of its own, even after output without a newline.
pub(super) fn write_line(pipe: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(message).expect("words and orders are plain data");
    pipe.write_all(format!("\n{MARK}{text}\n").as_bytes())?;
    pipe.flush()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_done_seed_is_one_short_line() {
        let mut line = Vec::new();
        let ended_at = VirtualInstant::ZERO + Duration::from_secs(2);
        let message = WorkerMessage::Done { seed: 7, ended_at, coverage: None, failed: None };
        write_line(&mut line, &message).unwrap();
        let text = String::from_utf8(line).unwrap();
        assert_eq!(text, "\ncluster-sim worker: {\"done\":{\"seed\":7,\"ended_at_ns\":2000000000}}\n");
        assert_eq!(serde_json::from_str::<WorkerMessage>(text.trim().strip_prefix(MARK).unwrap()).unwrap(), message);
    }
}
