//! A broker: replicas of all partitions, and the sessions of clients.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | [`broker()`], and the way of messages and requests to their partition |
//! | `sessions.rs`, `ask.rs` | sessions of clients and their requests |
//! | `group/` | one replica of a partition |
//! | `peers.rs` | messages between the replicas of a partition |
//! | `records.rs` | records for a replica that catches up |
//! | `members.rs` | which brokers are there |

mod ask;
mod group;
mod members;
mod peers;
mod records;
mod sessions;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_node::{DiskErrorKind, EntryKind, Node, NodeId, Received, Sender, channel};
use cluster_sim_replicated_log::LogMessage;
use object_store::ObjectStore;
use parking_lot::Mutex;

use crate::config::Config;
use crate::format::{TopicName, TopicPartition};
use crate::partition::PartitionState;
use crate::wal::SegmentIndex;
use ask::Ask;
pub use group::journal_directory;
use peers::{GroupMessage, Peers};
pub use view::{BrokerView, Member, PartitionView};

/// Messages and requests that may wait for a partition, beside those that its leader holds.
const INBOX: usize = 256;

/// An input of a partition's replica.
enum GroupInput {
    /// Another replica said something.
    Log { from: NodeId, message: LogMessage },
    /// A client wants something.
    Ask(Ask),
}

/// The parts that all tasks of a broker share.
struct Broker {
    node: Node,
    config: Config,
    store: Arc<dyn ObjectStore>,
    peers: Peers,
    partitions: Mutex<BTreeMap<TopicPartition, Sender<GroupInput>>>,
    /// The readable part of each partition here.
    readable: Mutex<BTreeMap<TopicPartition, Readable>>,
}

/// The readable part of a replica.
#[derive(Clone)]
struct Readable {
    /// The segments on the disk, as far as they are written.
    index: Arc<SegmentIndex>,
    /// The state that knows at least all segments before these, in the object store.
    manifest: Arc<PartitionState>,
}

/// Runs a broker; it never returns.
///
/// It keeps a replica of every partition below [`Config::data_dir`] of its disk, answers clients on
/// [`QUEUE_PORT`](crate::QUEUE_PORT), and keeps closed segments in the object store.
pub async fn broker(node: Node, config: Config, store: Arc<dyn ObjectStore>) {
    let peers = Peers::new(&node, &config.brokers);
    let broker =
        Arc::new(Broker { node: node.clone(), config, store, peers, partitions: Mutex::default(), readable: Mutex::default() });
    node.publish(|_: &mut BrokerView| {});
    for partition in broker.partitions_on_disk().await {
        broker.replica_of(partition);
    }
    node.spawn_named("members", members::keep(node.clone(), broker.config.brokers.clone(), broker.config.suspect_after));
    node.spawn_named("clients", sessions::accept(Arc::clone(&broker)));
    node.spawn_named("large messages", peers::accept_large(Arc::clone(&broker)));
    node.spawn_named("records", records::serve(Arc::clone(&broker)));
    loop {
        let Received { from, message: GroupMessage { partition, message } } = broker.peers.recv().await;
        // A replica that is behind drops messages, as a network does.
        drop(broker.replica_of(partition).try_send(GroupInput::Log { from, message }));
    }
}

impl Broker {
    /// The partitions that an earlier life had.
    async fn partitions_on_disk(&self) -> Vec<TopicPartition> {
        let mut found = Vec::new();
        for topic in self.directories(group::LOG_DIRECTORY).await {
            let Ok(name) = TopicName::new(&topic) else { continue };
            for partition in self.directories(&format!("{}/{topic}", group::LOG_DIRECTORY)).await {
                found.extend(partition.parse().ok().map(|partition| TopicPartition { topic: name, partition }));
            }
        }
        found
    }

    async fn directories(&self, path: &str) -> Vec<String> {
        loop {
            match self.node.disk().list(path).await {
                Ok(entries) => {
                    let directories = entries.into_iter().filter(|entry| entry.kind == EntryKind::Directory);
                    return directories.map(|entry| entry.name).collect();
                }
                Err(error) if error.kind == DiskErrorKind::NotFound => return Vec::new(),
                Err(_) => self.node.sleep(group::REOPEN_AFTER).await,
            }
        }
    }

    /// The inbox of a partition's replica, which is made if there is none yet.
    fn replica_of(self: &Arc<Self>, partition: TopicPartition) -> Sender<GroupInput> {
        let mut partitions = self.partitions.lock();
        let make = || {
            let (sender, inbox) = channel("partition", INBOX);
            self.node.spawn_named("partition", group::run(Arc::clone(self), partition, inbox));
            sender
        };
        partitions.entry(partition).or_insert_with(make).clone()
    }
}
