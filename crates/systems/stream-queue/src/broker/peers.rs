//! Messages between the replicas of a partition: small ones as datagrams, large ones in sessions.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_node::{Label, Node, NodeId, Port, Received, Receiver, Sender, channel};
use cluster_sim_replicated_log::{Body, LogMessage, label};
use serde::{Deserialize, Serialize};

use super::{Broker, GroupInput};
use crate::format::TopicPartition;

const LOG_PORT: &str = "log";
/// Larger messages go in a session: a datagram over UDP carries 65,507 bytes at most, with the name of the partition.
const DATAGRAM_BYTES: usize = 60_000;
/// Large messages that may wait for one broker; further ones are dropped, as by a network.
const WAITING: usize = 16;

/// A message between the replicas of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupMessage {
    pub(super) partition: TopicPartition,
    pub(super) message: LogMessage,
}

/// The ways to the other brokers.
pub(super) struct Peers {
    datagrams: Port<GroupMessage>,
    sessions: BTreeMap<NodeId, Sender<GroupMessage>>,
}

impl Peers {
    /// Binds the port, and starts a task for the large messages to each of the others.
    pub(super) fn new(node: &Node, brokers: &[NodeId]) -> Self {
        let datagrams = node.bind::<GroupMessage>(LOG_PORT).labelled(group_label);
        let others = brokers.iter().copied().filter(|broker| *broker != node.id());
        let sessions = others.map(|other| {
            let (sender, waiting) = channel("large messages", WAITING);
            node.spawn_named("large messages", send_large(node.clone(), other, waiting));
            (other, sender)
        });
        Self { datagrams, sessions: sessions.collect() }
    }

    /// Sends a message, which may be lost.
    pub(super) fn send(&self, to: NodeId, message: GroupMessage) {
        if bytes_of(&message.message) <= DATAGRAM_BYTES {
            self.datagrams.send(to, message);
        } else if let Some(session) = self.sessions.get(&to) {
            // Raft sends again what was not acknowledged.
            drop(session.try_send(message));
        }
    }

    /// Waits for the next small message.
    pub(super) async fn recv(&self) -> Received<GroupMessage> {
        self.datagrams.recv().await
    }
}

/// The bytes that a message carries, without its own few.
fn bytes_of(message: &LogMessage) -> usize {
    match &message.body {
        Body::Append { entries, .. } => entries.iter().map(|entry| entry.len() + 5).sum(),
        Body::Snapshot { frame, .. } => frame.len(),
        _ => 0,
    }
}

fn group_label(message: &GroupMessage) -> Label {
    let GroupMessage { partition, message } = message;
    // Topics of one number of partition share fates, which are as random as any.
    match label(message) {
        Label::Key { kind, id } => Label::Key { kind, id: id ^ u64::from(partition.partition) << 56 },
        other => other,
    }
}

/// Sends large messages to one broker, in a session that is opened anew after each failure.
async fn send_large(node: Node, to: NodeId, mut waiting: Receiver<GroupMessage>) {
    let mut session = None;
    while let Some(message) = waiting.recv().await {
        if session.is_none() {
            session = node.connect::<GroupMessage>(to, LOG_PORT).await.ok();
        }
        let Some(open) = &session else { continue };
        if open.send(message).await.is_err() {
            session = None;
        }
    }
}

/// Takes the sessions with large messages of the others, for ever.
pub(super) async fn accept_large(broker: Arc<Broker>) {
    let listener = broker.node.listen::<GroupMessage>(LOG_PORT);
    loop {
        let session = listener.accept().await;
        let broker = Arc::clone(&broker);
        broker.node.clone().spawn_named("large message", async move {
            let from = session.peer();
            while let Ok(Some(GroupMessage { partition, message })) = session.recv().await {
                drop(broker.replica_of(partition).try_send(GroupInput::Log { from, message }));
            }
        });
    }
}
