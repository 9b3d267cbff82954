//! Bounds the bytes of large messages in flight.
//!
//! Small messages are bounded by their number. Large ones are summed anew whenever an eighth of the budget was sent, so that neither
//! sends nor arrivals count bytes.

use cluster_sim_runtime::Exhausted;
use rustc_hash::FxHashSet;

use super::DatagramService;
use crate::network::fabric::exhaust;

/// The length from which a message is large.
pub(super) const LARGE: u32 = 4 << 10;

/// Checks within the budget.
const CHECKS: u64 = 8;

impl DatagramService<'_> {
    /// Counts a large message that is about to be sent. The run ends if those in flight are larger than its budget.
    #[cold]
    #[inline(never)]
    pub(super) fn count_large(&mut self, length: u32) {
        let bound = self.kernel.budget().bytes_in_flight;
        self.datagrams.large_sent += u64::from(length);
        if self.datagrams.large_sent <= bound / CHECKS {
            return;
        }
        self.datagrams.large_sent = 0;
        let bytes = self.large_in_flight() + u64::from(length);
        if bytes > bound {
            exhaust(self.kernel, bytes, (bound, "bytes"), Exhausted::BytesInFlight(bound));
        }
    }

    /// Sums the bytes of the large messages in flight; copies of one message count once.
    fn large_in_flight(&self) -> u64 {
        let mut seen = FxHashSet::default();
        let large = self.datagrams.flights.used().filter(|flight| flight.length >= LARGE);
        let unseen = large.filter(|flight| seen.insert((flight.message().kind.number(), flight.slot)));
        unseen.map(|flight| u64::from(flight.length)).sum()
    }
}
