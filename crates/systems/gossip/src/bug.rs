//! What can be broken on purpose, to see whether it is found.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A planted bug: one thing that a node does wrong, in both forms. Each stands in a line of its own and none in the way of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    pub const ALL: [Self; 4] = [Self::TieByArrival, Self::ForgetsAfterPauses, Self::RestoresCheckpoint, Self::StrikesOffFlapping];

    /// Its name, as it stands in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::TieByArrival => "tie-by-arrival",
            Self::ForgetsAfterPauses => "forgets-after-pauses",
            Self::RestoresCheckpoint => "restores-checkpoint",
            Self::StrikesOffFlapping => "strikes-off-flapping",
        }
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_is_called_in_data_what_it_is_called_in_text() {
        for bug in Bug::ALL {
            assert_eq!(serde_json::to_value(bug).unwrap(), serde_json::json!(bug.to_string()));
        }
    }
}
