//! Sessions: reliable, ordered message streams between two nodes, with the promises of TCP.
//!
//! # Model
//!
//! A session carries whole messages, each exactly once and in order, until either side closes or the session breaks. In a
//! simulation its requests, data, acknowledgements and probes are segments on the same links as datagrams, with the same losses,
//! delays and cuts; each end knows only what reached it. Half-open sessions, lost acknowledgements and one-way cuts follow from
//! that. The constants below are the defaults of the link model.
//!
//! - **Connect.** The request is repeated until an answer comes. A node that is up accepts if a task listens on the port, and
//!   refuses otherwise. A node that is down, paused, cut off, or has 128 sessions waiting to be accepted does not answer.
//! - **Window.** At most 64 sent messages may be unread by the receiving node; `send` waits beyond that. The receiving end
//!   acknowledges a message before its task reads it, so the sender learns of room one message late, or at once if the window was
//!   full. A slow reader or a paused node stalls a session but does not break it.
//! - **Timeout.** An end that waits for an answer for 15 s breaks the session and reports it to its node. It notifies the other
//!   end once, and that notice may be lost. An end that only receives then stays half-open: in a simulation forever, on tokio
//!   until its keepalive of 15 s expires.
//! - **Crash.** A crash drops the node's ends without notice. The other end learns of it when it sends. If the main function
//!   returns instead, the other ends are notified, as an operating system closes the connections of a program that ends.
//! - **Concurrent use.** Several tasks may wait at one end or listener. An event wakes all of them, they run in random order, and
//!   those that find nothing wait again, so a task that gives up never consumes another task's wake-up.
//!
//! Machines take part on [`Machine::PORT`](crate::Machine::PORT); `effects.rs` describes their side. The `real` module lists the
//! differences on tokio.

// Without a twin no session can be created, so the methods leave their arguments unused.
#![cfg_attr(
    not(any(feature = "test-utils", feature = "tokio")),
    expect(unused_variables, reason = "without a twin no session can be created")
)]

#[cfg(feature = "test-utils")]
mod simulated;

use std::fmt;
use std::marker::PhantomData;

use cluster_sim_transport::{ConnectError, Message, SessionReset, SessionSendError};
#[cfg(feature = "tokio")]
use cluster_sim_transport::{TokioListener, TokioSession};
use cluster_sim_types::NodeId;
#[cfg(feature = "test-utils")]
use simulated::{SimulatedListener, SimulatedSession};

use super::{Node, Twin};

impl Node {
    /// Opens a session with a node that listens on `port`.
    ///
    /// A machine accepts sessions on the port that [`Machine::PORT`](crate::Machine::PORT) names.
    ///
    /// The request is repeated until an answer comes. Dropping the future cancels it: no more requests are sent, and if the other
    /// node has already accepted, that session is reset. Once this node's life is over the future never resolves.
    ///
    /// ```
    /// use cluster_sim_node::{ConnectError, Node, NodeId, SessionReset};
    ///
    /// /// Has another node double some numbers, in one session.
    /// async fn doubled(node: &Node, by: NodeId, numbers: &[u64]) -> Result<Vec<u64>, ConnectError> {
    ///     let session = node.connect::<u64>(by, "double").await?;
    ///     let mut answers = Vec::new();
    ///     for number in numbers {
    ///         let Ok(()) = session.send(*number).await else { break };
    ///         let Ok(Some(answer)) = session.recv().await else { break };
    ///         answers.push(answer);
    ///     }
    ///     Ok(answers)
    /// }
    ///
    /// /// Doubles the numbers of every session, until the node stops.
    /// async fn double(node: Node) {
    ///     let listener = node.listen::<u64>("double");
    ///     loop {
    ///         let session = listener.accept().await;
    ///         node.spawn(async move {
    ///             while let Some(number) = session.recv().await? {
    ///                 session.send(2 * number).await?;
    ///             }
    ///             Ok::<(), SessionReset>(())
    ///         });
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// - [`ConnectError::Refused`] if no task listens on the port. On tokio also if the node is down but its host is up, because
    ///   the host's operating system refuses; in a simulation a node that is down does not answer.
    /// - [`ConnectError::TimedOut`] if no answer comes within the session timeout, 15 s by default.
    ///
    /// # Panics
    /// If there is no such node.
    pub async fn connect<M: Message>(&self, peer: impl Into<NodeId>, port: &str) -> Result<Session<M>, ConnectError> {
        let peer = peer.into();
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(sim) => {
                let session = SimulatedSession::connect::<M>(sim, peer, port).await?;
                Ok(Session { twin: SessionTwin::Simulated(session), message: PhantomData })
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => {
                let session = context.network.connect(peer, port).await?;
                Ok(Session { twin: SessionTwin::Real(session), message: PhantomData })
            }
        }
    }

    /// Listens for sessions that other nodes open on `port`.
    ///
    /// At most 128 sessions wait to be accepted; requests beyond that get no answer until there is room. Dropping the listener
    /// stops it: waiting sessions are reset and later requests refused.
    ///
    /// A node may bind a datagram port and listen for sessions under one name. A machine uses
    /// [`Machine::PORT`](crate::Machine::PORT) for both, so a node that listens under that name accepts the sessions of machines.
    ///
    /// # Panics
    /// If this node listens on the port already.
    #[track_caller]
    pub fn listen<M: Message>(&self, port: &str) -> Listener<M> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(sim) => {
                let listener = SimulatedListener::new::<M>(sim, port).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
                Listener { twin: ListenerTwin::Simulated(listener), message: PhantomData }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => {
                let listener = context.network.listen(port).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
                Listener { twin: ListenerTwin::Real(listener), message: PhantomData }
            }
        }
    }
}

/// Accepts sessions on a port of a node; created by [`Node::listen`].
pub struct Listener<M: Message> {
    twin: ListenerTwin,
    message: PhantomData<fn() -> M>,
}

enum ListenerTwin {
    #[cfg(feature = "test-utils")]
    Simulated(SimulatedListener),
    #[cfg(feature = "tokio")]
    Real(TokioListener),
}

impl<M: Message> Listener<M> {
    /// Waits for the next session that another node opens. Once the life is over it never resolves.
    ///
    /// The session is open, may already hold messages, and may already be broken, which its first use reports. Several tasks may
    /// wait; each session goes to one of them.
    ///
    /// Cancel safe: a session that was not returned stays with the listener.
    pub async fn accept(&self) -> Session<M> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            ListenerTwin::Simulated(ref listener) => {
                Session { twin: SessionTwin::Simulated(listener.accept().await), message: PhantomData }
            }
            #[cfg(feature = "tokio")]
            ListenerTwin::Real(ref listener) => Session { twin: SessionTwin::Real(listener.accept().await), message: PhantomData },
        }
    }
}

/// One end of a session, which delivers messages in order and exactly once until it ends.
///
/// All methods take `&self`, so tasks can share a session in an `Arc`; each message goes to one of the tasks that wait.
///
/// # Closing
///
/// Each side closes its own direction by [`close`](Self::close). Dropping the end closes it too, and messages already sent
/// still arrive. But if the other side has sent messages that were not received here, or sends one later, dropping resets the
/// session, so that the other side does not take them for read.
///
/// The end is dropped with the life of its node. If the main function returns, its sessions are reset, as are dropped ends whose
/// messages have not arrived yet. After a crash the other side learns of it when it sends. A side that only receives is not
/// notified in a simulation; over TCP its keepalive breaks the session after 15 s.
pub struct Session<M: Message> {
    twin: SessionTwin,
    message: PhantomData<fn() -> M>,
}

enum SessionTwin {
    #[cfg(feature = "test-utils")]
    Simulated(SimulatedSession),
    #[cfg(feature = "tokio")]
    Real(TokioSession),
}

impl<M: Message> Session<M> {
    /// Returns the node at the other end.
    pub fn peer(&self) -> NodeId {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SessionTwin::Simulated(ref session) => session.peer(),
            #[cfg(feature = "tokio")]
            SessionTwin::Real(ref session) => session.peer(),
        }
    }

    /// Sends a message, waiting while the window is full (64 unread messages by default).
    ///
    /// `Ok` means that the session accepted the message. It arrives unless the session breaks.
    ///
    /// Cancel safe in that a message is sent completely or not at all: if the future is dropped first, the message is dropped
    /// with it.
    ///
    /// # Errors
    /// If the session is broken, this end is closed, or the life is over. On tokio also if the message is longer than 2^28 bytes,
    /// which breaks the session.
    pub async fn send(&self, message: M) -> Result<(), SessionReset> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SessionTwin::Simulated(ref session) => session.send(message).await,
            #[cfg(feature = "tokio")]
            SessionTwin::Real(ref session) => session.send(message).await,
        }
    }

    /// Sends a message if there is room in the window.
    ///
    /// # Errors
    /// Returns the message if the window is full, the session is broken, this end is closed, or the life is over.
    pub fn try_send(&self, message: M) -> Result<(), SessionSendError<M>> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SessionTwin::Simulated(ref session) => session.try_send(message),
            #[cfg(feature = "tokio")]
            SessionTwin::Real(ref session) => session.try_send(message),
        }
    }

    /// Waits for the next message.
    ///
    /// Returns `None` once the other side has closed and all its messages are received.
    ///
    /// Cancel safe: a message that was not returned stays in the session.
    ///
    /// # Errors
    /// If the session is broken or the life is over. Messages that arrived before are returned first. A message that is not of
    /// type `M` breaks the session.
    pub async fn recv(&self) -> Result<Option<M>, SessionReset> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SessionTwin::Simulated(ref session) => session.recv().await,
            #[cfg(feature = "tokio")]
            SessionTwin::Real(ref session) => session.recv().await,
        }
    }

    /// Closes this side: the other side receives the messages sent before, then `None`.
    ///
    /// Messages from the other side still arrive. A [`send`](Self::send) that waits for room fails in a simulation, and still
    /// completes on tokio.
    pub fn close(&self) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SessionTwin::Simulated(ref session) => session.close(),
            #[cfg(feature = "tokio")]
            SessionTwin::Real(ref session) => session.finish(),
        }
    }
}

impl<M: Message> fmt::Debug for Session<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("peer", &self.peer()).finish_non_exhaustive()
    }
}

impl<M: Message> fmt::Debug for Listener<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Listener").finish_non_exhaustive()
    }
}
