//! What can be broken on purpose, to see whether it is found.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug: one thing that a node does wrong, in both forms. Each stands in a line of its own and none in the way of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// Of two pieces of news of the same round the one that comes last is kept, the smaller too: a tie that arrival decides. As with
    /// last-writer-wins registers that compare timestamps and nothing else (C01).
    TieByArrival,
    /// A node whose rounds came late by more than two intervals three times in a life takes itself for expelled, and begins anew with
    /// nothing. As where pauses of the process look like lapsed leases, and nothing ever forgives one.
    ForgetsAfterPauses,
    /// A node that hears somebody again after four rounds of silence keeps what it knows as its checkpoint, the first time; after every
    /// later silence it goes back to that before it takes in what it hears: a stale view resurrected. As with members that rejoin after an
    /// isolation from a checkpoint that was written once.
    RestoresCheckpoint,
    /// A peer whose rounds went back twice is struck off and never listened to again, though it only crashed and counts from zero. As
    /// with the damping of flapping routes, where nothing lifts the ban.
    StrikesOffFlapping,
}

impl Bug {
    /// Every bug that there is.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
