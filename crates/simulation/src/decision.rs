//! [`Decision`]: a choice of a run that differs from its canonical value.

use std::fmt;
use std::time::Duration;

use cluster_sim_runtime::{Choice, Decisions, Roll};
use cluster_sim_storage::crash_choice_text;
use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

/// A choice of the simulation that differs from its canonical value, as data.
///
/// Canonical is a run without chance: nodes start at time zero, events and ready tasks keep their order, messages take the median
/// delay, and none is lost, duplicated or reordered. `site` and `roll` decide; the other fields describe the decision for a
/// reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The kind of choice.
    pub choice: Choice,
    /// Sender of the message, or node of the task; absent where events of one instant are ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Receiver of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The file or name that it is about on a disk, such as `wal/0 at byte 512`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When the choice was first made, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// 1 for something that happened, nanoseconds for a duration, a position for an order.
    pub value: u64,
    /// Address of the choice, equal in every run.
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
        if let Some(subject) = &self.subject {
            write!(formatter, "{subject}  ")?;
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
            Choice::DiskTime => write!(formatter, "has a disk operation of {duration:?}"),
            Choice::TimerLate => write!(formatter, "has a timer that fires late"),
            Choice::TimerLateBy => write!(formatter, "has a timer that fires {duration:?} late"),
            Choice::ClockDrift => write!(formatter, "has a clock whose drift changes by {} ppb", self.value.cast_signed()),
            Choice::DiskFault => write!(formatter, "has a disk operation that a fault hits"),
            Choice::CancelTask => formatter.write_str("has a task cancelled"),
            Choice::CrashInIo => formatter.write_str("crashes at an operation of its disk"),
            Choice::DiskFaultPlace => write!(formatter, "has a disk fault at place {}", self.value),
            Choice::ObjectTime => write!(formatter, "has a request to an object store of {duration:?}"),
            Choice::ObjectFault => formatter.write_str("has a request to an object store that a fault hits"),
            Choice::ObjectFaultPlace => write!(formatter, "has a fault of an object store at place {}", self.value),
            choice => write!(formatter, "{}", crash_choice_text(choice, self.value).unwrap_or_default()),
        }
    }
}

/// 64-bit numbers as hexadecimal text: some JSON readers keep only 53 bits.
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
