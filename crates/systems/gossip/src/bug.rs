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
    /// A node whose round comes late by more than two intervals takes itself for expelled, and begins anew with nothing. As where a pause of
    /// the process looks like a lapsed lease, and the rejoin throws the state away.
    ForgetsAfterPause,
    /// A node that heard of nobody for four rounds goes back to what it knew when it last did, before it takes in what it hears: a stale
    /// view resurrected. As with members that rejoin after an isolation from their last checkpoint.
    RestoresCheckpoint,
    /// A peer whose rounds go back is struck off and never listened to again, though it only crashed and counts from zero. As with peers
    /// that are told apart by address and sequence number, without an incarnation.
    StrikesOffRestarted,
}

impl Bug {
    /// Every bug that there is.
    pub const ALL: [Self; 4] = [Self::TieByArrival, Self::ForgetsAfterPause, Self::RestoresCheckpoint, Self::StrikesOffRestarted];

    /// Its name, as it stands in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::TieByArrival => "tie-by-arrival",
            Self::ForgetsAfterPause => "forgets-after-pause",
            Self::RestoresCheckpoint => "restores-checkpoint",
            Self::StrikesOffRestarted => "strikes-off-restarted",
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
