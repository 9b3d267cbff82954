//! One life of a node: its clock, and the tasks that end with it.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cluster_sim_types::{LocalInstant, WallTime};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

/// Stands for an instant that the machine's clock cannot say.
const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);

/// One life of a node that runs on tokio, from its start until it is ended. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TokioLife {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    runtime: Handle,
    began: Instant,
    tasks: Mutex<Tasks>,
    /// Told when the last task of a life that is over is gone.
    gone: Notify,
}

#[derive(Debug, Default)]
struct Tasks {
    is_over: bool,
    spawned: u64,
    /// Those that are not gone, each with its handle once it has one.
    running: BTreeMap<u64, Option<AbortHandle>>,
}

/// Strikes a task off the list when its future is dropped, be it ended, aborted or never begun.
struct Listed {
    life: TokioLife,
    number: u64,
}

impl TokioLife {
    /// Begins a life whose tasks run on that runtime.
    pub fn begin(runtime: Handle) -> Self {
        let shared = Shared { runtime, began: Instant::now(), tasks: Mutex::default(), gone: Notify::new() };
        Self { shared: Arc::new(shared) }
    }

    /// The time since it began, by the machine's monotonic clock.
    pub fn now(&self) -> LocalInstant {
        LocalInstant::ZERO + self.shared.began.elapsed()
    }

    /// What the machine's wall clock says; zero while it stands before 1970.
    pub fn wall(&self) -> WallTime {
        #[expect(clippy::disallowed_methods, reason = "a node that really runs has the machine's clock")]
        let now = SystemTime::now();
        WallTime::ZERO + now.duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// When its clock says so.
    pub(super) fn instant(&self, local: LocalInstant) -> Instant {
        let began = self.shared.began;
        began.checked_add(local.since_zero()).unwrap_or_else(|| began + FAR)
    }

    pub(super) fn sleep_until(&self, deadline: LocalInstant) -> Pin<Box<tokio::time::Sleep>> {
        // The runtime's timers are wanted, from whatever thread.
        let _entered = self.shared.runtime.enter();
        Box::pin(tokio::time::sleep_until(self.instant(deadline)))
    }

    /// Runs a future on the runtime until it ends, is aborted, or the life is over; nothing if that is so already.
    pub fn spawn<F>(&self, future: F) -> Option<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let number = {
            let mut tasks = self.shared.tasks.lock();
            if tasks.is_over {
                return None;
            }
            tasks.spawned += 1;
            let number = tasks.spawned;
            tasks.running.insert(number, None);
            number
        };
        let listed = Listed { life: self.clone(), number };
        // No lock is held: a runtime that shuts down drops the future at once, with its code and its place on the list.
        let handle = self.shared.runtime.spawn(async move {
            // In this order the future is dropped before its place on the list, also where it never began.
            let future = future;
            let _listed = listed;
            future.await
        });
        let mut tasks = self.shared.tasks.lock();
        let is_over = tasks.is_over;
        if let Some(place) = tasks.running.get_mut(&number) {
            *place = Some(handle.abort_handle());
        }
        drop(tasks);
        if is_over {
            handle.abort();
        }
        Some(handle)
    }

    /// Ends the life: every task stops at its next await, and no other begins.
    pub fn end(&self) {
        let running: Vec<AbortHandle> = {
            let mut tasks = self.shared.tasks.lock();
            tasks.is_over = true;
            tasks.running.values().flatten().cloned().collect()
        };
        // Outside of the lock: what a task holds may be dropped right here.
        running.iter().for_each(AbortHandle::abort);
    }

    /// Whether it was ended.
    pub fn is_over(&self) -> bool {
        self.shared.tasks.lock().is_over
    }

    /// Waits until the life is over and none of its tasks holds anything any more.
    pub async fn gone(&self) {
        let mut told = pin!(self.shared.gone.notified());
        loop {
            told.as_mut().enable();
            if self.is_gone() {
                return;
            }
            told.as_mut().await;
            told.set(self.shared.gone.notified());
        }
    }

    fn is_gone(&self) -> bool {
        let tasks = self.shared.tasks.lock();
        tasks.is_over && tasks.running.is_empty()
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.life.shared.tasks.lock().running.remove(&self.number);
        if self.life.is_gone() {
            self.life.shared.gone.notify_waiters();
        }
    }
}
