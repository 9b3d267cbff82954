//! Repeats attempts as the S3 client of `object_store` does.
//!
//! A request is repeated after an answer of 5xx or 429, after an error in the body of a success, and if no session could be
//! opened. If the answer was lost it is repeated if it [may be done twice](ObjectOp::is_repeated). The waits are those of
//! *decorrelated jitter*: each between the first and twice the last one. Beyond that client, a wait is at least as long as the
//! store asks for, and no attempt begins after the time limit.

use std::time::Duration;

use cluster_sim_storage::{ObjectAnswer, ObjectErrorKind, ObjectOp, PutCondition};
use object_store::{Extensions, PutResult, Result};

use super::connection::{Answered, Connection};
use super::error::{ObjectRequestError, RequestFailure, unexpected};
use super::options::RetryPolicy;

impl Connection {
    /// Makes a request, with as many attempts as the policy allows.
    async fn request(&self, op: &ObjectOp) -> Result<Answered, ObjectRequestError> {
        if !self.node.is_running() {
            let failure = RequestFailure::OutsideSimulation;
            return Err(ObjectRequestError { failure, attempts: 0, elapsed: Duration::ZERO });
        }
        let (policy, begun) = (self.options.retry, self.node.now());
        let mut last_wait = policy.first_backoff;
        for attempts in 1.. {
            let (failure, asked) = match self.attempt(op).await {
                Ok((ObjectAnswer::Refused { kind, retry_after_ns }, _)) => (RequestFailure::Refused(kind), retry_after_ns),
                Ok(answered) => return Ok(answered),
                Err(failure) => (failure, None),
            };
            let elapsed = self.node.now().saturating_since(begun);
            let wait = last_wait.max(Duration::from_nanos(asked.unwrap_or(0)));
            if attempts > policy.retries || !is_repeated(failure, op, policy) || elapsed + wait >= policy.timeout {
                return Err(ObjectRequestError { failure, attempts, elapsed });
            }
            self.node.sleep(wait).await;
            last_wait = self.next_wait(last_wait);
        }
        unreachable!("the last attempt returns")
    }
}

impl Connection {
    /// The wait after one of that length.
    pub(super) fn next_wait(&self, last: Duration) -> Duration {
        let policy = self.options.retry;
        let bound = last.saturating_mul(policy.base).saturating_sub(policy.first_backoff);
        (policy.first_backoff + self.node.random().within(bound)).min(policy.longest_backoff)
    }

    /// Makes a request about `path`.
    pub(super) async fn ask(&self, path: &str, op: ObjectOp) -> Result<Answered> {
        self.request(&op).await.map_err(|error| error.about(path))
    }

    /// Makes a request that writes `path`.
    pub(super) async fn write(&self, path: &str, op: ObjectOp) -> Result<PutResult> {
        match self.ask(path, op).await?.0 {
            ObjectAnswer::Written { tag, version } => {
                Ok(PutResult { e_tag: Some(tag), version, extensions: Extensions::default() })
            }
            _ => Err(unexpected(path)),
        }
    }
}

fn is_repeated(failure: RequestFailure, op: &ObjectOp, policy: RetryPolicy) -> bool {
    match failure {
        RequestFailure::Refused(ObjectErrorKind::Conflict) => {
            matches!(op, ObjectOp::Put { condition: PutCondition::Matches(_), .. })
        }
        RequestFailure::Refused(kind) => kind.is_transient(),
        RequestFailure::Unreachable => true,
        RequestFailure::TimedOut | RequestFailure::Broken => op.is_repeated() || policy.repeats_all,
        RequestFailure::Unexpected | RequestFailure::OutsideSimulation => false,
    }
}
