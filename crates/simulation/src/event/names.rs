//! [`Names`]: what a run calls the nodes, tasks, causes and links that its records number.

use std::sync::Arc;

use cluster_sim_types::{LossCause, NodeId, VirtualInstant};

/// The names that only the run of a record knows.
pub trait Names {
    /// The declared name of a node; `cluster` for none.
    fn shared_name(&self, node: NodeId) -> Arc<str>;

    /// The name of the task with that path, unless it ended and was forgotten.
    fn task_named(&self, path: u64) -> Option<String>;

    /// The cause of the loss of a message to `to`, by the number in its record.
    fn cause(&self, number: u32, to: NodeId) -> LossCause;

    /// The path on a disk with that hash; the hash itself if the run did not keep it.
    fn disk_path(&self, key: u64) -> Arc<str>;

    /// The lengths of a file of a node before and after a crash at that instant, if the run still knows.
    fn lengths_at_crash(&self, at: VirtualInstant, node: NodeId, key: u64) -> Option<[u64; 2]>;

    /// The class of links with that number.
    fn class_name(&self, number: u32) -> &str;
}
