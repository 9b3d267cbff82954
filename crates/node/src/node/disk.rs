//! The disk of a node.

use std::fmt;
#[cfg(feature = "test-utils")]
use std::pin::Pin;
#[cfg(feature = "test-utils")]
use std::task::{Context, Poll};

#[cfg(feature = "test-utils")]
use cluster_sim_storage::OpKey;
#[cfg(feature = "tokio")]
use cluster_sim_storage::TokioDisk;
use cluster_sim_storage::{
    DirEntry, DiskError, DiskErrorKind, DiskOp, DiskOutput, DiskResult, FileId, Metadata, OpenJournals, Space,
};

#[cfg(feature = "test-utils")]
use super::SimulatedContext;
use super::{Node, Twin};

impl Node {
    /// Returns the disk of the node, which outlives its crashes.
    pub fn disk(&self) -> Disk {
        Disk { node: self.clone() }
    }
}

/// The disk of a node, created by [`Node::disk`].
///
/// Paths are relative to the root of the disk, with `/` between names. Written bytes can be read at once, and are durable only
/// once they are synced: data and length of a file by [`File::sync`](super::File::sync), its name by [`sync_dir`](Self::sync_dir) of the directory it
/// stands in. A crash may keep anything of what is unsynced, in any order.
///
/// ```
/// use cluster_sim_node::{DiskError, DiskErrorKind, Node, OpenOptions};
///
/// /// Replaces a file: after a crash it has the old bytes or the new ones.
/// async fn replace(node: &Node, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
///     let disk = node.disk();
///     // A crash may have kept the first half of an earlier rename: both names are one file then, which must not be overwritten.
///     match disk.remove("new").await {
///         Err(error) if error.kind != DiskErrorKind::NotFound => return Err(error),
///         Ok(()) | Err(_) => {}
///     }
///     let temporary = disk.open("new", OpenOptions::create_new()).await?;
///     temporary.append(bytes).await?;
///     temporary.sync().await?;
///     disk.rename("new", path).await?;
///     disk.sync_dir("/").await
/// }
/// ```
///
/// All futures are cancel safe in one sense: one that is dropped may have taken effect or not, and what was submitted takes effect
/// in its turn.
#[derive(Clone)]
pub struct Disk {
    node: Node,
}

impl Disk {
    /// Runs one operation that is given as data; never resolves once the life is over.
    ///
    /// For protocols without IO, such as [`JournalEngine`](crate::JournalEngine), that a machine drives too. The caller chooses the
    /// numbers of files, as a machine does, so it opens none by [`open`](Self::open) in the same life.
    ///
    /// # Errors
    /// As the operation.
    pub async fn run(&self, operation: DiskOp) -> DiskResult {
        match self.node.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(sim) => {
                let key = sim.life.act(|core| {
                    let disks = core.devices.get_mut(sim.disks);
                    disks.submit_of_task(&mut core.kernel, sim.life.node(), operation)
                });
                Answer { sim, key }.await
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => match context.disk() {
                Some(disk) => disk.submit(operation).await,
                None => Err(DiskError::new(DiskErrorKind::NoDisk, operation.name(), operation.path().unwrap_or("/"))),
            },
        }
    }

    pub(super) fn node_name(&self) -> &str {
        self.node.name()
    }

    pub(super) async fn run_to_end(&self, operation: DiskOp) -> Result<(), DiskError> {
        self.run(operation).await.map(drop)
    }

    /// Returns a number for a file that is opened, unused in this life.
    pub(super) fn next_file(&self) -> FileId {
        match self.node.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(sim) => {
                let file = sim.life.act(|core| core.devices.get_mut(sim.disks).next_file(sim.life.node()));
                file.unwrap_or(FileId(u32::MAX))
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.disk().map_or(FileId(u32::MAX), TokioDisk::next_file),
        }
    }

    /// Returns the directories in which this life has journals open.
    pub(super) fn open_journals(&self) -> OpenJournals {
        match self.node.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(sim) => {
                let open = sim.life.act(|core| core.devices.get_mut(sim.disks).open_journals(sim.life.node()));
                open.unwrap_or_default()
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => context.disk().map(TokioDisk::open_journals).unwrap_or_default(),
        }
    }

    /// Closes a file whose handle is dropped.
    pub(super) fn close(&self, file: FileId) {
        match self.node.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(sim) => sim.cleanup_disk(|disks, kernel| disks.close(kernel, sim.life.node(), file)),
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => {
                if let Some(disk) = context.disk() {
                    drop(disk.submit(DiskOp::Close { file }));
                }
            }
        }
    }

    /// Creates a directory in an existing one.
    ///
    /// # Errors
    /// If something of that name is there, or the directory around it is not; if the disk fails.
    pub async fn create_dir(&self, path: &str) -> Result<(), DiskError> {
        self.run_to_end(DiskOp::CreateDir { path: path.to_owned() }).await
    }

    /// Creates a directory and those around it, where they are missing.
    ///
    /// # Errors
    /// If a name on the way is that of a file; if the disk fails.
    pub async fn create_dir_all(&self, path: &str) -> Result<(), DiskError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for end in ends {
            match self.create_dir(&path[..end]).await {
                Err(error) if error.kind != DiskErrorKind::AlreadyExists => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Renames a file or a directory; a file that has the new name is replaced at once.
    ///
    /// # Errors
    /// If there is nothing of the first name, or the second is that of a directory that is not empty; if the disk fails.
    pub async fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.run_to_end(DiskOp::Rename { from: from.to_owned(), to: to.to_owned() }).await
    }

    /// Removes a file or an empty directory. A file that is open can still be used.
    ///
    /// # Errors
    /// If there is nothing of that name, or the directory is not empty; if the disk fails.
    pub async fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.run_to_end(DiskOp::Remove { path: path.to_owned() }).await
    }

    /// Lists a directory, in order of names; `/` is the root.
    ///
    /// # Errors
    /// If there is no such directory; if the disk fails.
    pub async fn list(&self, path: &str) -> Result<Vec<DirEntry>, DiskError> {
        match self.run(DiskOp::List { path: path.to_owned() }).await? {
            DiskOutput::Entries(entries) => Ok(entries),
            other => unreachable!("{other:?} is no answer to a list"),
        }
    }

    /// Tells kind and length of a file or directory.
    ///
    /// # Errors
    /// If there is nothing of that name; if the disk fails.
    pub async fn metadata(&self, path: &str) -> Result<Metadata, DiskError> {
        match self.run(DiskOp::Metadata { path: path.to_owned() }).await? {
            DiskOutput::Metadata(metadata) => Ok(metadata),
            other => unreachable!("{other:?} is no answer about metadata"),
        }
    }

    /// Makes durable which names a directory has; `/` is the root.
    ///
    /// # Errors
    /// If there is no such directory; if the disk fails, and then it is unknown what is durable.
    pub async fn sync_dir(&self, path: &str) -> Result<(), DiskError> {
        self.run_to_end(DiskOp::SyncDir { path: path.to_owned() }).await
    }

    /// Tells how much space there is.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn space(&self) -> Result<Space, DiskError> {
        match self.run(DiskOp::Space).await? {
            DiskOutput::Space(space) => Ok(space),
            other => unreachable!("{other:?} is no answer about space"),
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Disk").field("node", &self.node_name()).finish()
    }
}

/// Waits for the answer of a simulated disk.
#[cfg(feature = "test-utils")]
struct Answer {
    sim: SimulatedContext,
    /// Absent if the life was over when it was submitted.
    key: Option<OpKey>,
}

#[cfg(feature = "test-utils")]
impl Future for Answer {
    type Output = DiskResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<DiskResult> {
        let (sim, Some(key)) = (self.sim, self.key) else { return Poll::Pending };
        let answer = sim.life.act(|core| core.devices.get_mut(sim.disks).poll(&mut core.kernel, key, context));
        match answer.flatten() {
            Some(answer) => {
                self.key = None;
                Poll::Ready(answer)
            }
            None => Poll::Pending,
        }
    }
}

#[cfg(feature = "test-utils")]
impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.sim.cleanup_disk(|disks, _| disks.forget(key));
        }
    }
}
