//! The load of an echo system and its planted bug.

use std::time::Duration;

use cluster_sim_node::NodeId;

use crate::bug::Bug;

/// The server: the first node that a scenario declares.
pub const SERVER: NodeId = NodeId(0);

/// The load of each client, and a bug to plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Questions that a client asks in one life, one at a time.
    pub questions: u64,
    /// The time between an answer and the next question.
    pub pause: Duration,
    /// The time a client waits for an answer before it sends the question again.
    pub answer_timeout: Duration,
    /// The planted bug; `None` for a correct system.
    pub bug: Option<Bug>,
}

impl Default for Config {
    /// Ten questions 50 ms apart, retried after 60 ms.
    ///
    /// That is three round trips of the slowest default link (1 to 10 ms one way).
    fn default() -> Self {
        Self { questions: 10, pause: Duration::from_millis(50), answer_timeout: Duration::from_millis(60), bug: None }
    }
}
