//! A client that reads.

use std::time::Duration;

use cluster_sim_node::Node;
use serde::{Deserialize, Serialize};

use super::connection::{Connection, Patience};
use crate::config::Config;
use crate::fact::{ClientFact, ContentHash};
use crate::format::{TopicPartition, decode_batch};
use crate::history::{EndAnswer, EndOp};
use crate::message::{Reply, Request};

/// The work of a consumer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsumerLoad {
    /// The partitions; it reads from one after the other.
    pub partitions: Vec<TopicPartition>,
    /// The group whose offsets it goes on from, and commits.
    ///
    /// Without one it begins at [`from`](Self::from) in each life.
    pub group: Option<String>,
    /// The offset at which it begins, in place of the group's.
    ///
    /// It moves no offset of the group until it has read something.
    pub from: Option<u64>,
    /// The most records of one read.
    pub limit: u32,
    /// The time between two reads.
    pub pause: Duration,
    /// Each of this many reads is followed by a commit.
    pub commit_every: u64,
}

/// The view of a consumer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ConsumerView {
    /// For each partition the next offset that it reads, and the one that its group has committed.
    pub positions: Vec<ConsumerPosition>,
    /// Records of this life that it read.
    pub read: u64,
    /// Reads that were answered in part or whole from the object store.
    pub from_store: u64,
    /// Requests that failed.
    pub failed: u64,
}

/// How far a consumer is in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConsumerPosition {
    /// The partition.
    pub partition: TopicPartition,
    /// The offset of the next record to read; `None` until it knows where to begin.
    pub next: Option<u64>,
    /// The offset that its group committed last.
    pub committed: Option<u64>,
}

/// Reads partitions from where its group is, commits what it has read, and never ends.
pub async fn consumer(node: Node, config: Config, patience: Patience, load: ConsumerLoad) {
    let connection = Connection::new(&node, config.brokers.clone(), patience);
    let start = |partition: &TopicPartition| ConsumerPosition { partition: *partition, next: None, committed: None };
    let positions = load.partitions.iter().map(start).collect();
    let mut consumer = Consumer { node, connection, load, view: ConsumerView { positions, ..ConsumerView::default() }, reads: 0 };
    consumer.show();
    loop {
        for place in 0..consumer.load.partitions.len() {
            consumer.turn(place).await;
            consumer.show();
        }
        consumer.node.sleep(consumer.load.pause).await;
    }
}

struct Consumer {
    node: Node,
    connection: Connection,
    load: ConsumerLoad,
    view: ConsumerView,
    reads: u64,
}

impl Consumer {
    fn show(&self) {
        self.node.publish(|view: &mut ConsumerView| view.clone_from(&self.view));
    }

    /// Reads once from one partition, and commits if it is time.
    async fn turn(&mut self, place: usize) {
        let Some(from) = self.begin(place).await else { return };
        let Some(next) = self.read(place, from).await else { return };
        self.view.positions[place].next = Some(next);
        self.reads += 1;
        let is_ahead = self.view.positions[place].committed.is_none_or(|committed| committed < next);
        if self.reads.is_multiple_of(self.load.commit_every) && is_ahead && next > 0 {
            self.commit(place, next).await;
        }
    }

    /// The offset to read from: where it is, where it was told to begin, or where its group is.
    async fn begin(&mut self, place: usize) -> Option<u64> {
        let position = self.view.positions[place];
        if let Some(next) = position.next.or(self.load.from) {
            return Some(next);
        }
        let Some(group) = self.load.group.clone() else { return Some(0) };
        let partition = position.partition;
        self.node.emit(ClientFact::AskingGroup { partition, group: group.clone() });
        match self.connection.ask(&Request::Committed { partition, group: group.clone() }).await {
            Ok(Reply::Committed { offset }) => {
                self.node.emit(ClientFact::GroupOffset { partition, group, offset: offset.unwrap_or(0), is_commit: false });
                self.view.positions[place].committed = offset;
                Some(offset.unwrap_or(0))
            }
            _ => self.fail(),
        }
    }

    /// Reads records and verifies them; returns the offset after the last.
    async fn read(&mut self, place: usize, from: u64) -> Option<u64> {
        let partition = self.load.partitions[place];
        let call = self.node.invoke::<_, EndAnswer>(EndOp::End { partition });
        let reply = self.connection.ask(&Request::Fetch { partition, from, limit: self.load.limit }).await;
        let Ok(Reply::Records { batch, next, end, is_from_store }) = reply else {
            // A read has no effect, whether it was answered or not.
            call.fail();
            return self.fail();
        };
        call.ok(EndAnswer(end));
        match decode_batch(&batch, from) {
            Ok(records) if from + records.len() as u64 == next => {
                let hashes: Vec<_> = records.iter().map(ContentHash::of_record).collect();
                self.view.read += hashes.len() as u64;
                self.view.from_store += u64::from(is_from_store);
                self.node.emit(ClientFact::Read { partition, from, hashes, end, is_from_store });
                Some(next)
            }
            Ok(records) => self.damage(partition, from, format!("{} records end at offset {next}", records.len())),
            Err(error) => self.damage(partition, from, error.to_string()),
        }
    }

    async fn commit(&mut self, place: usize, offset: u64) {
        let Some(group) = self.load.group.clone() else { return };
        let partition = self.load.partitions[place];
        self.node.emit(ClientFact::AskingGroup { partition, group: group.clone() });
        match self.connection.ask(&Request::Commit { partition, group: group.clone(), offset }).await {
            Ok(Reply::Committed { offset: Some(offset) }) => {
                self.node.emit(ClientFact::GroupOffset { partition, group, offset, is_commit: true });
                self.view.positions[place].committed = Some(offset);
            }
            _ => {
                self.fail();
            }
        }
    }

    fn damage(&mut self, partition: TopicPartition, from: u64, cause: String) -> Option<u64> {
        self.node.emit(ClientFact::ReadDamage { partition, from, cause });
        self.fail()
    }

    fn fail(&mut self) -> Option<u64> {
        self.view.failed += 1;
        None
    }
}
