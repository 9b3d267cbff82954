//! One event of a run, as data, with the names that only the run knows.

use std::fmt;
use std::sync::Arc;

use cluster_sim_runtime::RecordKind;
use cluster_sim_types::VirtualInstant;
use serde::de::value::StrDeserializer;
use serde::de::{Error, IntoDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One thing that happened in a run. What a kind has nothing to say about is left out of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// How many events and facts of the run came before it.
    pub index: u64,
    /// When, in nanoseconds since the start.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// How many steps had been taken when it was over; the step that a violation names is among these numbers.
    pub step: u64,
    /// What happened.
    pub kind: EventKind,
    /// The declared name of the node that acted; `cluster` where it is about no node.
    pub node: Arc<str>,
    /// The declared name of the node with which it dealt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Arc<str>>,
    /// The task of the node that acted, by its name from the node's main task down; machines have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Arc<str>>,
    /// Which message: a number that its send shares with its delivery or loss. A copy that the network made has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<u64>,
    /// Where a delivery or a loss comes from, also if that event was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// What names the message for chance, or the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Key>,
    /// The digest of what the message says: two that say the same have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Key>,
    /// What the message says, as JSON; long ones are cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Arc<str>>,
    /// The bytes that the message would take on a wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Which of its kind: the life of a boot, the token of a timer, the id of a cut, the number of a message in its session, of a
    /// poll, of an attempt to connect, of a class of links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// What a message was lost to, why a session broke, how a task ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Arc<str>>,
    /// What a node stated, in its `Debug` form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
    /// Whether the node may show another view after the step that began with this event.
    #[serde(default, skip_serializing_if = "is_false")]
    pub viewed: bool,
}

impl Event {
    /// An event of which nothing more is known than where and when it came about.
    pub(super) fn blank(index: u64, at: VirtualInstant, step: u64, kind: EventKind, node: Arc<str>) -> Self {
        Self {
            index,
            at,
            step,
            kind,
            node,
            peer: None,
            task: None,
            message: None,
            sent: None,
            label: None,
            content: None,
            said: None,
            length: None,
            number: None,
            cause: None,
            fact: None,
            viewed: false,
        }
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// The send that a delivery or a loss belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The [`index`](Event::index) of that event: a send, or the making of a copy.
    pub index: u64,
    /// When that was, in nanoseconds since the start.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
}

/// What kind of thing happened. In data one word: that of the event, or `fact`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// One of the events that the digest is made of.
    Event(RecordKind),
    /// A node stated a fact.
    Fact,
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Event(kind) => kind.serialize(serializer),
            Self::Fact => serializer.serialize_str("fact"),
        }
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        if word == "fact" {
            return Ok(Self::Fact);
        }
        let word: StrDeserializer<'_, D::Error> = word.as_str().into_deserializer();
        RecordKind::deserialize(word).map(Self::Event)
    }
}

/// A label or a digest: a number of 64 bits, of which only equality means anything. In data 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u64);

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        u64::from_str_radix(&digits, 16).map(Self).map_err(D::Error::custom)
    }
}
