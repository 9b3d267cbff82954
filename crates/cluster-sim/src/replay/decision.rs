//! A choice of a run that differs from its canonical value, as data.

use std::fmt;
use std::time::Duration;

use cluster_sim_runtime::{Choice, Decisions, Roll};
use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

/// A choice that came out otherwise than in a world in which nothing happens by chance.
///
/// `site` and `roll` decide; the rest tells a person what is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Which kind of choice.
    pub choice: Choice,
    /// Whom it concerns first: the sender of a message, the node of a task; nobody where events of one instant are put in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Whom it concerns too: the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// When it was asked for first, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// What came out: 1 for something that happened, nanoseconds for a duration, a place for an order.
    pub value: u64,
    /// What it is about, as one word: the same in every run.
    #[serde(with = "word")]
    pub site: u64,
    /// The roll that decided it.
    #[serde(with = "word")]
    pub roll: u64,
}

impl Decision {
    pub(crate) fn table(decisions: &[Self]) -> Decisions {
        Decisions::new(decisions.iter().map(|decision| (decision.site, Roll(decision.roll))))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}  ", self.at)?;
        match (&self.node, &self.peer) {
            (Some(node), Some(peer)) => write!(formatter, "{node} -> {peer}  ")?,
            (Some(node), None) => write!(formatter, "{node}  ")?,
            _ => {}
        }
        let duration = Duration::from_nanos(self.value);
        match self.choice {
            Choice::Start => write!(formatter, "starts {duration:?} late"),
            Choice::Order => write!(formatter, "waits for another event of its instant"),
            Choice::Pick => write!(formatter, "waits for another ready task"),
            Choice::Select => write!(formatter, "polls branch {} of a select first", self.value),
            Choice::Delay => write!(formatter, "takes {duration:?}"),
            Choice::Loss => write!(formatter, "is lost by its link"),
            Choice::Rule => write!(formatter, "is lost by a rule"),
            Choice::Duplicate => write!(formatter, "is duplicated"),
            Choice::Reorder => write!(formatter, "is overtaken"),
            Choice::ReorderBy => write!(formatter, "is held back for {duration:?}"),
        }
    }
}

/// Words of 64 bits as hexadecimal text: not every reader of JSON keeps numbers of more than 53 bits.
mod word {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(word: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{word:#018x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
        digits.ok_or_else(|| D::Error::custom(format_args!("{text:?} is no word; use 0x and up to 16 hex digits")))
    }
}
