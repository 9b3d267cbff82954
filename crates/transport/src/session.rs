//! What can go wrong with a session, whatever carries it.

use std::fmt;

/// A session that was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectError {
    /// The other node is there, and nobody listens.
    Refused,
    /// No answer came for as long as patience lasts.
    TimedOut,
}

/// A session that is gone: what was sent in it last may have arrived or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionReset;

/// A message that a session did not take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSendError<M> {
    /// The window is full: `send` waits until it is not.
    Busy(M),
    /// The session is gone, or this end was finished.
    Reset(M),
}

impl<M> SessionSendError<M> {
    /// The message.
    pub fn into_message(self) -> M {
        match self {
            Self::Busy(message) | Self::Reset(message) => message,
        }
    }
}

impl<M> fmt::Display for SessionSendError<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(_) => formatter.write_str("the window of the session is full; wait with `send`"),
            Self::Reset(_) => SessionReset.fmt(formatter),
        }
    }
}

impl<M: fmt::Debug> std::error::Error for SessionSendError<M> {}

impl fmt::Display for ConnectError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Refused => "the session was refused: nobody listens on that port",
            Self::TimedOut => "the session timed out: no answer came",
        })
    }
}

impl fmt::Display for SessionReset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the session is gone; connect again for another one")
    }
}

impl std::error::Error for ConnectError {}

impl std::error::Error for SessionReset {}
