//! Inboxes for wakes that do not come from a poll of their own run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};

use super::thread::{ThreadId, current_thread};
use super::waker::WakerId;

/// Maximum number of simulations with async nodes in a process at one time.
pub(super) const SLOTS_MAX: usize = 1 << 12;

/// The inboxes of all slots. Slots are reused by later runs and never removed: a waker may outlive its run.
static INBOXES: RwLock<Vec<Arc<Inbox>>> = RwLock::new(Vec::new());

/// Free slots, each with the first task generation of its next run.
static FREE: Mutex<Vec<(u16, u32)>> = Mutex::new(Vec::new());

struct Inbox {
    has_wakes: AtomicBool,
    wakes: Mutex<Vec<PostedWake>>,
}

/// A wake from outside.
#[derive(Clone, Copy)]
pub(super) struct PostedWake {
    pub(super) waker: WakerId,
    /// The thread that woke.
    pub(super) thread: ThreadId,
}

/// Posts a wake to the run that holds the slot.
pub(super) fn post(waker: WakerId) {
    let Some(inbox) = INBOXES.read().get(usize::from(waker.slot)).map(Arc::clone) else { return };
    inbox.wakes.lock().push(PostedWake { waker, thread: current_thread() });
    inbox.has_wakes.store(true, Ordering::Release);
}

/// Ownership of a slot by a run.
pub(super) struct Mailbox {
    pub(super) slot: u16,
    /// Tasks of earlier runs in this slot have lower generations, so their wakers match no task of this run.
    pub(super) first_generation: u32,
    /// The first generation of the next run in this slot.
    pub(super) next_generation: u32,
    inbox: Arc<Inbox>,
}

impl Mailbox {
    /// Takes a free slot.
    ///
    /// # Panics
    /// If 4,096 simulations with async nodes exist already.
    pub(super) fn take() -> Self {
        let (slot, first_generation) = FREE.lock().pop().unwrap_or_else(|| {
            let mut inboxes = INBOXES.write();
            assert!(inboxes.len() < SLOTS_MAX, "more than {SLOTS_MAX} simulations with async nodes live at once; drop some");
            inboxes.push(Arc::new(Inbox { has_wakes: AtomicBool::new(false), wakes: Mutex::default() }));
            ((inboxes.len() - 1) as u16, 0)
        });
        let inbox = Arc::clone(&INBOXES.read()[usize::from(slot)]);
        Self { slot, first_generation, next_generation: first_generation.wrapping_add(1), inbox }
    }

    #[inline]
    pub(super) fn has_wakes(&self) -> bool {
        self.inbox.has_wakes.load(Ordering::Relaxed)
    }

    /// Empties the inbox, in the order of arrival.
    pub(super) fn drain(&self) -> Vec<PostedWake> {
        self.inbox.has_wakes.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.inbox.wakes.lock())
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        drop(self.drain());
        FREE.lock().push((self.slot, self.next_generation));
    }
}
