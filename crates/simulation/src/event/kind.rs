//! The kinds of events with their fields, and the decoding of records into them.

use std::sync::Arc;

use cluster_sim_runtime::{Record, RecordKind, Seed};
use cluster_sim_storage::{DiskErrorKind, DiskOp};
use cluster_sim_transport::ResetReason;
use cluster_sim_types::{LossCause, NodeId};
use serde::{Deserialize, Serialize};

use super::{EventMessage, Key, Names};

/// An event of a node, of a link, or of the cluster; nodes are given by their declared names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// The node booted.
    Boot {
        /// 0 for the first boot, one more after each restart.
        incarnation: u32,
    },
    /// The node crashed; its memory is lost.
    Crash,
    /// The node was killed for good.
    Kill,
    /// The node was paused; its memory is kept.
    Pause,
    /// The node resumed after a pause.
    Resume,
    /// The node was asked to stop.
    StopAsked,
    /// The node stopped by itself after it was asked to.
    Stop,
    /// The node sent a datagram.
    Send {
        /// The receiver.
        to: Arc<str>,
        /// The datagram.
        message: EventMessage,
    },
    /// The network duplicated a datagram of the node.
    ///
    /// This is no send: a run has as many of these as its traffic counts copies, and as many sends as its nodes sent datagrams.
    /// The copy has a number of its own, to which its delivery or loss leads back.
    Copy {
        /// The receiver.
        to: Arc<str>,
        /// The copy.
        message: EventMessage,
    },
    /// A message of the node was lost.
    Drop {
        /// The receiver that it was for.
        to: Arc<str>,
        /// The message.
        message: EventMessage,
        /// The cause of the loss.
        cause: LossCause,
    },
    /// A datagram was delivered to the node.
    Deliver {
        /// The sender.
        from: Arc<str>,
        /// The datagram.
        message: EventMessage,
    },
    /// A timer of the node fired; of an async node, the event's task is the one that it wakes.
    Timer {
        /// The token of a machine's timer; none for an async node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<u64>,
    },
    /// The test called the node.
    Call,
    /// A cut took effect.
    Cut {
        /// Its number in this run.
        cut: u64,
    },
    /// A cut was healed.
    Heal {
        /// Its number in this run.
        cut: u64,
    },
    /// The model or the loss rules of a class of links changed.
    Links {
        /// The class.
        class: Arc<str>,
    },
    /// Another seed decides the rolls from here on.
    Reseed {
        /// The new seed.
        seed: Seed,
    },
    /// The node spawned a task.
    Spawn,
    /// A task of the node was polled.
    Poll {
        /// The number of earlier polls of that task.
        number: u32,
    },
    /// A task of the node ended.
    TaskEnd {
        /// How it ended.
        how: TaskEnd,
    },
    /// The node requested a session.
    Connect {
        /// The node that it connects to.
        to: Arc<str>,
        /// The session.
        session: Key,
        /// The number of the attempt, from 0.
        attempt: u32,
    },
    /// The node accepted a session.
    Accept {
        /// The node that requested it.
        from: Arc<str>,
        /// The session.
        session: Key,
        /// The attempt that it answered.
        attempt: u32,
    },
    /// The node refused a session.
    Refuse {
        /// The node that requested it.
        from: Arc<str>,
        /// The session.
        session: Key,
        /// The attempt that it answered.
        attempt: u32,
    },
    /// The node sent a message in a session.
    SessionSend {
        /// The receiver.
        to: Arc<str>,
        /// The session.
        session: Key,
        /// The number of the message in its direction, from 0.
        number: u32,
        /// The message.
        message: EventMessage,
    },
    /// The node retransmitted a message of a session.
    Retransmit {
        /// The receiver.
        to: Arc<str>,
        /// The session.
        session: Key,
        /// The number of the message in its direction, from 0.
        number: u32,
    },
    /// The node read a message of a session.
    SessionDeliver {
        /// The sender.
        from: Arc<str>,
        /// The session.
        session: Key,
        /// The number of the message in its direction, from 0.
        number: u32,
        /// The message.
        message: EventMessage,
    },
    /// The node closed its direction of a session.
    SessionClose {
        /// The other end.
        to: Arc<str>,
        /// The session.
        session: Key,
        /// The number of messages that it sent in the session.
        messages: u32,
    },
    /// A session was reset for the node.
    SessionReset {
        /// The other end.
        peer: Arc<str>,
        /// The session.
        session: Key,
        /// The reason of the reset.
        reason: ResetReason,
    },
    /// The disk of the node answered an operation.
    Disk {
        /// The operation, such as `append`.
        operation: Arc<str>,
        /// The file or directory; absent if it is about the whole disk, or no file is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<Arc<str>>,
        /// The number of bytes written or read.
        bytes: u32,
        /// The error, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<DiskErrorKind>,
    },
    /// A crash of the node decided about the unsynced data of a file.
    DiskCrash {
        /// The file.
        path: Arc<str>,
        /// The number of unsynced sectors.
        unsynced: u32,
        /// The number of those that are left as they were written.
        kept: u32,
        /// The number of those that are torn.
        torn: u32,
        /// The number of those that hold garbage.
        garbage: u32,
        /// The length of the file before and after, if it changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lengths: Option<[u64; 2]>,
    },
    /// A crash of the node decided about unsynced changes of names on its disk.
    DiskNames {
        /// The number of unsynced changes.
        changed: u32,
        /// The number of those that are left.
        kept: u32,
    },
    /// An event of a kind that this version cannot decode.
    Other {
        /// The kind, as in the record.
        record: RecordKind,
    },
    /// The node logged a line, while a subscriber with the log layer listened.
    Log {
        /// Level, target, message and fields.
        text: String,
    },
    /// The node stated a fact.
    Fact {
        /// The fact in its `Debug` form.
        text: String,
    },
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskEnd {
    /// It returned.
    Returned,
    /// It was aborted.
    Aborted,
    /// It was dropped with its node's incarnation, or by a panic.
    Dropped,
}

impl TaskEnd {
    fn numbered(number: u32) -> Self {
        match number {
            0 => Self::Returned,
            1 => Self::Aborted,
            _ => Self::Dropped,
        }
    }
}

impl EventKind {
    /// Decodes a record with the names that its run knows.
    ///
    /// Texts and numbers of messages are absent, since a record does not hold them.
    pub(crate) fn decode(record: &Record, run: &impl Names) -> Self {
        let Record { kind, peer, detail, label, length, payload, .. } = *record;
        let name = |node: NodeId| run.shared_name(node);
        let message = || EventMessage { id: None, label: Key(label), content: Key(payload), bytes: length, text: None, sent: None };
        let session = Key(label);
        match kind {
            RecordKind::Boot => Self::Boot { incarnation: detail },
            RecordKind::Crash => Self::Crash,
            RecordKind::Kill => Self::Kill,
            RecordKind::Pause => Self::Pause,
            RecordKind::Resume => Self::Resume,
            RecordKind::StopAsked => Self::StopAsked,
            RecordKind::Stop => Self::Stop,
            RecordKind::Send => Self::Send { to: name(peer), message: message() },
            RecordKind::Copy => Self::Copy { to: name(peer), message: message() },
            RecordKind::Drop => Self::Drop { to: name(peer), message: message(), cause: run.cause(detail, peer) },
            RecordKind::Deliver => Self::Deliver { from: name(peer), message: message() },
            RecordKind::Timer => Self::Timer { token: run.task_named(label).is_none().then_some(label) },
            RecordKind::Call => Self::Call,
            RecordKind::Cut => Self::Cut { cut: label },
            RecordKind::Heal => Self::Heal { cut: label },
            RecordKind::Links => Self::Links { class: run.class_name(detail).into() },
            RecordKind::Reseed => Self::Reseed { seed: Seed(label) },
            RecordKind::Spawn => Self::Spawn,
            RecordKind::Poll => Self::Poll { number: detail },
            RecordKind::TaskEnd => Self::TaskEnd { how: TaskEnd::numbered(detail) },
            RecordKind::Connect => Self::Connect { to: name(peer), session, attempt: detail },
            RecordKind::Accept => Self::Accept { from: name(peer), session, attempt: detail },
            RecordKind::Refuse => Self::Refuse { from: name(peer), session, attempt: detail },
            RecordKind::SessionSend => Self::SessionSend { to: name(peer), session, number: detail, message: message() },
            RecordKind::Retransmit => Self::Retransmit { to: name(peer), session, number: detail },
            RecordKind::SessionDeliver => Self::SessionDeliver { from: name(peer), session, number: detail, message: message() },
            RecordKind::SessionClose => Self::SessionClose { to: name(peer), session, messages: detail },
            RecordKind::SessionReset => {
                let reason = ResetReason::numbered(detail).expect("a reset is recorded with its reason");
                Self::SessionReset { peer: name(peer), session, reason }
            }
            RecordKind::Disk => Self::Disk {
                operation: DiskOp::name_of(detail >> 8).into(),
                path: (label != 0).then(|| run.disk_path(label)),
                bytes: length,
                error: (detail & 0xff).checked_sub(1).and_then(DiskErrorKind::numbered),
            },
            RecordKind::DiskCrash => {
                let (torn, garbage) = ((payload >> 32) as u32, payload as u32);
                let lengths = run.lengths_at_crash(record.at, record.node, label).filter(|[before, after]| before != after);
                Self::DiskCrash { path: run.disk_path(label), unsynced: detail, kept: length, torn, garbage, lengths }
            }
            RecordKind::DiskNames => Self::DiskNames { changed: detail, kept: length },
            other => Self::Other { record: other },
        }
    }

    /// The other node of the event, if there is one.
    pub fn peer(&self) -> Option<&Arc<str>> {
        match self {
            Self::Send { to, .. }
            | Self::Copy { to, .. }
            | Self::Drop { to, .. }
            | Self::Connect { to, .. }
            | Self::SessionSend { to, .. }
            | Self::Retransmit { to, .. }
            | Self::SessionClose { to, .. } => Some(to),
            Self::Deliver { from, .. }
            | Self::Accept { from, .. }
            | Self::Refuse { from, .. }
            | Self::SessionDeliver { from, .. } => Some(from),
            Self::SessionReset { peer, .. } => Some(peer),
            _ => None,
        }
    }

    /// The message of the event, if it is about one.
    pub fn message(&self) -> Option<&EventMessage> {
        match self {
            Self::Send { message, .. }
            | Self::Copy { message, .. }
            | Self::Drop { message, .. }
            | Self::Deliver { message, .. }
            | Self::SessionSend { message, .. }
            | Self::SessionDeliver { message, .. } => Some(message),
            _ => None,
        }
    }

    pub(crate) fn message_mut(&mut self) -> Option<&mut EventMessage> {
        match self {
            Self::Send { message, .. }
            | Self::Copy { message, .. }
            | Self::Drop { message, .. }
            | Self::Deliver { message, .. }
            | Self::SessionSend { message, .. }
            | Self::SessionDeliver { message, .. } => Some(message),
            _ => None,
        }
    }
}
