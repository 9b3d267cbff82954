//! Bugs that can be planted in the echo system.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug of the client or the server, present in both styles.
///
/// Each is one condition at one place, independent of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// A client retries at most 60 times in a life, so a later lost message is never sent again.
    ///
    /// As with a retry budget that no success refills, spent by one long outage or many short ones.
    SpendsRetries,
    /// A client accepts any answer as the answer to its current question.
    ///
    /// As with replies that are matched to requests by their order on a connection while a late reply is still in it.
    TakesAnyAnswer,
    /// The server answers a question with the body that an earlier life of the client sent.
    ///
    /// It caches answers by client and number, with only the parity of the client's life, so the error shows after two crashes.
    ///
    /// As with an epoch of too few bits, or none (Kafka KIP-890).
    AnswersEarlierLife,
    /// A client counts a duplicate of the last answer once more, between two questions.
    ///
    /// As with consumers that count deliveries instead of requests.
    CountsTwice,
    /// A client waits twice as long before each retry, 1.6 s at most, and never returns to its pace.
    ///
    /// As with exponential backoff that a success does not reset.
    BacksOffForGood,
    /// A client does not retry a question after any answer, even one to an earlier question.
    ///
    /// As with a timer that is cancelled by whatever arrives on the connection.
    LateAnswerStopsRetries,
    /// The server takes a retry for a duplicate and does not answer it, so a lost answer stays lost.
    ///
    /// As with at-most-once delivery by a table of requests that does not keep the replies.
    AnswersOnce,
    /// The server keeps answers until it has four of them.
    ///
    /// As with batches that are sent when full, without a timer for the last one.
    AnswersInBatches,
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
