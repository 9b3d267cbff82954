//! What can be broken on purpose, to see whether it is found.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug: one thing that a client or the server does wrong, in both forms. Each stands in a line of its own and none in the way of
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// A client asks again sixty times in a life and then no more: a retry is lost. As with a budget of retries that no success refills, which
    /// one long outage or many short ones spend.
    SpendsRetries,
    /// A client takes whatever answer comes for that to the question under way. As where replies are matched to requests by their order on a
    /// connection, and a late one to an earlier request is still in it.
    TakesAnyAnswer,
    /// The server remembers what it answered by client and number, and of the client's life only whether it is even: after two crashes a
    /// client is told what it asked in the life before the last. As with an epoch in too few bits, or none (Kafka KIP-890).
    AnswersEarlierLife,
    /// A client takes the repeated answer to a question that it counts as answered already: an effect twice. As with consumers that count
    /// deliveries instead of requests.
    CountsTwice,
}

impl Bug {
    /// Every bug that there is.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
