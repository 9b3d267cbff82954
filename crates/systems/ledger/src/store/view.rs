//! The view of a store.

/// The part that a store plays at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It reads its disk.
    #[default]
    Reading,
    /// An operation of its disk failed; it reads the disk again soon.
    Failed,
    /// It refuses to start.
    Refused,
    /// It doubts its disk: it learns from the others, and has no vote.
    Learner,
    /// It follows the primary of its epoch, if there is one.
    Backup,
    /// It asks the others to follow it.
    Candidate,
    /// It leads its epoch.
    Primary,
}

impl Status {
    /// Whether a store may promise and vouch.
    pub fn is_member(self) -> bool {
        matches!(self, Self::Backup | Self::Candidate | Self::Primary)
    }
}

/// The view of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreView {
    /// The part that it plays.
    pub status: Status,
    /// The epoch on its disk; 0 for a learner.
    pub epoch: u64,
    /// The number of its entries.
    pub length: u64,
    /// The number of the last entry that it knows to be committed.
    pub commit: u64,
    /// The sum of all amounts up to that.
    pub balance: u64,
}
