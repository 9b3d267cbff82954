//! Timers of all nodes, armed and moved without touching the queue where that can be avoided.

use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

use crate::executor::TaskId;

/// A timer of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerSlot(pub(crate) u32);

/// A timer that may be gone by now, with its place taken by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerKey {
    pub(crate) slot: TimerSlot,
    pub(crate) generation: u32,
}

/// Who is told that a timer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// What runs on the node.
    Host,
    /// One task.
    Task(TaskId),
    /// A foreign waker, kept beside.
    Other,
}

#[derive(Debug)]
pub(crate) struct Timer {
    pub(crate) node: NodeId,
    pub(crate) incarnation: Incarnation,
    /// The node's own name for it; the path of a task whose sleep it is.
    pub(crate) token: u64,
    pub(crate) owner: Owner,
    /// When it is due; nothing for a timer that was disarmed while its queue entry is still under way.
    pub(crate) due: Option<VirtualInstant>,
    /// When its queue entry surfaces.
    pub(crate) queued_at: VirtualInstant,
    /// Which queue entry is its own; others that name this slot are left over.
    pub(crate) queued_sequence: u64,
    /// Counts the tenants of the slot.
    pub(crate) generation: u32,
}

impl Timer {
    /// A timer of a node's host that is due then.
    pub(crate) fn new(node: NodeId, incarnation: Incarnation, token: u64, due: VirtualInstant) -> Self {
        Self { node, incarnation, token, owner: Owner::Host, due: Some(due), queued_at: due, queued_sequence: 0, generation: 0 }
    }
}

/// What to do about a queue entry that surfaced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Surfaced {
    /// The timer is due.
    Due,
    /// It was moved to later: queue it again for then.
    Later(VirtualInstant),
    /// Nobody waits for this entry.
    Nobody,
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

    /// Forgets all timers, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
        self.free.clear();
    }

    pub(crate) fn insert(&mut self, timer: Timer) -> TimerSlot {
        match self.free.pop() {
            Some(slot) => {
                let place = &mut self.slots[slot as usize];
                *place = Timer { generation: place.generation, ..timer };
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

    /// The name of the timer in that slot as long as it is there.
    pub(crate) fn key(&self, slot: TimerSlot) -> TimerKey {
        TimerKey { slot, generation: self.get(slot).generation }
    }

    /// Whether the timer is still in its slot.
    pub(crate) fn is_there(&self, key: TimerKey) -> bool {
        self.get(key.slot).generation == key.generation
    }

    /// Judges the queue entry `sequence` of `slot`, and frees the slot unless it is queued again.
    pub(crate) fn surface(&mut self, slot: TimerSlot, sequence: u64, now: VirtualInstant) -> Surfaced {
        let timer = &self.slots[slot.0 as usize];
        if timer.queued_sequence != sequence {
            return Surfaced::Nobody;
        }
        match timer.due {
            Some(due) if due > now => Surfaced::Later(due),
            Some(_) => Surfaced::Due,
            None => {
                self.release(slot);
                Surfaced::Nobody
            }
        }
    }

    /// Makes the slot free for another timer.
    pub(crate) fn release(&mut self, slot: TimerSlot) {
        // No queue entry has this sequence, so one that is left over cannot be taken for that of the slot's next timer.
        let timer = &mut self.slots[slot.0 as usize];
        timer.queued_sequence = u64::MAX;
        timer.generation = timer.generation.wrapping_add(1);
        self.free.push(slot.0);
    }
}
