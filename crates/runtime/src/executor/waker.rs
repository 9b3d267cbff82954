//! Wakers as integers.
//!
//! The data word of a waker is not a pointer: it packs inbox slot, task slot and generation. Cloning and dropping do nothing, and
//! nothing is dereferenced, so a waker may move to any thread and outlive its simulation.

use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::context::try_entered;
use super::inbox::{self, SLOTS_MAX};
use super::task::TaskId;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the simulator keeps 64 bits in the data word of a waker: build it for a 64-bit target");

const SLOT_BITS: u32 = SLOTS_MAX.trailing_zeros();
const INDEX_BITS: u32 = 20;

/// Maximum number of tasks in a simulation at one time.
pub(super) const TASKS_MAX: u32 = 1 << INDEX_BITS;

/// Identifies a task of a running simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WakerId {
    /// The slot of the run's inbox.
    pub(super) slot: u16,
    pub(super) task: TaskId,
}

impl WakerId {
    pub(super) const fn pack(self) -> usize {
        let slots = (self.slot as usize) << INDEX_BITS | self.task.index as usize;
        slots << 32 | self.task.generation as usize
    }

    const fn unpack(packed: usize) -> Self {
        let slots = packed >> 32;
        let index = (slots & (TASKS_MAX as usize - 1)) as u32;
        Self { slot: (slots >> INDEX_BITS) as u16, task: TaskId { index, generation: packed as u32 } }
    }

    /// Unpacks a waker of this executor; `None` for a foreign one.
    #[inline]
    pub(super) fn of(waker: &Waker) -> Option<Self> {
        ptr::eq(waker.vtable(), &raw const VTABLE).then(|| Self::unpack(waker.data().addr()))
    }

    /// Creates the waker of a packed id.
    #[inline(always)]
    #[expect(unsafe_code, reason = "the only way to a waker that costs neither an allocation nor an atomic operation")]
    pub(super) fn waker(packed: usize) -> Waker {
        // SAFETY: the functions of the table treat the data as a number and never as a pointer, so for any number, on any thread
        // and at any time they touch no memory through it. Cloning copies the number; dropping frees nothing.
        unsafe { Waker::from_raw(raw(packed)) }
    }
}

const _: () = assert!(SLOT_BITS + INDEX_BITS == 32, "inbox slot and task slot share the upper half of the word");

static VTABLE: RawWakerVTable = RawWakerVTable::new(|data| raw(data.addr()), wake, wake, |_| ());

const fn raw(packed: usize) -> RawWaker {
    RawWaker::new(ptr::without_provenance(packed), &VTABLE)
}

/// Wakes a task: directly during a poll of its own run, through the inbox otherwise.
fn wake(data: *const ()) {
    let waker = WakerId::unpack(data.addr());
    let woken = try_entered(|core| {
        let ours = core.kernel.tasks.mailbox.as_ref().is_some_and(|mailbox| mailbox.slot == waker.slot);
        if ours {
            core.kernel.make_ready(waker.task);
        }
        ours
    });
    if woken != Some(true) {
        inbox::post(waker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waker_id_survives_packing() {
        for slot in [0, 1, SLOTS_MAX as u16 - 1] {
            for index in [0, 7, TASKS_MAX - 1] {
                for generation in [0, 1, u32::MAX] {
                    let word = WakerId { slot, task: TaskId { index, generation } };
                    assert_eq!(WakerId::unpack(word.pack()), word);
                    assert_eq!(WakerId::of(&WakerId::waker(word.pack()).clone()), Some(word));
                }
            }
        }
    }

    #[test]
    fn a_foreign_waker_is_not_unpacked() {
        assert_eq!(WakerId::of(Waker::noop()), None);
    }
}
