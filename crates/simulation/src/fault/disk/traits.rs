//! The node that a disk fault hits, and whether it damages the disk or crashes the node.

use super::DiskFault;

impl DiskFault {
    /// The node that it hits.
    pub(in crate::fault) fn node(&self) -> &String {
        match self {
            Self::Fail { node, .. }
            | Self::Full { node, .. }
            | Self::FailSync { node, .. }
            | Self::LyingSync { node, .. }
            | Self::BitRot { node, .. }
            | Self::RotOnRead { node, .. }
            | Self::Misdirect { node, .. }
            | Self::LostWrite { node, .. }
            | Self::StaleRead { node, .. }
            | Self::Rollback { node, .. }
            | Self::Truncate { node, .. }
            | Self::Remove { node, .. }
            | Self::AppendGarbage { node, .. }
            | Self::Slow { node, .. }
            | Self::Stall { node, .. }
            | Self::Limit { node, .. }
            | Self::Reformat { node, .. } => node,
        }
    }

    /// Whether it lets the disk lose or change what it promised, without an error.
    pub(in crate::fault) const fn damages(&self) -> bool {
        match self {
            Self::LyingSync { .. }
            | Self::BitRot { .. }
            | Self::RotOnRead { .. }
            | Self::Misdirect { .. }
            | Self::LostWrite { .. }
            | Self::StaleRead { .. }
            | Self::Rollback { .. }
            | Self::Truncate { .. }
            | Self::Remove { .. }
            | Self::AppendGarbage { .. }
            | Self::Reformat { .. } => true,
            Self::Fail { .. }
            | Self::Full { .. }
            | Self::FailSync { .. }
            | Self::Slow { .. }
            | Self::Stall { .. }
            | Self::Limit { .. } => false,
        }
    }

    /// Whether it crashes its node.
    pub(in crate::fault) const fn crashes(&self) -> bool {
        matches!(self, Self::Rollback { .. } | Self::Reformat { .. })
    }
}
