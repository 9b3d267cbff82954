//! Entries of a log: their bytes, and the chain that links each to all before it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use cluster_sim_node::NodeId;
use serde::{Deserialize, Serialize};

/// The identity of an entry: the term in which a leader created it, and its index.
///
/// Ordered as logs are compared: of two logs the one with the higher last position is at least as up to date (§3.6.1). An index and a
/// term together name one entry for ever (§3.5, Log Matching).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct EntryId {
    /// The term; 0 before the first entry.
    pub term: u64,
    /// The index, from 1 on; 0 before the first entry.
    pub index: u64,
}

impl fmt::Display for EntryId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of term {}", self.index, self.term)
    }
}

/// The voters of a configuration, in order, each once. Clones share the list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Members(Arc<[NodeId]>);

impl FromIterator<NodeId> for Members {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut nodes: Vec<NodeId> = nodes.into_iter().collect();
        nodes.sort_unstable();
        nodes.dedup();
        Self(nodes.into())
    }
}

impl Members {
    /// Returns the voters in order.
    pub fn as_slice(&self) -> &[NodeId] {
        &self.0
    }

    /// Whether a node is a voter.
    pub fn contains(&self, node: NodeId) -> bool {
        self.0.binary_search(&node).is_ok()
    }

    /// Returns how many voters decide together: more than half.
    pub fn majority(&self) -> usize {
        self.0.len() / 2 + 1
    }

    /// Returns the greatest value that a majority has reached, if `reached` tells that of each voter; the default of no voters.
    pub(crate) fn quorum_of<T: Ord + Default>(&self, reached: impl FnMut(NodeId) -> T) -> T {
        let mut all: Vec<T> = self.0.iter().copied().map(reached).collect();
        all.sort_unstable_by(|one, other| other.cmp(one));
        all.into_iter().nth(self.0.len() / 2).unwrap_or_default()
    }
}

/// The content of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryContent {
    /// The first entry of a leader's term: once it is committed, so is all before it (§3.6.2, §6.4).
    Blank,
    /// A command for the state machine.
    Command(Bytes),
    /// A configuration, in force from here on (§4.1).
    Members(Members),
}

/// An entry of a log.
///
/// In journals and messages it is bytes: the term, the chain, a byte for the kind of content, and the content. So an entry is encoded once,
/// by the leader that creates it, and shared from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The term of the leader that created it.
    pub term: u64,
    /// The hash of the entry and of all before it.
    ///
    /// Raft does not need it: equal positions imply equal logs. It lets a follower notice at once if that should ever be wrong.
    pub chain: u64,
    /// Its content.
    pub content: EntryContent,
}

const HEADER: usize = 17;

impl Entry {
    /// Creates the entry that follows one with the chain `before`, as bytes.
    pub(crate) fn following(before: u64, term: u64, content: &EntryContent) -> Bytes {
        let (kind, content) = match content {
            EntryContent::Blank => (0, Bytes::new()),
            EntryContent::Command(command) => (1, command.clone()),
            EntryContent::Members(members) => (2, postcard::to_stdvec(members).expect("a list can be encoded").into()),
        };
        let chain = link(before, term, kind, &content);
        [&term.to_le_bytes(), &chain.to_le_bytes(), &[kind][..], &content].concat().into()
    }

    /// Reads the bytes of an entry; `None` if they are none. A command shares them.
    pub fn decode(bytes: &Bytes) -> Option<Self> {
        let content = match *bytes.get(HEADER - 1)? {
            0 => EntryContent::Blank,
            1 => EntryContent::Command(bytes.slice(HEADER..)),
            2 => EntryContent::Members(postcard::from_bytes(&bytes[HEADER..]).ok()?),
            _ => return None,
        };
        Some(Self { term: number(bytes, 0), chain: number(bytes, 8), content })
    }

    /// Whether bytes are an entry that follows one with the chain `before`.
    pub(crate) fn is_linked(before: u64, bytes: &Bytes) -> bool {
        bytes.len() >= HEADER && chain_of(bytes) == link(before, term_of(bytes), bytes[HEADER - 1], &bytes[HEADER..])
    }
}

/// Returns the term of an entry.
pub(crate) fn term_of(entry: &Bytes) -> u64 {
    number(entry, 0)
}

/// Returns the chain of an entry.
pub(crate) fn chain_of(entry: &Bytes) -> u64 {
    number(entry, 8)
}

fn number(bytes: &Bytes, at: usize) -> u64 {
    bytes.get(at..at + 8).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("it has eight bytes")))
}

/// Hashes an entry and the chain before it, eight bytes at a time. It finds mistakes, not forgeries.
fn link(before: u64, term: u64, kind: u8, content: &[u8]) -> u64 {
    let fold = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let words = content.chunks(8).map(|chunk| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    let start = fold(fold(before, term), (content.len() as u64) << 8 | u64::from(kind));
    words.fold(start, fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_written_and_linked_to_those_before() {
        let members = EntryContent::Members([NodeId(2), NodeId(0), NodeId(2)].into_iter().collect());
        for content in
            [EntryContent::Blank, EntryContent::Command("x".into()), EntryContent::Command("a longer command".into()), members]
        {
            let bytes = Entry::following(7, 3, &content);
            let entry = Entry::decode(&bytes).expect("it was encoded");
            assert_eq!((entry.term, entry.chain, &entry.content), (3, chain_of(&bytes), &content));
            assert!(Entry::is_linked(7, &bytes) && !Entry::is_linked(8, &bytes));
            for byte in 0..bytes.len() {
                let mut damaged = bytes.to_vec();
                damaged[byte] ^= 1;
                assert!(!Entry::is_linked(7, &damaged.into()), "byte {byte} of {content:?}");
            }
        }
        assert_eq!(Entry::decode(&Bytes::from_static(b"short")), None);
    }

    #[test]
    fn a_majority_has_reached_the_median() {
        let members: Members = (0..4).map(NodeId).collect();
        assert_eq!((members.majority(), members.quorum_of(|node| node.0 * 10)), (3, 10));
        let members: Members = (0..5).map(NodeId).collect();
        assert_eq!((members.majority(), members.quorum_of(|node| node.0 * 10)), (3, 20));
        assert_eq!(Members::default().quorum_of(|node| node.0), 0);
    }
}
