//! What a client does how often.

use std::time::Duration;

use cluster_sim_node::NodeId;

use crate::bug::Bug;

/// The one server: the node that is declared first.
pub const SERVER: NodeId = NodeId(0);

/// What a client does how often, and what is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Questions that a client asks in one life, one after the other.
    pub questions: u64,
    /// The time between an answer and the next question.
    pub pause: Duration,
    /// How long a client waits for an answer before it asks again.
    pub patience: Duration,
    /// What is broken on purpose; nothing where the system is to work.
    pub bug: Option<Bug>,
}

impl Default for Config {
    /// Ten questions 50 ms apart, asked again after 60 ms: three times what the default links take for both ways.
    fn default() -> Self {
        Self { questions: 10, pause: Duration::from_millis(50), patience: Duration::from_millis(60), bug: None }
    }
}
