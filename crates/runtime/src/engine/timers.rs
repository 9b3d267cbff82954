//! The slab of timers, which can be moved without touching the queue.
//!
//! Setting a timer that is already set moves it. A move to a later instant is one store: the queue entry stays, notices when it
//! surfaces that the timer is due later, and queues itself again. The entry of a cancelled timer surfaces without effect. So a
//! timer that every message postpones costs the queue nothing until its entry surfaces. A move to an earlier instant costs one
//! push; the old entry becomes stale.

use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

use crate::executor::TaskId;

/// The slot of a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerSlot(pub(crate) u32);

/// A slot with its generation: detects that the slot was reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerKey {
    pub(crate) slot: TimerSlot,
    pub(crate) generation: u32,
}

/// The recipient of a due timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The host of the node.
    Host,
    /// One task.
    Task(TaskId),
    /// A foreign waker, kept in the kernel.
    Other,
}

#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) node: NodeId,
    pub(crate) incarnation: Incarnation,
    /// The node's name for it; for a sleep, the path of its task.
    pub(crate) token: u64,
    pub(crate) owner: Owner,
    /// When it is due; `None` for a cancelled timer whose queue entry has not surfaced.
    pub(crate) due: Option<VirtualInstant>,
    /// When its queue entry surfaces.
    pub(crate) queued_at: VirtualInstant,
    /// The sequence number of its queue entry; other entries for this slot are stale.
    pub(crate) queued_sequence: u64,
    /// Incremented each time the slot is reused.
    pub(crate) generation: u32,
}

impl Timer {
    /// Creates a timer of a node's host.
    pub(crate) fn new(node: NodeId, incarnation: Incarnation, token: u64, due: VirtualInstant) -> Self {
        Self { node, incarnation, token, owner: Owner::Host, due: Some(due), queued_at: due, queued_sequence: 0, generation: 0 }
    }
}

/// The action for a queue entry that surfaced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Surfaced {
    /// The timer is due.
    Due,
    /// The timer was moved: queue it again for this instant.
    Later(VirtualInstant),
    /// The entry is stale.
    Stale,
}

/// A slab of timers.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    slots: Vec<Timer>,
    free: Vec<u32>,
}

impl Timers {
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Removes all timers; keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.free.clear();
    }

    pub(crate) fn insert(&mut self, timer: Timer) -> TimerSlot {
        match self.free.pop() {
            Some(slot) => {
                let free = &mut self.slots[slot as usize];
                *free = Timer { generation: free.generation, ..timer };
                TimerSlot(slot)
            }
            None => {
                self.slots.push(timer);
                TimerSlot(u32::try_from(self.slots.len() - 1).expect("timers are bounded by memory long before 2^32"))
            }
        }
    }

    pub(crate) fn get(&self, slot: TimerSlot) -> &Timer {
        &self.slots[slot.0 as usize]
    }

    pub(crate) fn get_mut(&mut self, slot: TimerSlot) -> &mut Timer {
        &mut self.slots[slot.0 as usize]
    }

    /// Lists the timers of a life that are set, in order of their slots, each with the instant at which it is due.
    pub(crate) fn armed_by(&self, node: NodeId, incarnation: Incarnation) -> Vec<(TimerKey, VirtualInstant)> {
        let slots = (0..).zip(&self.slots).filter(|(_, timer)| (timer.node, timer.incarnation) == (node, incarnation));
        // A free slot has no queue entry that could match.
        let armed = slots.filter(|(_, timer)| timer.queued_sequence != u64::MAX);
        armed.filter_map(|(slot, timer)| Some((self.key(TimerSlot(slot)), timer.due?))).collect()
    }

    /// Returns a key that detects reuse of the slot.
    pub(crate) fn key(&self, slot: TimerSlot) -> TimerKey {
        TimerKey { slot, generation: self.get(slot).generation }
    }

    /// Whether the timer is still in its slot.
    pub(crate) fn is_current(&self, key: TimerKey) -> bool {
        self.get(key.slot).generation == key.generation
    }

    /// Evaluates the queue entry `sequence` of `slot`; frees the slot of a cancelled timer.
    pub(crate) fn surface(&mut self, slot: TimerSlot, sequence: u64, now: VirtualInstant) -> Surfaced {
        let timer = &self.slots[slot.0 as usize];
        if timer.queued_sequence != sequence {
            return Surfaced::Stale;
        }
        match timer.due {
            Some(due) if due > now => Surfaced::Later(due),
            Some(_) => Surfaced::Due,
            None => {
                self.release(slot);
                Surfaced::Stale
            }
        }
    }

    /// Frees the slot.
    pub(crate) fn release(&mut self, slot: TimerSlot) {
        // No queue entry has this sequence, so a stale one cannot match the slot's next timer.
        let timer = &mut self.slots[slot.0 as usize];
        timer.queued_sequence = u64::MAX;
        timer.generation = timer.generation.wrapping_add(1);
        self.free.push(slot.0);
    }
}
