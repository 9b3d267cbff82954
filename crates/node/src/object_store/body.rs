//! The bytes of an object as a stream, which goes on after a broken session.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cluster_sim_storage::{ByteRange, GetConditions, ObjectAnswer, ObjectInfo, ObjectMessage, ObjectOp};
use futures_util::stream::{self, BoxStream, StreamExt};
use object_store::Result;

use super::connection::{Connection, Exchange};
use super::error::{ObjectRequestError, RequestFailure, unexpected};

/// The rest of a body.
///
/// If the session breaks, the rest is asked for by its range, under the condition that the object is still the same.
pub(super) struct Body {
    connection: Arc<Connection>,
    /// The session that brings the rest; absent once all was read.
    session: Option<Exchange>,
    key: String,
    tag: String,
    version: Option<String>,
    /// The bytes to come.
    rest: Range<u64>,
    /// How often it may still be asked for again.
    resumptions: u32,
    /// The wait before that.
    wait: Duration,
}

impl Body {
    pub(super) fn new(
        connection: Arc<Connection>,
        session: Exchange,
        info: &ObjectInfo,
        version: Option<String>,
        rest: Range<u64>,
    ) -> Self {
        let policy = connection.options.retry;
        let (resumptions, wait) = (policy.retries, policy.first_backoff);
        Self { connection, session: Some(session), key: info.key.clone(), tag: info.tag.clone(), version, rest, resumptions, wait }
    }

    pub(super) fn into_stream(self) -> BoxStream<'static, Result<Bytes>> {
        stream::try_unfold(self, |mut body| async move { Ok(body.next().await?.map(|bytes| (bytes, body))) }).boxed()
    }

    /// The next bytes; `None` at the end of the body, wherever the store ends it.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        while let Some(session) = self.session.take() {
            match self.recv(&session).await {
                Ok(Some(bytes)) => {
                    self.rest.start = (self.rest.start + bytes.len() as u64).min(self.rest.end);
                    self.session = Some(session);
                    return Ok(Some(bytes));
                }
                Ok(None) => {
                    self.connection.keep(session);
                    return Ok(None);
                }
                Err(failure) => {
                    drop(session);
                    self.session = self.resume(failure).await?;
                }
            }
        }
        Ok(None)
    }

    async fn recv(&self, session: &Exchange) -> Result<Option<Bytes>, RequestFailure> {
        let connection = &self.connection;
        if !connection.node.is_running() {
            return Err(RequestFailure::OutsideSimulation);
        }
        match connection.node.timeout(connection.options.request_timeout, session.recv()).await {
            Ok(Ok(Some(ObjectMessage::Body(bytes)))) => Ok(Some(bytes)),
            Ok(Ok(Some(ObjectMessage::End))) => Ok(None),
            Ok(Ok(Some(_))) => Err(RequestFailure::Unexpected),
            Ok(Ok(None) | Err(_)) => Err(RequestFailure::Broken),
            Err(_) => Err(RequestFailure::TimedOut),
        }
    }

    /// Asks for the rest again; `None` if all of it was there.
    async fn resume(&mut self, failure: RequestFailure) -> Result<Option<Exchange>> {
        self.connection.forget_idle();
        if self.rest.is_empty() {
            return Ok(None);
        }
        let may_resume = matches!(failure, RequestFailure::Broken | RequestFailure::TimedOut);
        if !may_resume || self.resumptions == 0 {
            let failed = ObjectRequestError { failure, attempts: 1, elapsed: Default::default() };
            return Err(failed.about(&self.key));
        }
        self.resumptions -= 1;
        self.connection.node.sleep(self.wait).await;
        self.wait = self.connection.next_wait(self.wait);
        let op = ObjectOp::Get {
            key: self.key.clone(),
            conditions: GetConditions { if_match: Some(self.tag.clone()), ..GetConditions::default() },
            range: Some(ByteRange::Bounded(self.rest.start, self.rest.end)),
            version: self.version.clone(),
            head: false,
        };
        match self.connection.ask(&self.key, op).await? {
            (ObjectAnswer::Found { .. }, Some(session)) => Ok(Some(session)),
            _ => Err(unexpected(&self.key)),
        }
    }
}
