//! Leaves a sector old, new, torn, or with garbage.

use std::ops::Range;

use cluster_sim_runtime::{Roll, finalize};

use super::super::rules::CrashRules;

/// The bytes that are left of an unsynced sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SectorFate {
    /// The old bytes.
    Lost,
    /// The new bytes.
    Kept,
    /// New bytes up to a place, then old ones; the place is a share of the bytes that were written.
    TornPrefix(u64),
    /// Old bytes up to a place, then new ones.
    TornSuffix(u64),
    /// Each byte old or new, by these bits.
    TornSubset(u64),
    /// Bytes that no node wrote, made of this number.
    Garbage(u64),
}

/// The bits of a value that tell the kind of fate; those above are its detail.
const KIND_BITS: u32 = 8;

impl SectorFate {
    /// Old or new, with equal chances.
    pub(super) fn of_subset(roll: Roll) -> u64 {
        if roll.below(2) == 0 { Self::Lost } else { Self::Kept }.value()
    }

    /// Any fate that the rules allow.
    pub(super) fn of_mix(roll: Roll, rules: CrashRules) -> u64 {
        let detail = finalize(roll.0) >> KIND_BITS;
        match roll.below(8) {
            0 | 1 => Self::Lost,
            4 if rules.torn_sectors => Self::TornPrefix(detail),
            5 if rules.torn_sectors => Self::TornSuffix(detail),
            6 if rules.torn_sectors => Self::TornSubset(detail),
            7 if rules.garbage => Self::Garbage(detail),
            _ => Self::Kept,
        }
        .value()
    }

    /// The fate as the value of a choice; 0 for the canonical one.
    fn value(self) -> u64 {
        let (kind, detail) = match self {
            Self::Lost => (0, 0),
            Self::Kept => (1, 0),
            Self::TornPrefix(detail) => (2, detail),
            Self::TornSuffix(detail) => (3, detail),
            Self::TornSubset(detail) => (4, detail),
            Self::Garbage(detail) => (5, detail),
        };
        kind | detail << KIND_BITS
    }

    pub(super) fn of_value(value: u64) -> Self {
        let detail = value >> KIND_BITS;
        match value & 0xff {
            0 => Self::Lost,
            1 => Self::Kept,
            2 => Self::TornPrefix(detail),
            3 => Self::TornSuffix(detail),
            4 => Self::TornSubset(detail),
            _ => Self::Garbage(detail),
        }
    }

    /// Overwrites the old bytes of a sector with what is left of the new ones.
    ///
    /// `grown` are those that the old file did not have: nothing there was synced, even where both are zeros.
    pub(super) fn apply(self, old: &mut [u8], new: &[u8], grown: Range<usize>, rules: CrashRules) {
        let is_written = |index: usize, old: u8| old != new[index] || grown.contains(&index);
        let written = |old: &[u8]| {
            let first = old.iter().enumerate().position(|(index, byte)| is_written(index, *byte))?;
            let last = old.iter().enumerate().rposition(|(index, byte)| is_written(index, *byte))?;
            Some((first, last))
        };
        match self {
            Self::Lost => {}
            Self::Kept => old.copy_from_slice(new),
            Self::TornPrefix(share) => {
                let Some((first, last)) = written(old) else { return };
                let end = place(share, first, last);
                old[..end].copy_from_slice(&new[..end]);
            }
            Self::TornSuffix(share) => {
                let Some((first, last)) = written(old) else { return };
                let start = place(share, first, last);
                old[start..].copy_from_slice(&new[start..]);
            }
            Self::TornSubset(bits) => {
                for (index, byte) in old.iter_mut().enumerate() {
                    if (finalize(bits ^ (index as u64 / 64)) >> (index % 64)) & 1 == 1 {
                        *byte = new[index];
                    }
                }
            }
            Self::Garbage(number) => {
                for (index, byte) in old.iter_mut().enumerate() {
                    if !rules.powersafe_overwrite || is_written(index, *byte) {
                        *byte = finalize(number ^ ((index as u64) << 48)) as u8;
                    }
                }
            }
        }
    }
}

/// A place between the first and the last byte that was written, so that there are new bytes before it and, if there are two or
/// more, old ones after it.
fn place(share: u64, first: usize, last: usize) -> usize {
    first + 1 + (share % (last - first).max(1) as u64) as usize
}
