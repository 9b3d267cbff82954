//! Sessions: messages in order, and none lost from their middle.

// Without a twin there is no session, and the methods have nothing to do with what they are given.
#![cfg_attr(
    not(any(feature = "test-utils", feature = "tokio")),
    expect(unused_variables, reason = "a session without a twin cannot be")
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
    /// Opens a session with a node that listens on the port of that name, or with a machine that takes its messages there.
    ///
    /// Asks again while no answer comes. Who stops waiting, by dropping the future, asks no more: if the other node has accepted
    /// meanwhile, the session is reset. Never answers once the life is over.
    ///
    /// ```
    /// use cluster_sim_node::{ConnectError, Node, NodeId, SessionReset};
    ///
    /// /// Asks a node to double some numbers, in one session.
    /// async fn doubled(node: &Node, by: NodeId, numbers: &[u64]) -> Result<Vec<u64>, ConnectError> {
    ///     let session = node.connect::<u64>(by, "double").await?;
    ///     let mut answers = Vec::new();
    ///     for number in numbers {
    ///         let Ok(()) = session.send(*number).await else { break };
    ///         let Ok(Some(answer)) = session.receive().await else { break };
    ///         answers.push(answer);
    ///     }
    ///     Ok(answers)
    /// }
    ///
    /// /// Doubles whatever comes, for ever.
    /// async fn double(node: Node) {
    ///     let listener = node.listen::<u64>("double");
    ///     loop {
    ///         let session = listener.accept().await;
    ///         node.spawn(async move {
    ///             while let Some(number) = session.receive().await? {
    ///                 session.send(2 * number).await?;
    ///             }
    ///             Ok::<(), SessionReset>(())
    ///         });
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// If nobody listens there, or no answer comes for as long as patience lasts, 15 s by default. Over real sockets a node that is down
    /// refuses as long as the machine under it is up; in a simulation it does not answer.
    ///
    /// # Panics
    /// If there is no such node.
    pub async fn connect<M: Message>(&self, peer: impl Into<NodeId>, port: &str) -> Result<Session<M>, ConnectError> {
        let peer = peer.into();
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(place) => {
                let session = SimulatedSession::connect::<M>(place, peer, port).await?;
                Ok(Session { twin: SessionTwin::Simulated(session), message: PhantomData })
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => {
                let session = own.network.connect(peer, port).await?;
                Ok(Session { twin: SessionTwin::Real(session), message: PhantomData })
            }
        }
    }

    /// Takes the sessions that other nodes ask for on the port of that name. Dropping the listener ends it: who asks is refused then, and
    /// what nobody accepted is reset. At most 128 sessions wait to be accepted; who asks beyond gets no answer until there is room.
    ///
    /// A node may bind a port for datagrams and listen on one for sessions under the same name. A machine of a simulation does both on
    /// `Machine::PORT`, so who listens there is who machines stream to.
    ///
    /// # Panics
    /// If this node listens there already.
    #[track_caller]
    pub fn listen<M: Message>(&self, port: &str) -> Listener<M> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(place) => {
                let listener = SimulatedListener::new::<M>(place, port).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
                Listener { twin: ListenerTwin::Simulated(listener), message: PhantomData }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => {
                let listener = own.network.listen(port).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
                Listener { twin: ListenerTwin::Real(listener), message: PhantomData }
            }
        }
    }
}

/// Takes sessions on a port of a node; [`Node::listen`] makes one.
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
    /// Waits for the next session that another node asks for: it is open, may hold messages already, and may be gone again. Several tasks
    /// may wait; each session goes to one of them. Cancel safe: a session that was not returned is not lost. Waits for ever once the life
    /// is over.
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

/// One end of a session: what is sent arrives in order and once, or the session is gone and both ends are told.
///
/// Dropping it finishes it: what was sent still arrives. If the other side had sent what nobody received, or does so later, the session is
/// reset instead, so that it never believes what was not read to be read. All methods take the session by reference, so that it can be
/// shared; each message goes to one of those who wait.
///
/// It ends with the life of its node. The return of the main function resets it, and whatever was let go and had not yet arrived. After a
/// crash the other side learns of it when it sends: who only receives may wait for ever, in a simulation, or for as long as patience lasts,
/// over TCP.
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
    /// Who is at the other end.
    pub fn peer(&self) -> NodeId {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SessionTwin::Simulated(ref session) => session.peer(),
            #[cfg(feature = "tokio")]
            SessionTwin::Real(ref session) => session.peer(),
        }
    }

    /// Sends a message; waits while the window is full, 64 messages by default. Cancel safe: what was not sent is not sent later.
    ///
    /// # Errors
    /// If the session is gone, this end was finished, or the life is over.
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
    /// With the message, if the session does not take it over.
    pub fn try_send(&self, message: M) -> Result<(), SessionSendError<M>> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SessionTwin::Simulated(ref session) => session.try_send(message),
            #[cfg(feature = "tokio")]
            SessionTwin::Real(ref session) => session.try_send(message),
        }
    }

    /// Waits for the next message; nothing if the other side finished and everything it sent was received. Cancel safe: a message that was
    /// not returned is not lost.
    ///
    /// # Errors
    /// If the session is gone, what came is no message of this type, which breaks the session, or the life is over. What had arrived before
    /// the session was gone is received first.
    pub async fn recv(&self) -> Result<Option<M>, SessionReset> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            SessionTwin::Simulated(ref session) => session.recv().await,
            #[cfg(feature = "tokio")]
            SessionTwin::Real(ref session) => session.recv().await,
        }
    }

    /// Sends nothing more: the other side receives nothing after everything that was sent. What that side sends still arrives. Who waits
    /// for room is told that there will be none.
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
