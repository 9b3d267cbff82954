//! A folder of the machine as the disk of a node.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use super::folder::{OpenFile, execute_at, execute_on};
use crate::error::{DiskError, DiskErrorKind};
use crate::journal::OpenJournals;
use crate::operation::{DiskOp, DiskResult, FileId, MAX_OPEN};

/// A folder of the machine as the disk of a node, in one life.
///
/// Operations run on blocking threads of a tokio runtime. Those on one file take effect in the order in which they were submitted.
#[derive(Debug, Clone)]
pub struct TokioDisk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    runtime: Handle,
    state: Mutex<State>,
    /// Notified when no operation runs any longer.
    idle: Notify,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<FileId, Arc<Mutex<Slot>>>,
    next_file: u32,
    journals: OpenJournals,
    open: u32,
    running: u32,
    is_over: bool,
}

/// An open file with the operations that wait for their turn.
#[derive(Debug, Default)]
struct Slot {
    file: Option<OpenFile>,
    waiting: VecDeque<(DiskOp, oneshot::Sender<DiskResult>)>,
    is_running: bool,
}

impl TokioDisk {
    /// Makes a folder the disk of a node; creates the folder if it is missing.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn open(root: impl Into<PathBuf>, runtime: Handle) -> std::io::Result<Self> {
        let root = root.into();
        std::fs::create_dir_all(&root)?;
        Ok(Self { shared: Arc::new(Shared { root, runtime, state: Mutex::default(), idle: Notify::new() }) })
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    /// Returns a number for a file that is opened, unused so far.
    pub fn next_file(&self) -> FileId {
        let mut state = self.shared.state.lock();
        state.next_file += 1;
        FileId(state.next_file)
    }

    /// Returns the directories in which journals are open.
    pub fn open_journals(&self) -> OpenJournals {
        self.shared.state.lock().journals.clone()
    }

    /// Submits an operation; the answer comes by the future, which never resolves once the life is over.
    ///
    /// A dropped future changes nothing: the operation takes effect in its turn.
    pub fn submit(&self, op: DiskOp) -> impl Future<Output = DiskResult> + Send + Sync + use<> {
        let (answer, answered) = oneshot::channel();
        self.start(op, answer);
        async move {
            match answered.await {
                Ok(result) => result,
                Err(_) => pending().await,
            }
        }
    }

    fn start(&self, op: DiskOp, answer: oneshot::Sender<DiskResult>) {
        let mut state = self.shared.state.lock();
        if state.is_over {
            return;
        }
        let Some(file) = op.file() else {
            state.running += 1;
            let disk = self.clone();
            drop(self.shared.runtime.spawn_blocking(move || {
                let result = execute_at(&disk.shared.root, &op).map_err(|kind| refusal(&op, None, kind));
                // An error means that the future was dropped.
                let _ = answer.send(result);
                disk.ended();
            }));
            return;
        };
        let slot = Arc::clone(state.files.entry(file).or_default());
        let mut locked = slot.lock();
        locked.waiting.push_back((op, answer));
        if !std::mem::replace(&mut locked.is_running, true) {
            state.running += 1;
            drop(locked);
            let disk = self.clone();
            drop(self.shared.runtime.spawn_blocking(move || disk.run(file, &slot)));
        }
    }

    /// Runs the operations that wait for a file, in order.
    fn run(&self, number: FileId, slot: &Mutex<Slot>) {
        loop {
            let mut state = self.shared.state.lock();
            let mut locked = slot.lock();
            let next = locked.waiting.pop_front().filter(|_| !state.is_over);
            let Some((op, answer)) = next else {
                locked.is_running = false;
                locked.waiting.clear();
                if locked.file.is_none() {
                    state.files.remove(&number);
                }
                break;
            };
            let mut file = locked.file.take();
            drop(locked);
            let was_open = u32::from(file.is_some());
            let is_full = matches!(op, DiskOp::Open { .. }) && state.open - was_open >= MAX_OPEN;
            drop(state);
            let path = file.as_ref().map(|open| Arc::clone(&open.path));
            let result = match is_full {
                true => Err(DiskErrorKind::TooManyOpenFiles),
                false => execute_on(&self.shared.root, &mut file, &op),
            };
            let result = result.map_err(|kind| refusal(&op, path, kind));
            let mut state = self.shared.state.lock();
            state.open = state.open - was_open + u32::from(file.is_some());
            slot.lock().file = file;
            drop(state);
            // An error means that the future was dropped.
            let _ = answer.send(result);
        }
        self.ended();
    }

    fn ended(&self) {
        let mut state = self.shared.state.lock();
        state.running -= 1;
        if state.running == 0 {
            self.shared.idle.notify_waiters();
        }
    }

    /// Ends the life: closes all files, and drops what has not begun, as the end of a process does.
    pub fn end(&self) {
        let mut state = self.shared.state.lock();
        state.is_over = true;
        for slot in std::mem::take(&mut state.files).into_values() {
            let mut slot = slot.lock();
            slot.file = None;
            slot.waiting.clear();
        }
    }

    /// Waits until no operation runs. Cancel safe.
    pub async fn idle(&self) {
        loop {
            let idle = self.shared.idle.notified();
            if self.shared.state.lock().running == 0 {
                return;
            }
            idle.await;
        }
    }
}

fn refusal(op: &DiskOp, open: Option<Arc<str>>, kind: DiskErrorKind) -> DiskError {
    let of_file = || open.unwrap_or_else(|| op.file().map_or("/".to_owned(), |file| file.to_string()).into());
    DiskError::new(kind, op.name(), op.path().map_or_else(of_file, Into::into))
}
