//! Where partitions end, as clients saw it: the model of their history.

use cluster_sim_invariants::Model;

use crate::format::TopicPartition;

/// A call of a client about the end of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndOp {
    /// Append records behind the end.
    Append {
        /// The partition.
        partition: TopicPartition,
        /// The number of records.
        records: u64,
    },
    /// Read the end.
    End {
        /// The partition.
        partition: TopicPartition,
    },
}

/// The end before an append, or as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EndAnswer(pub u64);

/// Partitions with an end each, which an append moves.
///
/// A history of it is linearizable only if offsets have no gaps, no two batches share one, and no read misses what was acknowledged
/// before.
#[derive(Debug, Clone, Copy, Default)]
pub struct PartitionEnds;

impl Model for PartitionEnds {
    type Op = EndOp;
    type Answer = EndAnswer;
    type State = u64;
    type Key = TopicPartition;

    fn key(&self, op: &EndOp) -> TopicPartition {
        match op {
            EndOp::Append { partition, .. } | EndOp::End { partition } => *partition,
        }
    }

    fn initial(&self) -> u64 {
        0
    }

    fn step(&self, end: &u64, op: &EndOp, answer: Option<&EndAnswer>) -> Option<u64> {
        let is_right = answer.is_none_or(|answer| answer.0 == *end);
        let next = match op {
            EndOp::Append { records, .. } => end + records,
            EndOp::End { .. } => *end,
        };
        is_right.then_some(next)
    }
}
