//! Uploads in parts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cluster_sim_storage::ObjectOp;
use object_store::path::Path;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};
use parking_lot::Mutex;

use super::connection::Connection;
use super::error::invalid;

/// An upload that has begun.
pub(super) struct Upload {
    connection: Arc<Connection>,
    path: Path,
    upload: u64,
    /// How many parts were begun.
    begun: u32,
    /// The tags of those that the store has, by number.
    tags: Arc<Mutex<BTreeMap<u32, String>>>,
}

impl Upload {
    pub(super) fn new(connection: Arc<Connection>, path: Path, upload: u64) -> Self {
        Self { connection, path, upload, begun: 0, tags: Arc::default() }
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (connection, path, upload, part) = (Arc::clone(&self.connection), self.path.clone(), self.upload, self.begun);
        let tags = Arc::clone(&self.tags);
        self.begun += 1;
        Box::pin(async move {
            let op = ObjectOp::PutPart { key: path.to_string(), upload, part, content: Bytes::from(data) };
            let written = connection.write(path.as_ref(), op).await?;
            tags.lock().insert(part, written.e_tag.unwrap_or_default());
            Ok(())
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        // A store refuses an upload without parts.
        if self.begun == 0 {
            self.put_part(PutPayload::default()).await?;
        }
        let parts: Vec<(u32, String)> = self.tags.lock().iter().map(|(part, tag)| (*part, tag.clone())).collect();
        if parts.len() != self.begun as usize {
            let missing = self.begun as usize - parts.len();
            return Err(invalid(format!("{missing} of {} parts were not uploaded; await each before the end", self.begun)));
        }
        let op = ObjectOp::CompleteUpload { key: self.path.to_string(), upload: self.upload, parts };
        self.connection.write(self.path.as_ref(), op).await
    }

    async fn abort(&mut self) -> Result<()> {
        let op = ObjectOp::AbortUpload { key: self.path.to_string(), upload: self.upload };
        self.connection.ask(self.path.as_ref(), op).await.map(drop)
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Upload").field("path", &self.path).field("upload", &self.upload).finish_non_exhaustive()
    }
}
