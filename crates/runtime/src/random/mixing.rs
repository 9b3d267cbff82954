//! The published mixing functions.
//!
//! Two integer primitives, both fixed by test vectors: a change of either changes every run ever made. [`fold`] mixes one more
//! word into a state by a folded 64 x 64 -> 128 bit multiplication (the construction of wyhash and rapidhash); [`finalize`]
//! spreads every bit of a state over all others (variant 13 of Stafford's 64-bit finalizers, the one of splitmix64).

/// Odd, without a pattern in its bits: the first 64 fractional bits of the golden ratio.
const FOLD_STATE: u64 = 0x9e37_79b9_7f4a_7c15;
/// Likewise, of the square root of 3.
const FOLD_WORD: u64 = 0xbb67_ae85_84ca_a73b;

/// Mixes `word` into `state`.
#[inline]
#[must_use]
pub const fn fold(state: u64, word: u64) -> u64 {
    let product = (state ^ FOLD_STATE) as u128 * (word ^ FOLD_WORD) as u128;
    // The rotated state is added back, so that a factor of zero cannot erase what was folded before.
    (product as u64) ^ ((product >> 64) as u64) ^ state.rotate_left(23)
}

/// Spreads every bit of `state` over the whole word.
#[inline]
#[must_use]
pub const fn finalize(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Set in the word that ends a byte string, so that the empty string differs from the number 0.
const BYTES: u64 = 1 << 63;

/// Mixes bytes into `state`, as little-endian words of eight.
///
/// The last word is padded with zeros, and the length with its highest bit set follows.
#[inline]
#[must_use]
pub const fn fold_bytes(mut state: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let mut index = 0;
    while index < words.len() {
        state = fold(state, u64::from_le_bytes(words[index]));
        index += 1;
    }
    if !rest.is_empty() {
        let (mut word, mut index) = (0, 0);
        while index < rest.len() {
            word |= (rest[index] as u64) << (8 * index);
            index += 1;
        }
        state = fold(state, word);
    }
    fold(state, bytes.len() as u64 | BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_hold_for_ever() {
        let folded =
            [(0, 0), (1, 0), (0, 1), (u64::MAX, u64::MAX), (FOLD_STATE, 7), (7, FOLD_WORD)].map(|(state, word)| fold(state, word));
        assert_eq!(
            folded,
            [
                0x2d7f3f6b1a9380b4,
                0xd0976cf6975e6ffe,
                0xb3a4b1a2995e04a0,
                0x5d804394fd1438c5,
                0xdcbfa53e0acf1bbc,
                0x0000000003800000
            ]
        );
        assert_eq!([0, 1, u64::MAX].map(finalize), [0x0000000000000000, 0x5692161d100b05e5, 0xb4d055fcf2cbbd7b]);
        assert_eq!(
            ["", "a", "edge/1", "a longer name/0"].map(|name| fold_bytes(0, name.as_bytes())),
            [0xfa1b78485a36c68f, 0xefe80e77b54f6be3, 0xc5fe176607090b55, 0xbbebd01f88157c09]
        );
    }

    #[test]
    fn every_input_bit_flips_about_half_of_the_output() {
        for bit in 0..64 {
            let moved: u32 = (0..256_u64)
                .map(|word| {
                    let word = finalize(word + 1);
                    (finalize(fold(1, word)) ^ finalize(fold(1, word ^ (1 << bit)))).count_ones()
                })
                .sum();
            let mean = f64::from(moved) / 256.0;
            assert!((30.0..34.0).contains(&mean), "bit {bit} moves {mean} bits of 64");
        }
    }
}
