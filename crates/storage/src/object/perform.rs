//! Executes a request that was admitted.

use bytes::Bytes;
use cluster_sim_runtime::Kernel;
use cluster_sim_types::{Change, NodeId, VirtualInstant};

use super::bucket::{At, Bucket, Read, Written};
use super::latency::Admission;
use super::object_answer::{ObjectAnswer, ObjectErrorKind};
use super::operation::ObjectOp;
use super::store_model::Visibility;
use super::stores::{ObjectStores, Store, at};

/// The outcome of a request.
#[derive(Debug)]
pub struct Performed {
    /// The answer.
    pub answer: ObjectAnswer,
    /// The bytes that follow it, if an object was found.
    pub body: Option<Bytes>,
}

impl Performed {
    fn of(answer: ObjectAnswer) -> Self {
        Self { answer, body: None }
    }

    fn refused(kind: ObjectErrorKind) -> Self {
        Self::of(ObjectAnswer::Refused { kind, retry_after_ns: None })
    }
}

impl ObjectStores {
    /// Executes a request at the store of `node`, once its [time](Admission::wait) has passed.
    ///
    /// # Panics
    /// If the node has no store.
    pub fn perform(&mut self, kernel: &mut Kernel, node: NodeId, admission: &Admission, op: &ObjectOp) -> Performed {
        if admission.is_throttled {
            return Performed::refused(ObjectErrorKind::SlowDown);
        }
        let at = at(kernel, node);
        let performed = self.store(node).perform(at, op);
        if !op.kind().is_read() {
            kernel.change(Change::Objects(node));
        }
        performed.unwrap_or_else(Performed::refused)
    }
}

impl Store {
    fn perform(&mut self, at: At, op: &ObjectOp) -> Result<Performed, ObjectErrorKind> {
        let answer = match op {
            ObjectOp::Get { key, conditions, range, version, head } => {
                let read = Read { key, conditions, range: *range, version: version.as_deref() };
                return self.read(at.now, read, *head);
            }
            ObjectOp::List { prefix, after, delimiter } => {
                let then = before(at.now, self.lags().1);
                self.bucket.page(then, prefix, after, *delimiter, self.compiled.model.page as usize)
            }
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

    fn read(&self, now: VirtualInstant, read: Read<'_>, head: bool) -> Result<Performed, ObjectErrorKind> {
        let (object, bytes) = self.bucket.get(before(now, self.lags().0), read)?;
        let (info, labels) = (self.bucket.info(read.key, &object), object.labels.to_vec());
        let (start, end) = (bytes.start, bytes.end);
        let body = (!head).then(|| object.content.slice(start as usize..end as usize));
        Ok(Performed { answer: ObjectAnswer::Found { info, start, end, labels }, body })
    }

    /// The age of what reads and lists show, in nanoseconds.
    fn lags(&self) -> (u64, u64) {
        match self.compiled.model.visibility {
            Visibility::Strong => (0, 0),
            Visibility::Lagging { reads, lists } => (reads.as_nanos() as u64, lists.as_nanos() as u64),
        }
    }
}

fn written((tag, version): Written) -> ObjectAnswer {
    ObjectAnswer::Written { tag, version }
}

/// The instant that long before now, at the earliest the start of the run.
fn before(now: VirtualInstant, nanoseconds: u64) -> VirtualInstant {
    VirtualInstant::from_nanoseconds(now.as_nanoseconds().saturating_sub(nanoseconds))
}
