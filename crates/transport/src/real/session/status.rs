//! [`SessionStatus`]: how a session ends, between its endpoint and its connection.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// The state that an endpoint shares with the task that serves its connection.
#[derive(Debug, Default)]
pub(super) struct SessionStatus {
    finished_by_peer: AtomicBool,
    aborted: Notify,
}

impl SessionStatus {
    /// Breaks the session from this side.
    pub(super) fn abort(&self) {
        self.aborted.notify_one();
    }

    /// Waits until this side breaks the session.
    pub(super) async fn aborted(&self) {
        self.aborted.notified().await;
    }

    /// Notes that the peer finished.
    pub(super) fn peer_finished(&self) {
        self.finished_by_peer.store(true, Ordering::Release);
    }

    /// Returns whether the peer finished. It is set before the queue of received messages ends.
    pub(super) fn is_finished_by_peer(&self) -> bool {
        self.finished_by_peer.load(Ordering::Acquire)
    }
}
