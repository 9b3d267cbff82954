//! Bugs that can be planted in the gossip system.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug of a node, present in both styles.
///
/// Each is one condition at one place, independent of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// Of two values of one round the one that arrives last is kept, even if it is smaller.
    ///
    /// As with last-writer-wins registers that compare nothing but timestamps (C01).
    TieByArrival,
    /// A node with three late rounds in a life starts over, knowing nothing.
    ///
    /// A round is late if it begins more than two intervals after it was due; the node takes itself for expelled.
    ///
    /// As where pauses of a process look like expired leases and the count is never reset.
    ForgetsAfterPauses,
    /// A node goes back to an old checkpoint after a silence.
    ///
    /// A silence is more than four rounds without a message. The message that ends the first silence makes the node store its
    /// value; each later one makes it restore that value before it merges the message.
    ///
    /// As with members that rejoin after an isolation from a checkpoint written once: a resurrected stale view.
    RestoresCheckpoint,
    /// A peer whose round numbers went back twice is ignored for good, though it merely crashed.
    ///
    /// As with route flap damping, where nothing lifts the ban.
    StrikesOffFlapping,
    /// A node that restarted sends nothing to the first of its peers.
    ///
    /// As with a list of peers from which a node takes itself out by its place, after the places have moved.
    SkipsFirstPeer,
    /// A node that hears nothing for eight rounds sends nothing more, though it still listens.
    ///
    /// As with members that leave quietly when they believe themselves expelled, and never join again.
    StaysSilent,
    /// A node sends what it knew before the news of the round, so its own news leaves one round late.
    ///
    /// As with a message that is built before the state is updated.
    SendsNewsLate,
    /// A message from more than five rounds ago is ignored, though its sender merely restarted.
    ///
    /// As with epochs that every node counts for itself and all compare.
    IgnoresLowerRounds,
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
