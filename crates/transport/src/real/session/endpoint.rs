//! Endpoints of sessions over TCP, as node code holds them.

use std::fmt;
use std::sync::Arc;

use cluster_sim_types::NodeId;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::status::SessionStatus;
use super::wire::message_frame;
use crate::message::{Message, decode};
use crate::session::{SessionReset, SessionSendError};

/// One endpoint of a session over TCP.
///
/// Dropping it finishes its direction: messages sent still arrive. If messages are unread then, or arrive later, the session is
/// reset.
pub struct TokioSession {
    peer: NodeId,
    /// Frames to write; `None` once this side was finished.
    outgoing: Mutex<Option<mpsc::Sender<Vec<u8>>>>,
    incoming: tokio::sync::Mutex<mpsc::Receiver<Vec<u8>>>,
    status: Arc<SessionStatus>,
}

impl TokioSession {
    pub(super) fn new(
        peer: NodeId,
        outgoing: mpsc::Sender<Vec<u8>>,
        incoming: mpsc::Receiver<Vec<u8>>,
        status: Arc<SessionStatus>,
    ) -> Self {
        Self { peer, outgoing: Mutex::new(Some(outgoing)), incoming: tokio::sync::Mutex::new(incoming), status }
    }

    /// Returns the node at the other end.
    pub fn peer(&self) -> NodeId {
        self.peer
    }

    /// Sends a message, waiting for room in the window. Cancel safe: it is sent completely or not at all.
    ///
    /// # Errors
    /// The session is broken, this side was finished, or the message is longer than 2^28 bytes, which breaks the session.
    pub async fn send<M: Message>(&self, message: M) -> Result<(), SessionReset> {
        let outgoing = self.outgoing.lock().clone().ok_or(SessionReset)?;
        let room = outgoing.reserve().await.map_err(|_| SessionReset)?;
        room.send(self.frame(&message)?);
        Ok(())
    }

    /// Sends a message if there is room in the window.
    ///
    /// # Errors
    /// Returns the message if the session does not accept it.
    pub fn try_send<M: Message>(&self, message: M) -> Result<(), SessionSendError<M>> {
        let outgoing = self.outgoing.lock();
        let Some(outgoing) = outgoing.as_ref() else { return Err(SessionSendError::Reset(message)) };
        match outgoing.try_reserve() {
            Ok(room) => match self.frame(&message) {
                Ok(frame) => {
                    room.send(frame);
                    Ok(())
                }
                Err(SessionReset) => Err(SessionSendError::Reset(message)),
            },
            Err(TrySendError::Full(())) => Err(SessionSendError::Busy(message)),
            Err(TrySendError::Closed(())) => Err(SessionSendError::Reset(message)),
        }
    }

    /// Encodes a message. One that is too long breaks the session, because no message may be missing.
    fn frame<M: Message>(&self, message: &M) -> Result<Vec<u8>, SessionReset> {
        message_frame(message).ok_or_else(|| {
            self.status.abort();
            SessionReset
        })
    }

    /// Waits for the next message. Returns `None` once the peer has finished and all was received.
    ///
    /// Cancel safe: a message that was not returned is not lost.
    ///
    /// # Errors
    /// The session is broken. Messages that had arrived before are returned first.
    pub async fn recv<M: Message>(&self) -> Result<Option<M>, SessionReset> {
        let arrived = self.incoming.lock().await.recv().await;
        match arrived {
            Some(bytes) => match decode(&bytes) {
                Some(message) => Ok(Some(message)),
                None => {
                    self.status.abort();
                    Err(SessionReset)
                }
            },
            None if self.status.is_finished_by_peer() => Ok(None),
            None => Err(SessionReset),
        }
    }

    /// Breaks the session; the peer gets a reset.
    pub(in crate::real) fn abort(&self) {
        self.status.abort();
    }

    /// Finishes this direction after the messages sent so far. Messages from the peer still arrive.
    pub fn finish(&self) {
        self.outgoing.lock().take();
    }
}

impl Drop for TokioSession {
    fn drop(&mut self) {
        // The peer must not believe that this message was received.
        if self.incoming.get_mut().try_recv().is_ok() {
            self.status.abort();
        }
    }
}

impl fmt::Debug for TokioSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokioSession").field("peer", &self.peer).finish_non_exhaustive()
    }
}
