//! Flips bits.

use std::collections::BTreeSet;

use cluster_sim_runtime::finalize;

use crate::disk::fault_rules::Rot;

/// Flips bits within adjacent bytes, at places that `pick` picks among that many.
pub(super) fn flip(bytes: &mut [u8], rot: Rot, mut pick: impl FnMut(u64) -> u64) {
    let burst = (rot.burst as usize).clamp(1, bytes.len().max(1));
    if bytes.is_empty() {
        return;
    }
    let all = burst as u64 * 8;
    // One choice decides where the burst begins and which of its bits flip.
    let choice = pick((bytes.len() - burst + 1) as u64 * all);
    let (start, first) = ((choice / all) as usize, choice % all);
    let mut flipped = BTreeSet::new();
    for number in 0..u64::from(rot.bits).min(all) {
        let mut bit = if number == 0 { first } else { finalize(choice ^ number << 32) % all };
        while !flipped.insert(bit) {
            bit = (bit + 1) % all;
        }
        bytes[start + (bit / 8) as usize] ^= 1 << (bit % 8);
    }
}
