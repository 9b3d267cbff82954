//! Due times of events at a constant rate.

use std::time::Duration;

use cluster_sim_node::Roll;

use crate::config::Config;

/// Ticks at a constant rate: tick n is due n / rate after the start.
///
/// Each due time is computed from the start rather than from the previous tick, so rounding errors do not accumulate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// The instant at which the rate takes effect, as the time since boot.
    pub start: Duration,
    /// Ticks per second.
    pub rate_per_sec: f64,
}

impl Pace {
    /// Returns the due time of tick `number`; `None` for a rate of zero.
    pub(crate) fn tick(self, number: u64) -> Option<Duration> {
        let nanoseconds = number as f64 * 1e9 / self.rate_per_sec;
        // A rate so low that the tick is beyond representable time counts as zero.
        (self.rate_per_sec > 0.0 && nanoseconds < u64::MAX as f64)
            .then(|| self.start.saturating_add(Duration::from_nanos(nanoseconds as u64)))
    }

    /// Returns the time between two ticks; `None` for a rate of zero.
    pub(crate) fn interval(self) -> Option<Duration> {
        Self { start: Duration::ZERO, ..self }.tick(1)
    }
}

/// The ticks of a client at a constant rate, numbered from 0 (EDGE-08).
#[derive(Debug)]
pub(crate) struct Ticks {
    pace: Pace,
    next: u64,
}

impl Ticks {
    /// Creates ticks of which the first is due at once; a rate of zero has none.
    pub(crate) fn at(rate_per_sec: f64) -> Self {
        Self { pace: Pace { start: Duration::ZERO, rate_per_sec }, next: 0 }
    }

    /// Moves the first tick to a random phase within one interval.
    pub(crate) fn begin(&mut self, phase: Roll) {
        if let Some(interval) = self.pace.interval() {
            self.pace.start = phase.within(interval);
        }
    }

    /// Returns the due time of the next tick.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.pace.tick(self.next)
    }

    /// Advances to the following tick and returns the number of this one.
    pub(crate) fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Skips the ticks due up to and including `now`.
    pub(crate) fn pass(&mut self, now: Duration) {
        while self.due().is_some_and(|due| due <= now) {
            self.next += 1;
        }
    }
}

/// The due times of the source's own writes (EDGE-02, EDGE-36).
///
/// A rate applies from the instant of its change up to and including the instant of the next. Its i-th write, counted from 1, is
/// due i / rate after its start. Of several changes at one instant the last one counts.
#[derive(Debug)]
pub(crate) struct MutationSchedule {
    /// All rates, in order of start.
    rates: Vec<Pace>,
    /// The index of the current rate.
    rate: usize,
    /// The number of the next write at this rate.
    number: u64,
}

impl MutationSchedule {
    pub(crate) fn new(config: &Config) -> Self {
        let mut rates = vec![Pace { start: Duration::ZERO, rate_per_sec: config.mutation_rate_per_sec }];
        rates.extend(config.rate_changes.iter().map(|change| Pace { start: change.at, rate_per_sec: change.rate_per_sec }));
        // A stable sort, so that changes at one instant keep the order of the file.
        rates.sort_by_key(|rate| rate.start);
        Self { rates, rate: 0, number: 1 }
    }

    /// Returns the due time of the next write; `None` if there is none.
    pub(crate) fn due(&mut self) -> Option<Duration> {
        loop {
            let due = self.rates.get(self.rate)?.tick(self.number);
            let end = self.rates.get(self.rate + 1).map(|next| next.start);
            match (due, end) {
                (Some(due), Some(end)) if due <= end => return Some(due),
                (due, None) => return due,
                _ => (self.rate, self.number) = (self.rate + 1, 1),
            }
        }
    }

    /// Advances to the following write.
    pub(crate) fn advance(&mut self) {
        self.number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RateChange;
    use crate::fixture::{config, milliseconds};

    fn instants(first: f64, changes: &[(u64, f64)], until: u64) -> Vec<u64> {
        let rate_changes =
            changes.iter().map(|(at, rate_per_sec)| RateChange { at: milliseconds(*at), rate_per_sec: *rate_per_sec }).collect();
        let mut schedule = MutationSchedule::new(&Config { mutation_rate_per_sec: first, rate_changes, ..config() });
        let mut instants = Vec::new();
        while let Some(due) = schedule.due().filter(|due| *due <= milliseconds(until)) {
            instants.push(due.as_millis() as u64);
            schedule.advance();
        }
        instants
    }

    #[test]
    fn edge_02_ten_writes_a_second_are_a_tenth_of_a_second_apart() {
        assert_eq!(instants(10.0, &[], 400), [100, 200, 300, 400]);
        assert_eq!(instants(10.0, &[], 30_000).len(), 300);
    }

    #[test]
    fn edge_02_a_rate_of_zero_writes_nothing() {
        assert!(instants(0.0, &[], 1_000_000).is_empty());
    }

    #[test]
    fn edge_36_a_new_rate_counts_from_its_own_instant() {
        assert_eq!(instants(10.0, &[(250, 20.0)], 400), [100, 200, 300, 350, 400]);
        assert_eq!(instants(0.0, &[(250, 10.0)], 450), [350, 450]);
    }

    #[test]
    fn edge_36_a_lower_rate_slows_writes_and_zero_stops_them() {
        assert_eq!(instants(10.0, &[(200, 5.0)], 600), [100, 200, 400, 600]);
        assert_eq!(instants(10.0, &[(200, 0.0)], 600), [100, 200]);
        assert_eq!(instants(10.0, &[(200, 0.0), (500, 10.0)], 600), [100, 200, 600]);
    }

    #[test]
    fn edge_d20_of_two_changes_at_one_instant_the_last_one_counts() {
        assert_eq!(instants(10.0, &[(100, 1000.0), (100, 5.0)], 300), [100, 300]);
        assert_eq!(instants(10.0, &[(100, 5.0), (100, 1000.0)], 103), [100, 101, 102, 103]);
    }

    #[test]
    fn rounding_errors_do_not_accumulate() {
        let thirds = Pace { start: Duration::ZERO, rate_per_sec: 3.0 };
        assert_eq!(thirds.tick(3_000_000), Some(Duration::from_secs(1_000_000)));
        assert_eq!(thirds.interval(), Some(Duration::from_nanos(333_333_333)));
    }
}
