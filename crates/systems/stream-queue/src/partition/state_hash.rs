//! A hash of a state that costs as much as a change, however large the state is.

use serde::{Deserialize, Serialize};

/// The sum of the digests of all parts of a state, in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct StateHash(u64);

impl StateHash {
    pub(super) fn add(&mut self, digest: u64) {
        self.0 = self.0.wrapping_add(digest);
    }

    pub(super) fn remove(&mut self, digest: u64) {
        self.0 = self.0.wrapping_sub(digest);
    }

    pub(super) fn value(self) -> u64 {
        self.0
    }
}

/// The digest of one part: FNV-1a over its encoding, mixed so that sums of similar parts differ.
pub(super) fn digest<T: Serialize>(kind: &str, part: &T) -> u64 {
    let bytes = postcard::to_stdvec(&(kind, part)).expect("a part of a state can be encoded");
    mix(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// The finalizer of SplitMix64.
pub(super) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_removed_leaves_the_hash_from_before() {
        let mut hash = StateHash::default();
        hash.add(digest("a", &1));
        let before = hash;
        hash.add(digest("a", &2));
        assert_ne!(hash, before);
        hash.remove(digest("a", &2));
        assert_eq!(hash, before);
    }

    #[test]
    fn parts_of_two_kinds_or_values_have_two_digests() {
        let digests = [digest("a", &1), digest("b", &1), digest("a", &2), digest("", &("a", 1))];
        let different: std::collections::BTreeSet<u64> = digests.into_iter().collect();
        assert_eq!(different.len(), digests.len());
    }
}
