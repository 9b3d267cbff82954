//! When things are due that happen so many times a second.

use std::time::Duration;

use cluster_sim_node::Roll;

use crate::config::Config;

/// Ticks at a steady rate: number n is due n / rate after the start.
///
/// Each instant is worked out from the start and not from the tick before, so that no rounding adds up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// When the rate comes into force, since the machine booted.
    pub start: Duration,
    /// Ticks per second.
    pub rate_per_sec: f64,
}

impl Pace {
    /// When tick `number` is due; nothing for a rate of zero, whose ticks never come.
    pub(crate) fn tick(self, number: u64) -> Option<Duration> {
        let nanoseconds = number as f64 * 1e9 / self.rate_per_sec;
        // A rate so low that its tick lies beyond representable time is a rate of zero.
        (self.rate_per_sec > 0.0 && nanoseconds < u64::MAX as f64)
            .then(|| self.start.saturating_add(Duration::from_nanos(nanoseconds as u64)))
    }

    /// The time between two ticks; nothing for a rate of zero.
    pub(crate) fn interval(self) -> Option<Duration> {
        Self { start: Duration::ZERO, ..self }.tick(1)
    }
}

/// Steady ticks of a client, numbered from 0, of which one comes next (EDGE-08).
#[derive(Debug)]
pub(crate) struct Ticks {
    pace: Pace,
    next: u64,
}

impl Ticks {
    /// Ticks at a steady rate, the first of which comes at once; at a rate of zero none does.
    pub(crate) fn at(rate_per_sec: f64) -> Self {
        Self { pace: Pace { start: Duration::ZERO, rate_per_sec }, next: 0 }
    }

    /// Lets the first tick come where the roll says within one interval.
    pub(crate) fn begin(&mut self, phase: Roll) {
        if let Some(interval) = self.pace.interval() {
            self.pace.start = phase.within(interval);
        }
    }

    /// When the next tick comes; nothing if none does.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.pace.tick(self.next)
    }

    /// Takes the tick that comes next, and says which one it is.
    pub(crate) fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Passes over the ticks that came up to and with `now`.
    pub(crate) fn pass(&mut self, now: Duration) {
        while self.due().is_some_and(|due| due <= now) {
            self.next += 1;
        }
    }
}

/// The instants of the source's own writes (EDGE-02, EDGE-36).
///
/// A rate is in force from the instant of its change up to and with the instant of the next; its i-th write, counted from 1, is
/// due i / rate after its start. Of several changes at one instant the last one counts.
#[derive(Debug)]
pub(crate) struct MutationSchedule {
    /// Every rate, in order of its start.
    rates: Vec<Pace>,
    /// The rate in force.
    rate: usize,
    /// The write of that rate that comes next.
    number: u64,
}

impl MutationSchedule {
    pub(crate) fn new(config: &Config) -> Self {
        let mut rates = vec![Pace { start: Duration::ZERO, rate_per_sec: config.mutation_rate_per_sec }];
        rates.extend(config.rate_changes.iter().map(|change| Pace { start: change.at, rate_per_sec: change.rate_per_sec }));
        // A stable sort: changes at one instant stay in the order of the file.
        rates.sort_by_key(|rate| rate.start);
        Self { rates, rate: 0, number: 1 }
    }

    /// When the next write is due; nothing if none is.
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

    /// Goes on to the write after this one.
    pub(crate) fn advance(&mut self) {
        self.number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RateChange;
    use crate::testing::{config, milliseconds};

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
    fn edge_36_a_lower_rate_and_zero_slow_down_and_stop() {
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
    fn rounding_does_not_add_up() {
        let thirds = Pace { start: Duration::ZERO, rate_per_sec: 3.0 };
        assert_eq!(thirds.tick(3_000_000), Some(Duration::from_secs(1_000_000)));
        assert_eq!(thirds.interval(), Some(Duration::from_nanos(333_333_333)));
    }
}
