//! One end of a session, as node code holds it.

use std::fmt;
use std::sync::Arc;

use cluster_sim_types::NodeId;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::io::SessionStatus;
use super::wire::message_frame;
use crate::message::{Message, decode};
use crate::session::{SessionReset, SessionSendError};

/// One end of a session over TCP. Dropping it finishes it: what was sent still arrives, unless the other side sends what nobody receives.
pub struct TokioSession {
    peer: NodeId,
    /// Frames to be written; nothing once this end was finished.
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

    /// Who is at the other end.
    pub fn peer(&self) -> NodeId {
        self.peer
    }

    /// Sends a message once there is room in the window. Cancel safe: what was not sent is not sent.
    ///
    /// # Errors
    /// If the session is gone, this end was finished, or the message takes more than 2^28 bytes; that breaks the session.
    pub async fn send<M: Message>(&self, message: M) -> Result<(), SessionReset> {
        let outgoing = self.outgoing.lock().clone().ok_or(SessionReset)?;
        let room = outgoing.reserve().await.map_err(|_| SessionReset)?;
        room.send(self.frame(&message)?);
        Ok(())
    }

    /// Sends a message if there is room in the window.
    ///
    /// # Errors
    /// With the message, if the session does not take it over.
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

    /// A message as it is written; one that is too long breaks the session, since it may not be missing from its middle.
    fn frame<M: Message>(&self, message: &M) -> Result<Vec<u8>, SessionReset> {
        message_frame(message).ok_or_else(|| {
            self.status.abort();
            SessionReset
        })
    }

    /// The next message, or nothing if the other side finished and everything it sent was received. Cancel safe: a message that was not
    /// returned is not lost.
    ///
    /// # Errors
    /// If the session is gone, after what had come before.
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

    /// Breaks the session: the other side is told that it is gone.
    pub(super) fn abort(&self) {
        self.status.abort();
    }

    /// Sends nothing more; the other side is told so after everything that was sent. What that side sends still arrives.
    pub fn finish(&self) {
        self.outgoing.lock().take();
    }
}

impl Drop for TokioSession {
    fn drop(&mut self) {
        // The other side must not believe that what waits here was received.
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
