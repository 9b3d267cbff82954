//! One life of a node on tokio: its clock, and its tasks.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cluster_sim_types::{LocalInstant, WallTime};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

/// Replaces instants beyond the range of the machine's clock.
const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);

/// One life of a node that runs on tokio, from its start to its end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TokioLife {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    runtime: Handle,
    began: Instant,
    tasks: Mutex<Tasks>,
    /// Until when the life has to end, once it was asked to.
    deadline: watch::Sender<Option<LocalInstant>>,
    /// Notified when the last task of an ended life is dropped.
    all_dropped: Notify,
}

#[derive(Debug, Default)]
struct Tasks {
    is_over: bool,
    spawned: u64,
    /// Tasks that are not dropped yet, each with its handle once it has one.
    running: BTreeMap<u64, Option<AbortHandle>>,
}

/// Removes a task from the list when its future is dropped, whether finished, aborted or never polled.
struct TaskEntry {
    life: TokioLife,
    number: u64,
}

impl TokioLife {
    /// Starts a life whose tasks run on `runtime`.
    pub fn begin(runtime: Handle) -> Self {
        let shared = Shared {
            runtime,
            began: Instant::now(),
            tasks: Mutex::default(),
            deadline: watch::Sender::new(None),
            all_dropped: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Returns the time since the start of the life, by the machine's monotonic clock.
    pub fn now(&self) -> LocalInstant {
        LocalInstant::ZERO + self.shared.began.elapsed()
    }

    /// Reads the machine's wall clock; zero before 1970.
    pub fn wall(&self) -> WallTime {
        #[expect(clippy::disallowed_methods, reason = "a node that really runs has the machine's clock")]
        let now = SystemTime::now();
        WallTime::ZERO + now.duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// Converts to an instant of tokio's clock.
    pub(super) fn instant(&self, local: LocalInstant) -> Instant {
        let began = self.shared.began;
        began.checked_add(local.since_zero()).unwrap_or_else(|| began + FAR)
    }

    pub(super) fn sleep_until(&self, deadline: LocalInstant) -> Pin<Box<tokio::time::Sleep>> {
        // Creating the timer needs the runtime, on any thread.
        let _entered = self.shared.runtime.enter();
        Box::pin(tokio::time::sleep_until(self.instant(deadline)))
    }

    /// Runs a future until it finishes, is aborted, or the life ends; `None` if it has ended.
    pub fn spawn<F>(&self, future: F) -> Option<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let entry = self.enter_task()?;
        let number = entry.number;
        // Hold no lock: a runtime that shuts down drops the future here, which runs its code and removes its entry.
        let handle = self.shared.runtime.spawn(async move {
            // This order drops the future before its entry, even if it was never polled.
            let future = future;
            let _entry = entry;
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

    /// Enters a task into the list; `None` if the life has ended.
    fn enter_task(&self) -> Option<TaskEntry> {
        let mut tasks = self.shared.tasks.lock();
        if tasks.is_over {
            return None;
        }
        tasks.spawned += 1;
        let number = tasks.spawned;
        tasks.running.insert(number, None);
        Some(TaskEntry { life: self.clone(), number })
    }

    /// As [`spawn`](Self::spawn), for a future that stays in the thread in which `make` makes it.
    pub fn spawn_local<F>(&self, make: impl FnOnce() -> F + Send + 'static) -> Option<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        let life = self.clone();
        self.spawn(async move {
            // The life ended meanwhile, which aborts this task.
            let Some(entry) = life.enter_task() else { return pending().await };
            // Closes when this task is aborted.
            let (_guard, stopped) = oneshot::channel::<Infallible>();
            let runtime = life.shared.runtime.clone();
            let thread = life.shared.runtime.spawn_blocking(move || {
                // Dropped after the future.
                let _entry = entry;
                runtime.block_on(unless_stopped(make, stopped))
            });
            match thread.await {
                Ok(Some(output)) => output,
                // It was aborted, or the runtime shuts down.
                Ok(None) => pending().await,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    Err(_) => pending().await,
                },
            }
        })
    }

    /// Asks the code of the life to stop within that time.
    pub fn ask_to_stop(&self, within: Duration) {
        self.shared.deadline.send_replace(Some(self.now() + within));
    }

    /// Returns until when the life has to end; `None` if it was not asked to stop.
    pub fn stop_deadline(&self) -> Option<LocalInstant> {
        *self.shared.deadline.borrow()
    }

    /// Waits until the life is asked to stop; returns its deadline.
    pub async fn stopping(&self) -> LocalInstant {
        let mut deadline = self.shared.deadline.subscribe();
        let asked = deadline.wait_for(Option::is_some).await;
        asked.ok().and_then(|deadline| *deadline).expect("the sender lives as long as this life")
    }

    /// Ends the life: aborts every task at its next await, and refuses new ones.
    pub fn end(&self) {
        let running: Vec<AbortHandle> = {
            let mut tasks = self.shared.tasks.lock();
            tasks.is_over = true;
            tasks.running.values().flatten().cloned().collect()
        };
        // Outside the lock: aborting may drop what a task holds right here.
        running.iter().for_each(AbortHandle::abort);
    }

    /// Whether the life has ended.
    pub fn is_over(&self) -> bool {
        self.shared.tasks.lock().is_over
    }

    /// Waits until the life has ended and all of its tasks are dropped.
    pub async fn gone(&self) {
        let mut notified = pin!(self.shared.all_dropped.notified());
        loop {
            notified.as_mut().enable();
            if self.is_done() {
                return;
            }
            notified.as_mut().await;
            notified.set(self.shared.all_dropped.notified());
        }
    }

    fn is_done(&self) -> bool {
        let tasks = self.shared.tasks.lock();
        tasks.is_over && tasks.running.is_empty()
    }
}

/// Runs a future until it finishes; `None` once the other end of `stopped` is dropped.
async fn unless_stopped<F: Future>(make: impl FnOnce() -> F, mut stopped: oneshot::Receiver<Infallible>) -> Option<F::Output> {
    let mut future = pin!(make());
    poll_fn(|context| match Pin::new(&mut stopped).poll(context) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => future.as_mut().poll(context).map(Some),
    })
    .await
}

impl Drop for TaskEntry {
    fn drop(&mut self) {
        self.life.shared.tasks.lock().running.remove(&self.number);
        if self.life.is_done() {
            self.life.shared.all_dropped.notify_waiters();
        }
    }
}
