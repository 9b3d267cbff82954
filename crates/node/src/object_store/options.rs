//! Time limits and retries of a client, as data.

use std::time::Duration;

/// How a client repeats requests that failed.
///
/// The default is that of the S3 client of `object_store`, so that a system under test meets what it meets in production: answers
/// of 5xx and 429 are repeated, lost answers only for requests that may be done twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The shortest wait before a request is repeated, and the bound of the first one's length. Default 100 ms.
    pub first_backoff: Duration,
    /// The longest such wait, unless the store asks for more. Default 15 s.
    pub longest_backoff: Duration,
    /// The factor by which the bound of a wait exceeds the last wait. Default 2.
    pub base: u32,
    /// How often a request is repeated. Default 10.
    pub retries: u32,
    /// The time after which a request is not repeated any more. Default 3 minutes.
    pub timeout: Duration,
    /// Whether conditional writes and deletions are repeated too if the answer was lost.
    ///
    /// The clients of AWS do that. Then a write may fail because of its own first attempt. Default no.
    pub repeats_all: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_backoff: Duration::from_millis(100),
            longest_backoff: Duration::from_secs(15),
            base: 2,
            retries: 10,
            timeout: Duration::from_secs(180),
            repeats_all: false,
        }
    }
}

impl RetryPolicy {
    /// Repeats nothing.
    pub fn never() -> Self {
        Self { retries: 0, ..Self::default() }
    }
}

/// The time limits and retries of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectClientOptions {
    /// How requests are repeated.
    pub retry: RetryPolicy,
    /// The time for one attempt, up to the answer; also for each piece of a body. Default 30 s, that of `object_store`.
    pub request_timeout: Duration,
    /// The time to open a session. Default 5 s, that of `object_store`.
    pub connect_timeout: Duration,
}

impl Default for ObjectClientOptions {
    fn default() -> Self {
        Self { retry: RetryPolicy::default(), request_timeout: Duration::from_secs(30), connect_timeout: Duration::from_secs(5) }
    }
}

impl ObjectClientOptions {
    /// Sets how requests are repeated.
    #[must_use]
    pub fn retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// Sets the time for one attempt.
    #[must_use]
    pub fn request_timeout(self, timeout: Duration) -> Self {
        Self { request_timeout: timeout, ..self }
    }

    /// Sets the time to open a session.
    #[must_use]
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { connect_timeout: timeout, ..self }
    }
}
