//! When operations under rules pass: slow disks, stalls, limits.

use cluster_sim_types::VirtualInstant;

use super::Faults;
use super::rule::DiskRule;
use crate::operation::DiskOp;

const SECOND: u128 = 1_000_000_000;

impl Faults {
    /// Stretches the time of an operation, in nanoseconds.
    ///
    /// The slowest of several rules counts: the product of two would outlast them, and the whole run.
    pub(in crate::disk) fn stretch(&mut self, time: u64) -> u64 {
        let mut stretched = time;
        for rule in &mut self.rules {
            let DiskRule::Slow { factor, extra } = rule.what else { continue };
            let extra = u64::try_from(extra.as_nanos()).unwrap_or(u64::MAX);
            let longer = time.saturating_mul(u64::from(factor)).saturating_add(extra);
            rule.fired(longer > stretched);
            stretched = stretched.max(longer);
        }
        stretched
    }

    /// When an operation may pass; `None` while the disk is stalled.
    pub(in crate::disk) fn opens_at(&self) -> Option<VirtualInstant> {
        let is_stalled = self.rules.iter().any(|rule| rule.what == DiskRule::Stall);
        let limits = self.rules.iter().filter(|rule| matches!(rule.what, DiskRule::Limit { .. }));
        (!is_stalled).then(|| limits.map(|rule| rule.free_at).max().unwrap_or(VirtualInstant::ZERO))
    }

    /// Counts an operation that waits by the rules that make it wait.
    pub(in crate::disk) fn note_wait(&mut self, now: VirtualInstant) {
        for rule in &mut self.rules {
            match rule.what {
                DiskRule::Stall => rule.fired(true),
                DiskRule::Limit { .. } if rule.free_at > now => rule.counts.effective += 1,
                _ => {}
            }
        }
    }

    /// Lets an operation pass, which occupies the disk for a while if there is a limit.
    pub(in crate::disk) fn pass(&mut self, now: VirtualInstant, op: &DiskOp) {
        for rule in &mut self.rules {
            let DiskRule::Limit { operations, bytes } = rule.what else { continue };
            let length = match op {
                DiskOp::Read { length, .. } => u128::from(*length),
                DiskOp::Write { data, .. } | DiskOp::Append { data, .. } => data.len() as u128,
                _ => 0,
            };
            let time = |amount: u128, rate: Option<u64>| rate.map_or(0, |rate| amount * SECOND / u128::from(rate.max(1)));
            let time = u64::try_from(time(1, operations).max(time(length, bytes))).unwrap_or(u64::MAX);
            // None passes before all limits are free.
            rule.free_at = now.after_nanoseconds(time);
            rule.counts.fired += 1;
        }
    }
}
