//! One attempt of a request, over a session that is kept for the next one.

use cluster_sim_storage::{OBJECT_PORT, ObjectAnswer, ObjectMessage, ObjectOp};
use cluster_sim_types::NodeId;
use parking_lot::Mutex;

use super::error::RequestFailure;
use super::options::ObjectClientOptions;
use crate::node::{Node, Session};

/// A session that carries one request at a time.
pub(super) type Exchange = Session<ObjectMessage>;

/// The sessions of a client with its store.
pub(super) struct Connection {
    pub(super) node: Node,
    pub(super) store: NodeId,
    pub(super) options: ObjectClientOptions,
    /// Open sessions without a request, the last used one at the end.
    idle: Mutex<Vec<Exchange>>,
}

/// An answer; with the session if a body follows.
pub(super) type Answered = (ObjectAnswer, Option<Exchange>);

impl Connection {
    pub(super) fn new(node: Node, store: NodeId, options: ObjectClientOptions) -> Self {
        Self { node, store, options, idle: Mutex::default() }
    }

    /// Keeps a session whose last answer is complete.
    pub(super) fn keep(&self, session: Exchange) {
        self.idle.lock().push(session);
    }

    /// Makes one attempt. A session on which it fails, or is given up, is dropped.
    pub(super) async fn attempt(&self, op: &ObjectOp) -> Result<Answered, RequestFailure> {
        let session = self.session().await?;
        let answer = self.node.timeout(self.options.request_timeout, exchange(&session, op)).await;
        let answer = answer.unwrap_or(Err(RequestFailure::TimedOut)).inspect_err(|_| self.forget_idle())?;
        let has_body = matches!((op, &answer), (ObjectOp::Get { head: false, .. }, ObjectAnswer::Found { .. }));
        if has_body {
            return Ok((answer, Some(session)));
        }
        self.keep(session);
        Ok((answer, None))
    }

    /// A session that was kept, or a new one.
    async fn session(&self) -> Result<Exchange, RequestFailure> {
        let kept = self.idle.lock().pop();
        if let Some(session) = kept {
            return Ok(session);
        }
        let connecting = self.node.connect(self.store, OBJECT_PORT);
        match self.node.timeout(self.options.connect_timeout, connecting).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(_)) | Err(_) => Err(RequestFailure::Unreachable),
        }
    }

    /// Drops the sessions that wait: they broke as well if the node of the store crashed or is cut off.
    pub(super) fn forget_idle(&self) {
        let idle = std::mem::take(&mut *self.idle.lock());
        drop(idle);
    }
}

async fn exchange(session: &Exchange, op: &ObjectOp) -> Result<ObjectAnswer, RequestFailure> {
    let request = ObjectMessage::Request(Box::new(op.clone()));
    session.send(request).await.map_err(|_| RequestFailure::Broken)?;
    match session.recv().await {
        Ok(Some(ObjectMessage::Answer(answer))) => Ok(*answer),
        Ok(Some(_)) => Err(RequestFailure::Unexpected),
        Ok(None) | Err(_) => Err(RequestFailure::Broken),
    }
}
