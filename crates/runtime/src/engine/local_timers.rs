//! The deadlines of the timers of a node whose clock is skewed.
//!
//! A timer is set in local time and queued in simulated time. While a node's clocks are true, one follows from the other; for a
//! node with skewed clocks this table keeps the deadline, so that each turn of the clock maps its timers anew.

use std::collections::BTreeMap;

use cluster_sim_types::VirtualInstant;

use super::timers::{TimerKey, TimerSlot};

/// The wait of an armed timer, by the node's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalTimer {
    /// The generation of its slot.
    pub(super) generation: u32,
    /// The reading at which it is due.
    pub(super) deadline: u64,
    /// When it would fire by true clocks.
    pub(super) otherwise: VirtualInstant,
    /// Nanoseconds by which it fires late.
    pub(super) late_by: u64,
    /// Whether a window puts it off.
    pub(super) is_put_off: bool,
    /// The order in which timers were armed.
    pub(super) number: u64,
}

impl LocalTimer {
    /// A timer that fires when the clock reads `deadline`, exactly.
    pub(super) fn new(deadline: u64, otherwise: VirtualInstant) -> Self {
        Self { generation: 0, deadline, otherwise, late_by: 0, is_put_off: false, number: 0 }
    }
}

/// The armed timers of one node by slot. Those of slots that were reused since are stale.
#[derive(Debug, Default)]
pub(super) struct LocalTimers {
    by_slot: BTreeMap<u32, LocalTimer>,
    armed: u64,
}

impl LocalTimers {
    /// Notes what a timer waits for.
    pub(super) fn note(&mut self, key: TimerKey, timer: LocalTimer) {
        self.armed += 1;
        self.by_slot.insert(key.slot.0, LocalTimer { generation: key.generation, number: self.armed, ..timer });
    }

    /// Returns what a timer waits for.
    pub(super) fn get(&self, key: TimerKey) -> Option<&LocalTimer> {
        self.by_slot.get(&key.slot.0).filter(|timer| timer.generation == key.generation)
    }

    /// Removes a timer that fires.
    pub(super) fn remove(&mut self, key: TimerKey) -> Option<LocalTimer> {
        let timer = self.get(key).copied()?;
        self.by_slot.remove(&key.slot.0);
        Some(timer)
    }

    /// Whether no armed timer fires late or put off.
    pub(super) fn are_exact(&self) -> bool {
        self.by_slot.values().all(|timer| timer.late_by == 0 && !timer.is_put_off)
    }

    /// The timers that would have fired by now by true clocks, stale ones too.
    pub(super) fn overdue(&self, now: VirtualInstant) -> impl Iterator<Item = TimerKey> {
        let is_overdue = move |(_, timer): &(&u32, &LocalTimer)| timer.otherwise < now && timer.late_by == 0 && !timer.is_put_off;
        let key = |(slot, timer): (&u32, &LocalTimer)| TimerKey { slot: TimerSlot(*slot), generation: timer.generation };
        self.by_slot.iter().filter(is_overdue).map(key)
    }

    /// Takes all timers out, in the order in which they were armed.
    pub(super) fn take(&mut self) -> Vec<(TimerKey, LocalTimer)> {
        let key = |slot, timer: &LocalTimer| TimerKey { slot: TimerSlot(slot), generation: timer.generation };
        let mut all: Vec<_> =
            std::mem::take(&mut self.by_slot).into_iter().map(|(slot, timer)| (key(slot, &timer), timer)).collect();
        all.sort_by_key(|(_, timer)| timer.number);
        all
    }

    /// Puts back a timer that was taken out.
    pub(super) fn put_back(&mut self, key: TimerKey, timer: LocalTimer) {
        self.by_slot.insert(key.slot.0, timer);
    }
}
