//! What whoever leads and a process that works say to each other, a line of JSON each, behind a mark: all other lines are the program's own.

use std::io::{self, Write};

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use crate::campaign::coverage::Coverage;
use crate::campaign::determinism::Call;
use crate::campaign::failures::FailedSeed;

/// What begins a line that carries a word or an order.
pub(super) const MARK: &str = "cluster-sim worker: ";

/// What a process says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WorkerMessage {
    /// It came to its work.
    Reached(Call),
    /// It is there.
    Alive,
    /// All is known of a seed.
    Done {
        /// Which.
        seed: u64,
        /// When its run ended.
        #[serde(rename = "ended_at_ns")]
        ended_at: VirtualInstant,
        /// What its run went through, if that is counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coverage: Option<Box<Coverage>>,
        /// What it showed, if it did not hold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<Box<FailedSeed>>,
    },
    /// A seed does not come back from a step; the process ends.
    Stuck {
        /// Which.
        seed: u64,
        /// What is known of it.
        failed: Box<FailedSeed>,
    },
    /// It panicked where a run makes no finding of it, and ends.
    Panicked(String),
}

/// The seeds that a process is to run next, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkerOrder {
    pub(super) from: u64,
    /// This one is left out.
    pub(super) to: u64,
}

/// Writes something on a line of its own, whatever was printed before it without an end of line.
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
    fn a_seed_that_is_done_is_one_short_line() {
        let mut line = Vec::new();
        let ended_at = VirtualInstant::ZERO + Duration::from_secs(2);
        let message = WorkerMessage::Done { seed: 7, ended_at, coverage: None, failed: None };
        write_line(&mut line, &message).unwrap();
        let text = String::from_utf8(line).unwrap();
        assert_eq!(text, "\ncluster-sim worker: {\"done\":{\"seed\":7,\"ended_at_ns\":2000000000}}\n");
        assert_eq!(serde_json::from_str::<WorkerMessage>(text.trim().strip_prefix(MARK).unwrap()).unwrap(), message);
    }
}
