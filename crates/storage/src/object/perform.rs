//! Executes a request that was admitted, without rules.

use bytes::Bytes;
use cluster_sim_types::VirtualInstant;

use super::bucket::{At, Bucket, Read, Written};
use super::object_answer::{ObjectAnswer, ObjectErrorKind};
use super::operation::ObjectOp;
use super::store_model::Visibility;
use super::stores::Store;

/// The outcome of a request.
#[derive(Debug)]
pub struct Performed {
    /// The answer; absent if it is lost, so that the session breaks.
    pub answer: Option<ObjectAnswer>,
    /// The bytes that follow it, if an object was found.
    pub body: Option<Bytes>,
    /// Whether the session breaks after these bytes.
    pub breaks: bool,
}

impl Performed {
    pub(super) fn of(answer: ObjectAnswer) -> Self {
        Self { answer: Some(answer), body: None, breaks: false }
    }

    pub(super) fn refused(kind: ObjectErrorKind) -> Self {
        Self::of(ObjectAnswer::Refused { kind, retry_after_ns: None })
    }
}

impl Store {
    /// The most entries of a page.
    pub(super) fn page_size(&self) -> usize {
        self.compiled.model.page as usize
    }

    /// The instant whose state a read shows, or a list; a write is about the present.
    pub(super) fn shown_at(&self, now: VirtualInstant, op: &ObjectOp) -> VirtualInstant {
        let Visibility::Lagging { reads, lists } = self.compiled.model.visibility else { return now };
        let lag = if matches!(op, ObjectOp::List { .. }) { lists } else { reads };
        VirtualInstant::ZERO + now.saturating_since(VirtualInstant::ZERO + lag)
    }

    /// Executes a request; reads and lists show the store as it was `then`.
    ///
    /// # Errors
    /// If the store refuses it; nothing was done.
    pub(super) fn perform(&mut self, at: At, then: VirtualInstant, op: &ObjectOp) -> Result<Performed, ObjectErrorKind> {
        let answer = match op {
            ObjectOp::Get { key, conditions, range, version, head } => {
                let read = Read { key, conditions, range: *range, version: version.as_deref() };
                return self.read(then, read, *head);
            }
            ObjectOp::List { prefix, after, delimiter } => self.bucket.page(then, prefix, after, *delimiter, self.page_size()),
            ObjectOp::Put { key, content, condition, labels } => {
                written(self.bucket.put(at, key, content.clone(), condition, labels)?)
            }
            ObjectOp::Copy { from, to, condition } => written(self.bucket.copy(at, from, to, condition)?),
            ObjectOp::Delete { keys } => {
                Bucket::check_keys(keys)?;
                keys.iter().for_each(|key| drop(self.bucket.delete(at, key)));
                ObjectAnswer::Deleted { refused: Vec::new() }
            }
            ObjectOp::CreateUpload { key, labels } => ObjectAnswer::Upload(self.bucket.create_upload(key, labels)),
            ObjectOp::PutPart { key, upload, part, content } => {
                written((self.bucket.put_part(key, *upload, *part, content.clone())?, None))
            }
            ObjectOp::CompleteUpload { key, upload, parts } => written(self.bucket.complete_upload(at, key, *upload, parts)?),
            ObjectOp::AbortUpload { key, upload } => {
                self.bucket.abort_upload(key, *upload)?;
                ObjectAnswer::Done
            }
        };
        Ok(Performed::of(answer))
    }

    fn read(&self, then: VirtualInstant, read: Read<'_>, head: bool) -> Result<Performed, ObjectErrorKind> {
        let (object, bytes) = self.bucket.get(then, read)?;
        let (info, labels) = (self.bucket.info(read.key, &object), object.labels.to_vec());
        let (start, end) = (bytes.start, bytes.end);
        let body = (!head).then(|| object.content.slice(start as usize..end as usize));
        Ok(Performed { answer: Some(ObjectAnswer::Found { info, start, end, labels }), body, breaks: false })
    }
}

fn written((tag, version): Written) -> ObjectAnswer {
    ObjectAnswer::Written { tag, version }
}
