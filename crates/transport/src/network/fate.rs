//! What became of a message, and the name of what decided it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster_sim_types::{LossCause, LossKind, NodeId};
use serde::{Deserialize, Serialize};

/// What a link does with one message, decided when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It arrives after so much time, unless a cut or its receiver's end prevents it.
    Carried {
        /// The time it takes, in nanoseconds.
        #[serde(rename = "after_ns")]
        after: u64,
        /// Further copies that arrive by themselves.
        copies: u8,
    },
    /// It is lost by what has this number among the network's causes.
    Lost {
        /// The number of the cause; `Network::cause` names it.
        cause: u32,
    },
}

impl Fate {
    /// The time the message takes, if it is carried.
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::Carried { after, .. } => Some(Duration::from_nanos(after)),
            Self::Lost { .. } => None,
        }
    }
}

/// One fate that was decided, and what it was decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FateRecord {
    /// The address: from, to, label, repeat.
    pub address: u64,
    /// What was decided.
    pub fate: Fate,
}

/// The causes that every network has, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Cause {
    /// The link's own loss.
    Loss,
    /// The inbox of a paused node is full.
    InboxFull,
    /// The receiver is down, or has not started yet.
    NodeDown,
    /// The receiver is gone for good.
    NodeKilled,
    /// The receiver's inbox went with its life.
    InboxLost,
    /// The receiver has another life now, and the link does not carry across lives.
    StaleIncarnation,
    /// The receiver does not understand the message.
    Undecodable,
    /// Nobody bound the port that it is for, or the port was unbound before it was taken.
    PortClosed,
}

/// The kinds of the causes that every network has, in the order of their numbers.
const COMMON: [LossKind; 8] = [
    LossKind::Loss,
    LossKind::InboxFull,
    LossKind::NodeDown,
    LossKind::NodeKilled,
    LossKind::InboxLost,
    LossKind::StaleIncarnation,
    LossKind::Undecodable,
    LossKind::PortClosed,
];

/// The first number of a cause with a name of its own, so that a further common cause changes no digest.
const FIRST_NAMED: usize = 64;

/// Counts losses by cause.
#[derive(Debug, Default)]
pub(super) struct Losses {
    common: [u64; COMMON.len()],
    named: Vec<(LossCause, u64)>,
    /// The nodes that the scenario is run without. Records number losses to them as losses to killed nodes, so that leaving a node out
    /// and killing it at the start have one digest.
    absent: BTreeSet<NodeId>,
    to_absent: u64,
}

impl Losses {
    /// The number of a cause; causes of one name are counted together.
    pub(super) fn number(&mut self, cause: LossCause) -> u32 {
        if let Some(common) = COMMON.iter().position(|kind| LossCause::from(*kind) == cause) {
            return common as u32;
        }
        let known = self.named.iter().position(|(known, _)| *known == cause);
        let index = known.unwrap_or_else(|| {
            self.named.push((cause, 0));
            self.named.len() - 1
        });
        (FIRST_NAMED + index) as u32
    }

    /// Counts losses to a node under [`LossKind::AbsentNode`] from here on.
    pub(super) fn mark_absent(&mut self, node: NodeId) {
        self.absent.insert(node);
    }

    /// The cause with that number, of a message to `to`.
    pub(super) fn cause(&self, number: u32, to: NodeId) -> LossCause {
        if self.is_absent(number, to) {
            return LossKind::AbsentNode.into();
        }
        let number = number as usize;
        COMMON.get(number).map_or_else(|| self.named[number - FIRST_NAMED].0.clone(), |kind| LossCause::from(*kind))
    }

    fn is_absent(&self, number: u32, to: NodeId) -> bool {
        number == Cause::NodeKilled as u32 && self.absent.contains(&to)
    }

    /// Counts the loss of a message to `to`.
    pub(super) fn count(&mut self, number: u32, to: NodeId) {
        if self.is_absent(number, to) {
            self.to_absent += 1;
            return;
        }
        let number = number as usize;
        match self.common.get_mut(number) {
            Some(count) => *count += 1,
            None => self.named[number - FIRST_NAMED].1 += 1,
        }
    }

    /// Every cause that dropped at least one message.
    pub(super) fn by_cause(&self) -> BTreeMap<LossCause, u64> {
        let common = COMMON.iter().map(|kind| LossCause::from(*kind)).zip(self.common);
        let absent = (LossKind::AbsentNode.into(), self.to_absent);
        common.chain([absent]).chain(self.named.iter().cloned()).filter(|(_, count)| *count > 0).collect()
    }
}
