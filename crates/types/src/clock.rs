//! Maps simulated time to the clocks of one node.

use std::time::Duration;

use crate::{LocalInstant, VirtualInstant, WallTime};

/// The clocks of one node in one life.
///
/// Without a clock fault the mapping is the identity: the monotonic clock counts from the node's boot at the pace of simulated
/// time, and the wall clock is simulated time counted from the epoch of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeClock {
    booted: VirtualInstant,
    epoch: WallTime,
}

impl NodeClock {
    /// Starts the clocks of a node at its boot.
    ///
    /// The wall clock shows `epoch` at the start of the run, the monotonic clock zero at `booted`.
    pub fn new(booted: VirtualInstant, epoch: WallTime) -> Self {
        Self { booted, epoch }
    }

    /// Returns when the node booted.
    pub const fn booted(&self) -> VirtualInstant {
        self.booted
    }

    /// Reads the monotonic clock at `now`; `None` before the boot.
    #[inline]
    pub fn local_since_boot(&self, now: VirtualInstant) -> Option<LocalInstant> {
        now.as_nanoseconds().checked_sub(self.booted.as_nanoseconds()).map(LocalInstant::from_nanoseconds)
    }

    /// Reads the monotonic clock at `now`; zero before the boot.
    pub fn local(&self, now: VirtualInstant) -> LocalInstant {
        LocalInstant::from_nanoseconds(now.as_nanoseconds().saturating_sub(self.booted.as_nanoseconds()))
    }

    /// Reads the wall clock at `now`.
    pub fn wall(&self, now: VirtualInstant) -> WallTime {
        self.epoch.after_nanoseconds(now.as_nanoseconds())
    }

    /// Returns when a timer set at `now` comes due, for `after` of local time.
    pub fn due(&self, now: VirtualInstant, after: Duration) -> VirtualInstant {
        now + after
    }
}

/// A reading of both clocks of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// The monotonic clock of the node's present life, or of its last one.
    pub local: LocalInstant,
    /// The wall clock.
    pub wall: WallTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_time_starts_at_boot_and_wall_time_at_the_epoch() {
        let booted = VirtualInstant::ZERO + Duration::from_secs(5);
        let clock = NodeClock::new(booted, WallTime::from_nanoseconds(1_000));
        let now = booted + Duration::from_secs(2);
        assert_eq!(clock.local(now).since_zero(), Duration::from_secs(2));
        assert_eq!(clock.local(VirtualInstant::ZERO), LocalInstant::ZERO);
        assert_eq!(clock.wall(now), WallTime::from_nanoseconds(7_000_001_000));
        assert_eq!(clock.due(now, Duration::from_secs(1)), now + Duration::from_secs(1));
    }
}
