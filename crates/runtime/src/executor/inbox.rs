//! Where wakes come in that do not come from a poll of their own run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};

use super::thread::{ThreadId, here};
use super::waker::WakerId;

/// How many simulations with async nodes may live at once in a process.
pub(super) const SLOTS_MAX: usize = 1 << 12;

/// The inboxes of all slots. Slots are handed on from run to run and never taken away: a waker may outlive its run.
static INBOXES: RwLock<Vec<Arc<Inbox>>> = RwLock::new(Vec::new());

/// The slots that no run holds, each with the generation of tasks that its next run begins at.
static FREE: Mutex<Vec<(u16, u32)>> = Mutex::new(Vec::new());

/// One run's inbox.
struct Inbox {
    has_mail: AtomicBool,
    mail: Mutex<Vec<Mail>>,
}

/// A wake from outside.
#[derive(Clone, Copy)]
pub(super) struct Mail {
    pub(super) word: WakerId,
    /// The thread it came from.
    pub(super) from: ThreadId,
}

/// Leaves a wake for the run that holds the slot.
pub(super) fn post(word: WakerId) {
    let Some(inbox) = INBOXES.read().get(usize::from(word.slot)).map(Arc::clone) else { return };
    inbox.mail.lock().push(Mail { word, from: here() });
    inbox.has_mail.store(true, Ordering::Release);
}

/// A run's hold on a slot.
pub(super) struct Mailbox {
    pub(super) slot: u16,
    /// Tasks of earlier runs in this slot had lower generations, so that their wakers reach nobody in this one.
    pub(super) first_generation: u32,
    /// What the next run in this slot begins at.
    pub(super) next_generation: u32,
    inbox: Arc<Inbox>,
}

impl Mailbox {
    /// Takes a free slot.
    ///
    /// # Panics
    /// If 4,096 simulations with async nodes live already.
    pub(super) fn take() -> Self {
        let (slot, first_generation) = FREE.lock().pop().unwrap_or_else(|| {
            let mut inboxes = INBOXES.write();
            assert!(inboxes.len() < SLOTS_MAX, "more than {SLOTS_MAX} simulations with async nodes live at once; drop some");
            inboxes.push(Arc::new(Inbox { has_mail: AtomicBool::new(false), mail: Mutex::default() }));
            ((inboxes.len() - 1) as u16, 0)
        });
        let inbox = Arc::clone(&INBOXES.read()[usize::from(slot)]);
        Self { slot, first_generation, next_generation: first_generation.wrapping_add(1), inbox }
    }

    /// Whether any wake waits.
    #[inline]
    pub(super) fn has_mail(&self) -> bool {
        self.inbox.has_mail.load(Ordering::Relaxed)
    }

    /// Empties the inbox, in the order in which the wakes came.
    pub(super) fn empty(&self) -> Vec<Mail> {
        self.inbox.has_mail.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.inbox.mail.lock())
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        drop(self.empty());
        FREE.lock().push((self.slot, self.next_generation));
    }
}
