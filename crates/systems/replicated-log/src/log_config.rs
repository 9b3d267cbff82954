//! The times of a group of replicas, and its planted bug.

use std::time::Duration;

use crate::bug::Bug;

/// The times of a group of replicas, and a bug to plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogConfig {
    /// The time between two rounds of heartbeats of a leader.
    pub heartbeat: Duration,
    /// The shortest time without word from a leader after which a follower stands for election.
    ///
    /// The longest is twice that.
    ///
    /// Much longer than a message and a sync take, and much shorter than the time between two failures (§3.9).
    pub election: Duration,
    /// Whether a leader reads by its lease (§6.4.1), and how far it then trusts clocks; `None` for never.
    ///
    /// The bound ε: while the clock of one server shows `election`, that of another shows at most this much more or less. Reads are stale
    /// if clocks are worse, and nothing else depends on clocks.
    pub clock_error: Option<Duration>,
    /// The most bytes of entries in one message; a longer entry travels alone.
    pub message_bytes: usize,
    /// The planted bug; `None` for a correct log.
    pub bug: Option<Bug>,
}

impl Default for LogConfig {
    /// For links of 1 to 10 ms and disks that sync in a few.
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(30),
            election: Duration::from_millis(150),
            clock_error: None,
            message_bytes: 64 << 10,
            bug: None,
        }
    }
}
