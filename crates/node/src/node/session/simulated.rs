//! The simulated twin of sessions: how tasks use ends of the simulated network.
//!
//! In a life that is over an end is gone, and a wait that could only begin something new has no end.

use std::future::{pending, poll_fn};
use std::task::{Context, Poll};

use cluster_sim_runtime::{Core, Waiter};
use cluster_sim_transport::{
    ConnectError, EndpointWait, Message, Network, NetworkWait, PayloadKind, PortId, PortInUse, ResetReason, SendRefused, SessionId,
    SessionRecv, SessionReset, SessionSendError, SessionStage, WaitKey,
};
use cluster_sim_types::NodeId;

use crate::node::Place;

/// A port on which tasks take sessions.
pub(super) struct SimulatedListener {
    place: Place,
    /// Nothing in a life that was over when it was made.
    bound: Option<(PortId, PayloadKind)>,
}

impl SimulatedListener {
    #[track_caller]
    pub(super) fn new<M: Message>(place: Place, port: &str) -> Result<Self, PortInUse> {
        let listens = place.act(|network, _| {
            let (port, kind) = (network.port(port), network.kind::<M>());
            network.listen(place.life.node(), port).map(|()| (port, kind))
        });
        Ok(Self { place, bound: listens.transpose()? })
    }

    pub(super) async fn accept(&self) -> SimulatedSession {
        let Self { place, bound: Some((port, kind)) } = *self else { return pending().await };
        let mut wait = WaitToAccept { place, port, key: None };
        poll_fn(|context| {
            let accepted = place.life.act(|core| {
                let network = core.devices.get_mut::<Network>(place.network);
                let Some(id) = network.accept(place.life.node(), port) else {
                    wait.begin(core, context);
                    return None;
                };
                let peer = network.session(id).expect("what waits to be accepted is held").peer;
                Some(SimulatedSession { place, id, kind, peer, port })
            });
            accepted.flatten().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl Drop for SimulatedListener {
    fn drop(&mut self) {
        if let Some((port, _)) = self.bound {
            let node = self.place.life.node();
            self.place.tidy(|network, kernel| network.stop_listening(kernel, node, port));
        }
    }
}

/// One end of a session, held by tasks.
pub(super) struct SimulatedSession {
    place: Place,
    id: SessionId,
    kind: PayloadKind,
    peer: NodeId,
    port: PortId,
}

impl SimulatedSession {
    /// Asks for a session and waits until it is open. Who stops waiting gives it up.
    pub(super) async fn connect<M: Message>(place: Place, to: NodeId, port: &str) -> Result<Self, ConnectError> {
        let asking = place.act(|network, kernel| {
            let (port, kind) = (network.port(port), network.kind::<M>());
            let id = network.connect(kernel, place.life.node(), to, port);
            Asking(Some(Self { place, id, kind, peer: to, port }))
        });
        let Some(mut asking) = asking else { return pending().await };
        asking.wait().await?;
        Ok(asking.0.take().expect("it is there until it is open"))
    }

    pub(super) fn peer(&self) -> NodeId {
        self.peer
    }

    pub(super) async fn send<M: Message>(&self, message: M) -> Result<(), SessionReset> {
        let mut wait = self.wait_until(EndpointWait::Writable);
        let mut unsent = Some(message);
        poll_fn(|context| {
            let message = unsent.take().expect("it is polled until it is sent");
            let sent = self.place.life.act(|core| {
                let Core { kernel, devices } = &mut *core;
                match devices.get_mut::<Network>(self.place.network).send_on(kernel, self.id, self.kind, message) {
                    Ok(()) => Poll::Ready(Ok(())),
                    Err(SendRefused::Full(message)) => {
                        unsent = Some(message);
                        wait.begin(core, context, NetworkWait::Room(self.peer, self.port));
                        Poll::Pending
                    }
                    Err(SendRefused::Finished(_) | SendRefused::Broken(..)) => Poll::Ready(Err(SessionReset)),
                }
            });
            sent.unwrap_or(Poll::Ready(Err(SessionReset)))
        })
        .await
    }

    pub(super) fn try_send<M: Message>(&self, message: M) -> Result<(), SessionSendError<M>> {
        let mut given = Some(message);
        let sent = self.place.act(|network, kernel| {
            let message = given.take().expect("it is given once");
            network.send_on(kernel, self.id, self.kind, message).map_err(|unsent| match unsent {
                SendRefused::Full(message) => SessionSendError::Busy(message),
                SendRefused::Finished(message) | SendRefused::Broken(message, _) => SessionSendError::Reset(message),
            })
        });
        sent.unwrap_or_else(|| given.map_or(Ok(()), |message| Err(SessionSendError::Reset(message))))
    }

    pub(super) async fn recv<M: Message>(&self) -> Result<Option<M>, SessionReset> {
        let mut wait = self.wait_until(EndpointWait::Readable);
        poll_fn(|context| {
            let taken = self.place.life.act(|core| {
                let Core { kernel, devices } = &mut *core;
                match devices.get_mut::<Network>(self.place.network).recv_on(kernel, self.id, self.kind) {
                    SessionRecv::Message(message) => Poll::Ready(Ok(Some(message))),
                    SessionRecv::Finished => Poll::Ready(Ok(None)),
                    SessionRecv::Broken(_) => Poll::Ready(Err(SessionReset)),
                    SessionRecv::Nothing => {
                        wait.begin(core, context, NetworkWait::Message(self.peer, self.port));
                        Poll::Pending
                    }
                }
            });
            taken.unwrap_or(Poll::Ready(Err(SessionReset)))
        })
        .await
    }

    pub(super) fn close(&self) {
        self.place.act(|network, kernel| network.finish(kernel, self.id));
    }

    fn wait_until(&self, what: EndpointWait) -> WaitAtEnd {
        WaitAtEnd { place: self.place, id: self.id, what, key: None }
    }
}

impl Drop for SimulatedSession {
    fn drop(&mut self) {
        self.place.tidy(|network, kernel| network.release(kernel, self.id));
    }
}

/// A session that is asked for, as long as somebody waits for it.
struct Asking(Option<SimulatedSession>);

impl Asking {
    async fn wait(&self) -> Result<(), ConnectError> {
        let session = self.0.as_ref().expect("it is there until it is open");
        let mut wait = session.wait_until(EndpointWait::Writable);
        poll_fn(|context| {
            let stage = session.place.life.act(|core| {
                let stage = core.devices.get_mut::<Network>(session.place.network).session(session.id)?.stage;
                if stage == SessionStage::Connecting {
                    wait.begin(core, context, NetworkWait::Answer(session.peer, session.port));
                }
                Some(stage)
            });
            match stage.flatten() {
                None | Some(SessionStage::Connecting) => Poll::Pending,
                Some(SessionStage::Broken(ResetReason::Refused)) => Poll::Ready(Err(ConnectError::Refused)),
                Some(SessionStage::Broken(ResetReason::TimedOut)) => Poll::Ready(Err(ConnectError::TimedOut)),
                // One that was accepted and is gone already was opened: whoever uses it learns the rest.
                Some(SessionStage::Open | SessionStage::Broken(_)) => Poll::Ready(Ok(())),
            }
        })
        .await
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(session) = &self.0 {
            session.place.tidy(|network, kernel| network.abort(kernel, session.id));
        }
    }
}

/// One wait at an end; nobody is woken for it any more once it is dropped.
struct WaitAtEnd {
    place: Place,
    id: SessionId,
    what: EndpointWait,
    /// What the network was told to wake it under.
    key: Option<WaitKey>,
}

impl WaitAtEnd {
    /// Has whoever is polled woken, and says what for.
    fn begin(&mut self, core: &mut Core, context: &Context<'_>, words: NetworkWait) {
        let Core { kernel, devices } = core;
        let network = devices.get_mut::<Network>(self.place.network);
        kernel.waits_for(network.waits_for(words));
        self.key = Some(network.wait_at(self.id, self.what, self.key.take(), Waiter::of(context, kernel)));
    }
}

impl Drop for WaitAtEnd {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.place.tidy(|network, _| network.forget_at(self.id, self.what, key));
        }
    }
}

/// One wait for a session that somebody else asks for.
struct WaitToAccept {
    place: Place,
    port: PortId,
    key: Option<WaitKey>,
}

impl WaitToAccept {
    fn begin(&mut self, core: &mut Core, context: &Context<'_>) {
        let Core { kernel, devices } = core;
        let network = devices.get_mut::<Network>(self.place.network);
        kernel.waits_for(network.waits_for(NetworkWait::Session(self.port)));
        let waiter = Waiter::of(context, kernel);
        self.key = network.wait_to_accept(self.place.life.node(), self.port, self.key.take(), waiter);
    }
}

impl Drop for WaitToAccept {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let node = self.place.life.node();
            self.place.tidy(|network, _| network.forget_to_accept(node, self.port, key));
        }
    }
}
