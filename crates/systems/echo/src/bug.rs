//! What can be broken on purpose, to see whether it is found.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A planted bug: one thing that a client or the server does wrong, in both forms. Each stands in a line of its own and none in the way of
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    pub const ALL: [Self; 4] = [Self::SpendsRetries, Self::TakesAnyAnswer, Self::AnswersEarlierLife, Self::CountsTwice];

    /// Its name, as it stands in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpendsRetries => "spends-retries",
            Self::TakesAnyAnswer => "takes-any-answer",
            Self::AnswersEarlierLife => "answers-earlier-life",
            Self::CountsTwice => "counts-twice",
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
