//! Errors of sessions, shared by the simulated and the real twin.

use std::fmt;

/// A session could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The peer is up, but nothing listens on the port.
    Refused,
    /// No answer came within the session timeout.
    TimedOut,
}

/// The session is broken. The messages sent last may or may not have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionReset;

/// A session did not accept a message; contains the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionSendError<M> {
    /// The window is full. `send` waits for room.
    Busy(M),
    /// The session is broken, or this side was closed.
    Reset(M),
}

impl<M> SessionSendError<M> {
    /// Returns the message.
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
            Self::Refused => "the session was refused: nothing listens on that port",
            Self::TimedOut => "the session timed out: no answer came",
        })
    }
}

impl fmt::Display for SessionReset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the session is broken; connect again to open another one")
    }
}

impl std::error::Error for ConnectError {}

impl std::error::Error for SessionReset {}
