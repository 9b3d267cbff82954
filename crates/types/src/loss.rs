//! Why a message was lost.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The kind of a loss: which mechanism dropped the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LossKind {
    /// The link's own loss ratio.
    Loss,
    /// The inbox of a paused node, or of a port, was full.
    InboxFull,
    /// The receiver was down, or had not started yet.
    NodeDown,
    /// The receiver was killed for good.
    NodeKilled,
    /// The scenario was run without the receiver.
    AbsentNode,
    /// The receiver's inbox was lost with its incarnation.
    InboxLost,
    /// The receiver had restarted, and the link does not deliver across incarnations.
    StaleIncarnation,
    /// The receiver could not decode the message.
    Undecodable,
    /// No task had bound the port.
    PortClosed,
    /// The session was refused.
    SessionRefused,
    /// The session timed out.
    SessionTimedOut,
    /// The session was reset.
    SessionReset,
    /// One end of the session crashed.
    SessionCrash,
    /// The end of the session was dropped before the message was read.
    SessionUnread,
    /// A cut between two sides of the cluster.
    Cut,
    /// A loss rule with a name of its own.
    Rule,
}

impl LossKind {
    /// The name that reports give every loss of this kind; nothing for cuts and rules, which have names of their own.
    const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Loss => "loss",
            Self::InboxFull => "inbox_full",
            Self::NodeDown => "node_down",
            Self::NodeKilled => "node_killed",
            Self::AbsentNode => "absent_node",
            Self::InboxLost => "inbox_lost",
            Self::StaleIncarnation => "stale_incarnation",
            Self::Undecodable => "undecodable",
            Self::PortClosed => "port_closed",
            Self::SessionRefused => "session_refused",
            Self::SessionTimedOut => "session_timed_out",
            Self::SessionReset => "session_reset",
            Self::SessionCrash => "session_crash",
            Self::SessionUnread => "session_unread",
            Self::Cut | Self::Rule => return None,
        })
    }
}

/// The cause of a loss: a kind, and the name under which losses are counted.
///
/// Causes are equal if their names are; a run never gives one name to two kinds.
#[derive(Debug, Clone)]
pub struct LossCause {
    kind: LossKind,
    name: Arc<str>,
}

impl LossCause {
    /// A cut, named by its two sides.
    pub fn cut(name: &str) -> Self {
        Self { kind: LossKind::Cut, name: name.into() }
    }

    /// A loss rule, by its declared name.
    pub fn rule(name: &str) -> Self {
        Self { kind: LossKind::Rule, name: name.into() }
    }

    /// Which mechanism dropped the message.
    pub fn kind(&self) -> LossKind {
        self.kind
    }

    /// The name under which its losses are counted.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl From<LossKind> for LossCause {
    /// The cause of a kind that has one name.
    ///
    /// # Panics
    /// For [`LossKind::Cut`] and [`LossKind::Rule`], which have names of their own.
    fn from(kind: LossKind) -> Self {
        Self { kind, name: kind.name().expect("a cut and a rule are made with their names").into() }
    }
}

impl fmt::Display for LossCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl PartialEq for LossCause {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for LossCause {}

impl PartialOrd for LossCause {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LossCause {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(&other.name)
    }
}

impl Borrow<str> for LossCause {
    fn borrow(&self) -> &str {
        &self.name
    }
}

impl PartialEq<str> for LossCause {
    fn eq(&self, other: &str) -> bool {
        *self.name == *other
    }
}

impl PartialEq<&str> for LossCause {
    fn eq(&self, other: &&str) -> bool {
        *self.name == **other
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "LossCause", deny_unknown_fields)]
struct Named {
    kind: LossKind,
    name: Arc<str>,
}

impl Serialize for LossCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Named { kind: self.kind, name: Arc::clone(&self.name) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LossCause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Named::deserialize(deserializer).map(|Named { kind, name }| Self { kind, name })
    }
}

/// Losses by cause in data: a map from the name to the kind and the number of messages.
pub(crate) mod by_name {
    use super::{Arc, BTreeMap, Deserialize, Deserializer, LossCause, LossKind, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Count {
        kind: LossKind,
        messages: u64,
    }

    pub(crate) fn serialize<S: Serializer>(losses: &BTreeMap<LossCause, u64>, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = losses.iter().map(|(cause, messages)| (cause.name(), Count { kind: cause.kind, messages: *messages }));
        serializer.collect_map(counts)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<LossCause, u64>, D::Error> {
        let counts = BTreeMap::<Arc<str>, Count>::deserialize(deserializer)?;
        Ok(counts.into_iter().map(|(name, Count { kind, messages })| (LossCause { kind, name }, messages)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_found_by_name_and_keep_their_kind() {
        let losses = BTreeMap::from([(LossKind::Loss.into(), 3), (LossCause::cut("[a/0] | [b/0]"), 4)]);
        assert_eq!((losses["loss"], losses["[a/0] | [b/0]"]), (3, 4));
        let traffic = crate::Traffic { sent: 7, dropped: losses, ..crate::Traffic::default() };
        let text = serde_json::to_string(&traffic).unwrap();
        assert!(text.contains(r#""loss":{"kind":"loss","messages":3}"#), "{text}");
        let read: crate::Traffic = serde_json::from_str(&text).unwrap();
        let kinds: Vec<LossKind> = read.dropped.keys().map(LossCause::kind).collect();
        assert_eq!((&read, kinds), (&traffic, vec![LossKind::Cut, LossKind::Loss]));
    }

    #[test]
    #[should_panic(expected = "made with their names")]
    fn a_cut_has_no_common_name() {
        let _ = LossCause::from(LossKind::Cut);
    }
}
