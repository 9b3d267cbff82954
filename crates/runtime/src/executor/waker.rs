//! Wakers as integers.
//!
//! The data word of a waker is not a pointer: it names a run's inbox, a task's place and its tenant. Cloning and dropping do nothing, and
//! nothing is ever reached through the word, so a waker may go to any thread and outlive its simulation.

use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::context::try_entered;
use super::inbox::{self, SLOTS_MAX};
use super::task::TaskId;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the simulator keeps 64 bits in the data word of a waker: build it for a 64-bit target");

const SLOT_BITS: u32 = SLOTS_MAX.trailing_zeros();
const INDEX_BITS: u32 = 20;

/// How many tasks may live at once in one simulation.
pub(super) const TASKS_MAX: u32 = 1 << INDEX_BITS;

/// Which task of which running simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WakerId {
    /// The inbox of the run.
    pub(super) slot: u16,
    pub(super) task: TaskId,
}

impl WakerId {
    const fn pack(self) -> usize {
        let place = (self.slot as usize) << INDEX_BITS | self.task.index as usize;
        place << 32 | self.task.generation as usize
    }

    const fn unpack(packed: usize) -> Self {
        let place = packed >> 32;
        let index = (place & (TASKS_MAX as usize - 1)) as u32;
        Self { slot: (place >> INDEX_BITS) as u16, task: TaskId { index, generation: packed as u32 } }
    }

    /// The word of a waker, if it is one of ours.
    #[inline]
    pub(super) fn of(waker: &Waker) -> Option<Self> {
        ptr::eq(waker.vtable(), &raw const VTABLE).then(|| Self::unpack(waker.data().addr()))
    }

    /// The waker of this word.
    #[inline]
    #[expect(unsafe_code, reason = "the only way to a waker that costs neither an allocation nor an atomic operation")]
    pub(super) fn waker(self) -> Waker {
        // SAFETY: the functions of the table take the data as a number and never as a pointer, so whatever the number is, on whatever
        // thread and however late they are called, they touch no memory through it. Cloning keeps the number; dropping has nothing to free.
        unsafe { Waker::from_raw(raw(self.pack())) }
    }
}

const _: () = assert!(SLOT_BITS + INDEX_BITS == 32, "slot and place share the upper half of the word");

static VTABLE: RawWakerVTable = RawWakerVTable::new(|data| raw(data.addr()), wake, wake, |_| ());

const fn raw(packed: usize) -> RawWaker {
    RawWaker::new(ptr::without_provenance(packed), &VTABLE)
}

/// Wakes a task: at once in a poll of its own run, by way of the inbox from anywhere else.
fn wake(data: *const ()) {
    let word = WakerId::unpack(data.addr());
    let here = try_entered(|core| {
        let ours = core.kernel.tasks.mailbox.as_ref().is_some_and(|mailbox| mailbox.slot == word.slot);
        if ours {
            core.kernel.make_ready(word.task);
        }
        ours
    });
    if here != Some(true) {
        inbox::post(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_survives_packing() {
        for slot in [0, 1, SLOTS_MAX as u16 - 1] {
            for index in [0, 7, TASKS_MAX - 1] {
                for generation in [0, 1, u32::MAX] {
                    let word = WakerId { slot, task: TaskId { index, generation } };
                    assert_eq!(WakerId::unpack(word.pack()), word);
                    assert_eq!(WakerId::of(&word.waker().clone()), Some(word));
                }
            }
        }
    }

    #[test]
    fn a_waker_of_somebody_else_is_not_taken_for_ours() {
        assert_eq!(WakerId::of(Waker::noop()), None);
    }
}
