//! The end of a request that failed, as errors of `object_store`.

use std::time::Duration;

use cluster_sim_storage::ObjectErrorKind;
use object_store::Error;

/// The store as errors of `object_store` name it.
pub(super) const STORE: &str = "simulated object store";

/// Why an attempt of a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestFailure {
    /// The store refused it.
    #[error("the store answered {}: {}", .0.status(), .0.text())]
    Refused(ObjectErrorKind),
    /// No session with the store was opened; nothing was sent.
    #[error("no session with the store could be opened")]
    Unreachable,
    /// No answer came in time; the request may have been done, or may be done yet.
    #[error("no answer came in time")]
    TimedOut,
    /// The session broke before the answer; the request may have been done.
    #[error("the session broke before the answer")]
    Broken,
    /// The node that answers serves no object store.
    #[error("the answer is not one of an object store to such a request")]
    Unexpected,
    /// The client was called where no code of its simulation runs; nothing was sent.
    #[error("the client was called outside of its simulation; call it in code of its node")]
    OutsideSimulation,
}

/// A request that failed, after all of its attempts; the source of each error that this client returns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}, at attempt {attempts} after {elapsed:?}")]
#[non_exhaustive]
pub struct ObjectRequestError {
    /// Why the last attempt failed.
    pub failure: RequestFailure,
    /// How many attempts there were.
    pub attempts: u32,
    /// The time from the first attempt to the end of the last one, by the clock of the node.
    pub elapsed: Duration,
}

impl ObjectRequestError {
    /// The error of `object_store` for a request about `path`, as its S3 client maps statuses.
    pub(super) fn about(self, path: &str) -> Error {
        let (path, store) = (path.to_owned(), STORE);
        let RequestFailure::Refused(kind) = self.failure else { return Error::Generic { store, source: Box::new(self) } };
        let source = Box::new(self);
        match kind.status() {
            404 => Error::NotFound { path, source },
            304 => Error::NotModified { path, source },
            412 => Error::Precondition { path, source },
            409 => Error::AlreadyExists { path, source },
            403 => Error::PermissionDenied { path, source },
            401 => Error::Unauthenticated { path, source },
            _ => Error::Generic { store, source },
        }
    }
}

/// The error about an answer that does not belong to the request.
pub(super) fn unexpected(path: &str) -> Error {
    ObjectRequestError { failure: RequestFailure::Unexpected, attempts: 1, elapsed: Duration::ZERO }.about(path)
}

/// An error about an argument.
pub(super) fn invalid(text: impl Into<String>) -> Error {
    Error::Generic { store: STORE, source: text.into().into() }
}
