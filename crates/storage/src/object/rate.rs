//! Limits of requests per second.

use std::time::Duration;

use cluster_sim_types::VirtualInstant;

const SECOND: u64 = 1_000_000_000;

/// Whether one more request is served now at that rate per second; `due` is when it would come if all came evenly.
///
/// Bursts of one second's requests pass: the virtual scheduling algorithm of ITU-T I.371, with that tolerance.
pub(super) fn serves(due: &mut VirtualInstant, now: VirtualInstant, rate: u64) -> bool {
    let interval = SECOND / rate;
    if due.saturating_since(now) > Duration::from_nanos(SECOND.saturating_sub(interval)) {
        return false;
    }
    *due = (*due).max(now).after_nanoseconds(interval);
    true
}
