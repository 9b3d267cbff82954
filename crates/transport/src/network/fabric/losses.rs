//! Losses: every message that does not arrive is counted under a named cause.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_types::{LossCause, LossKind, NodeId};

/// The causes that every network has, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(in crate::network) enum Cause {
    /// The loss of the link's model.
    Loss,
    /// The inbox of a paused node, or of a port, is full.
    InboxFull,
    /// The receiver is down or has not booted yet.
    NodeDown,
    /// The receiver is down for good.
    NodeKilled,
    /// The receiver's life ended while the message waited in its inbox.
    InboxLost,
    /// The receiver has restarted since the send, and the link says `StaleDelivery::Drop`.
    StaleIncarnation,
    /// The message cannot be decoded as the receiver's message type.
    Undecodable,
    /// The port is not bound, or was unbound before the message was received.
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

/// The first number of a named cause. It leaves room, so that a new common cause changes no digest.
const FIRST_NAMED: usize = 64;

/// Counts losses by cause.
#[derive(Debug, Default)]
pub(in crate::network) struct Losses {
    common: [u64; COMMON.len()],
    named: Vec<(LossCause, u64)>,
    /// The nodes that the scenario is run without. Records number losses to them as losses to killed nodes, so that leaving a node out
    /// and killing it at the start have one digest.
    absent: BTreeSet<NodeId>,
    to_absent: u64,
}

impl Losses {
    /// The number of a cause; causes of one name are counted together.
    pub(in crate::network) fn number(&mut self, cause: LossCause) -> u32 {
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
    pub(in crate::network) fn count(&mut self, number: u32, to: NodeId) {
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
    pub(in crate::network) fn by_cause(&self) -> BTreeMap<LossCause, u64> {
        let common = COMMON.into_iter().zip(self.common).chain([(LossKind::AbsentNode, self.to_absent)]);
        let common = common.filter(|(_, count)| *count > 0).map(|(kind, count)| (LossCause::from(kind), count));
        common.chain(self.named.iter().filter(|(_, count)| *count > 0).cloned()).collect()
    }
}
