//! A request on its way to the replica of a partition, and back.

use cluster_sim_node::OneshotSender;

use crate::message::{QueueError, Reply, Request};

/// A request and the way back to its client.
pub(super) struct Ask {
    pub(super) request: Request,
    pub(super) reply: Answer,
}

pub(super) type Answer = OneshotSender<Result<Reply, QueueError>>;

/// Answers; a client that is gone hears nothing.
pub(super) fn answer(reply: Answer, result: Result<Reply, QueueError>) {
    drop(reply.send(result));
}
