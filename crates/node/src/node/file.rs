//! An open file of a node's disk.

use std::fmt;
use std::sync::Arc;

use cluster_sim_storage::{DiskError, DiskOp, DiskOutput, FileId, OpenOptions};

use super::disk::Disk;

impl Disk {
    /// Opens a file.
    ///
    /// # Errors
    /// If there is no file of that path and none is to be created, or there is one and a new one is to be created; if the path is
    /// not one of the disk or leads to a directory; if too many files are open; if the disk fails.
    pub async fn open(&self, path: &str, options: OpenOptions) -> Result<File, DiskError> {
        let file = self.next_file();
        self.run_to_end(DiskOp::Open { file, path: path.to_owned(), options }).await?;
        Ok(File { disk: self.clone(), file, path: path.into() })
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`File::read_at`].
    pub async fn read(&self, path: &str) -> Result<Vec<u8>, DiskError> {
        self.open(path, OpenOptions::read()).await?.read_to_end().await
    }
}

/// An open file of a [`Disk`]; dropping it closes it, and syncs nothing.
///
/// Operations on one file take effect in the order of their first polls.
pub struct File {
    disk: Disk,
    file: FileId,
    path: Arc<str>,
}

impl File {
    /// Returns the path that it was opened by.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Reads up to `length` bytes at an offset; fewer at the end of the file.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn read_at(&self, offset: u64, length: u32) -> Result<Vec<u8>, DiskError> {
        match self.disk.run(DiskOp::Read { file: self.file, offset, length }).await? {
            DiskOutput::Data(data) => Ok(data),
            other => unreachable!("{other:?} is no answer to a read"),
        }
    }

    /// Reads from the start to the end.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn read_to_end(&self) -> Result<Vec<u8>, DiskError> {
        let mut bytes = Vec::new();
        loop {
            let part = self.read_at(bytes.len() as u64, u32::MAX).await?;
            if part.is_empty() {
                return Ok(bytes);
            }
            bytes.extend(part);
        }
    }

    /// Writes bytes at an offset; the file grows if they reach beyond its end.
    ///
    /// # Errors
    /// If the file was opened for reading alone or would be too large, the disk is full or fails. A part may have been written.
    pub async fn write_at(&self, offset: u64, data: impl Into<Vec<u8>>) -> Result<(), DiskError> {
        self.disk.run_to_end(DiskOp::Write { file: self.file, offset, data: data.into() }).await
    }

    /// Writes bytes at the end, and returns their offset.
    ///
    /// # Errors
    /// As [`write_at`](Self::write_at).
    pub async fn append(&self, data: impl Into<Vec<u8>>) -> Result<u64, DiskError> {
        match self.disk.run(DiskOp::Append { file: self.file, data: data.into() }).await? {
            DiskOutput::Appended(offset) => Ok(offset),
            other => unreachable!("{other:?} is no answer to an append"),
        }
    }

    /// Cuts the file off at a length, or lets it grow with zeros.
    ///
    /// # Errors
    /// As [`write_at`](Self::write_at).
    pub async fn set_len(&self, length: u64) -> Result<(), DiskError> {
        self.disk.run_to_end(DiskOp::SetLen { file: self.file, length }).await
    }

    /// Makes data and length durable. The name is another matter: see [`Disk::sync_dir`].
    ///
    /// # Errors
    /// If the disk fails; then it is unknown what is durable, and a later sync that succeeds proves nothing about earlier writes.
    pub async fn sync(&self) -> Result<(), DiskError> {
        self.disk.run_to_end(DiskOp::Sync { file: self.file }).await
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.disk.close(self.file);
    }
}

impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("File").field("node", &self.disk.node_name()).field("path", &self.path).finish()
    }
}
