//! [`Claim`]: how many nodes of a group a system claims to survive the loss of.

use std::fmt;

/// The most nodes of a group that may be down at once while the rules of a scenario must hold.
///
/// Declared with [`Scenario::survives`](crate::Scenario::survives). The members of a group that have different shards count apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a claim is declared with `Scenario::survives`"]
pub struct Claim {
    /// A group, or a set named as in `zone:a`.
    pub(crate) set: String,
    /// Absent for a minority.
    pub(crate) most: Option<u32>,
}

impl Claim {
    /// Claims that the system survives while less than half of a group is down: 1 of 3, 2 of 5, none of 2.
    pub fn minority_of(group: &str) -> Self {
        Self { set: group.to_owned(), most: None }
    }

    /// Claims that the system survives while at most that many nodes of a group are down.
    pub fn at_most(nodes: u32, group: &str) -> Self {
        Self { set: group.to_owned(), most: Some(nodes) }
    }

    /// The most nodes that may be down, of that many.
    pub(crate) fn most_of(&self, count: usize) -> usize {
        self.most.map_or(count.saturating_sub(1) / 2, |most| most as usize)
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            None => write!(formatter, "a minority of {}", self.set),
            Some(most) => write!(formatter, "at most {most} of {}", self.set),
        }
    }
}
