//! The simulated twin of sessions: futures over session ends of the simulated network.
//!
//! Once the life is over, ends report a reset, and waits that could only start something new never resolve.

use std::future::{pending, poll_fn};
use std::task::{Context, Poll};

use cluster_sim_runtime::{Core, Waiter};
use cluster_sim_transport::{
    ConnectError, EndpointWait, Message, Network, NetworkWait, PayloadKind, PortId, PortInUse, ResetReason, SendRefused, SessionId,
    SessionRecv, SessionReset, SessionSendError, SessionStage, WaitKey,
};
use cluster_sim_types::NodeId;

use crate::node::SimulatedContext;

/// A listener held by tasks.
pub(super) struct SimulatedListener {
    sim: SimulatedContext,
    /// `None` if the life was over when it was created.
    bound: Option<(PortId, PayloadKind)>,
}

impl SimulatedListener {
    #[track_caller]
    pub(super) fn new<M: Message>(sim: SimulatedContext, port: &str) -> Result<Self, PortInUse> {
        let bound = sim.act(|network, kernel| {
            let (port, kind) = (network.ports.port(port), network.payloads.kind::<M>());
            network.sessions(kernel).listen(sim.life.node(), port).map(|()| (port, kind))
        });
        Ok(Self { sim, bound: bound.transpose()? })
    }

    pub(super) async fn accept(&self) -> SimulatedSession {
        let Self { sim, bound: Some((port, kind)) } = *self else { return pending().await };
        let mut wait = AcceptWaiter { sim, port, key: None };
        poll_fn(|context| {
            let accepted = sim.life.act(|core| {
                let mut sessions = core.devices.get_mut::<Network>(sim.network).sessions(&mut core.kernel);
                let Some(id) = sessions.accept(sim.life.node(), port) else {
                    wait.register(core, context);
                    return None;
                };
                let peer = sessions.state(id).expect("a session that waits to be accepted exists").peer;
                Some(SimulatedSession { sim, id, kind, peer, port })
            });
            accepted.flatten().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl Drop for SimulatedListener {
    fn drop(&mut self) {
        if let Some((port, _)) = self.bound {
            let node = self.sim.life.node();
            self.sim.cleanup(|network, kernel| network.sessions(kernel).stop_listening(node, port));
        }
    }
}

/// One end of a session, held by tasks.
pub(super) struct SimulatedSession {
    sim: SimulatedContext,
    id: SessionId,
    kind: PayloadKind,
    peer: NodeId,
    port: PortId,
}

impl SimulatedSession {
    /// Opens a session and waits until it is open. Dropping the future gives it up.
    pub(super) async fn connect<M: Message>(sim: SimulatedContext, to: NodeId, port: &str) -> Result<Self, ConnectError> {
        let connecting = sim.act(|network, kernel| {
            let (port, kind) = (network.ports.port(port), network.payloads.kind::<M>());
            let id = network.sessions(kernel).connect(sim.life.node(), to, port);
            PendingConnect(Some(Self { sim, id, kind, peer: to, port }))
        });
        let Some(mut connecting) = connecting else { return pending().await };
        connecting.wait().await?;
        Ok(connecting.0.take().expect("taken only once it is open"))
    }

    pub(super) fn peer(&self) -> NodeId {
        self.peer
    }

    pub(super) async fn send<M: Message>(&self, message: M) -> Result<(), SessionReset> {
        let mut wait = self.wait_until(EndpointWait::Writable);
        let mut unsent = Some(message);
        poll_fn(|context| {
            let message = unsent.take().expect("not polled after it was sent");
            let sent = self.sim.life.act(|core| {
                let Core { kernel, devices } = &mut *core;
                match devices.get_mut::<Network>(self.sim.network).sessions(kernel).send(self.id, self.kind, message) {
                    Ok(()) => Poll::Ready(Ok(())),
                    Err(SendRefused::Full(message)) => {
                        unsent = Some(message);
                        wait.register(core, context, NetworkWait::Room(self.peer, self.port));
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
        let sent = self.sim.act(|network, kernel| {
            let message = given.take().expect("the closure runs once");
            network.sessions(kernel).send(self.id, self.kind, message).map_err(|unsent| match unsent {
                SendRefused::Full(message) => SessionSendError::Busy(message),
                SendRefused::Finished(message) | SendRefused::Broken(message, _) => SessionSendError::Reset(message),
            })
        });
        sent.unwrap_or_else(|| given.map_or(Ok(()), |message| Err(SessionSendError::Reset(message))))
    }

    pub(super) async fn recv<M: Message>(&self) -> Result<Option<M>, SessionReset> {
        let mut wait = self.wait_until(EndpointWait::Readable);
        poll_fn(|context| {
            let taken = self.sim.life.act(|core| {
                let Core { kernel, devices } = &mut *core;
                match devices.get_mut::<Network>(self.sim.network).sessions(kernel).recv(self.id, self.kind) {
                    SessionRecv::Message(message) => Poll::Ready(Ok(Some(message))),
                    SessionRecv::Finished => Poll::Ready(Ok(None)),
                    SessionRecv::Broken(_) => Poll::Ready(Err(SessionReset)),
                    SessionRecv::Nothing => {
                        wait.register(core, context, NetworkWait::Message(self.peer, self.port));
                        Poll::Pending
                    }
                }
            });
            taken.unwrap_or(Poll::Ready(Err(SessionReset)))
        })
        .await
    }

    pub(super) fn close(&self) {
        self.sim.act(|network, kernel| network.sessions(kernel).finish(self.id));
    }

    fn wait_until(&self, what: EndpointWait) -> EndpointWaiter {
        EndpointWaiter { sim: self.sim, id: self.id, what, key: None }
    }
}

impl Drop for SimulatedSession {
    fn drop(&mut self) {
        self.sim.cleanup(|network, kernel| network.sessions(kernel).release(self.id));
    }
}

/// A session that is being opened. Dropping it gives the session up.
struct PendingConnect(Option<SimulatedSession>);

impl PendingConnect {
    async fn wait(&self) -> Result<(), ConnectError> {
        let session = self.0.as_ref().expect("taken only once it is open");
        let mut wait = session.wait_until(EndpointWait::Writable);
        poll_fn(|context| {
            let stage = session.sim.life.act(|core| {
                let stage =
                    core.devices.get_mut::<Network>(session.sim.network).sessions(&mut core.kernel).state(session.id)?.stage;
                if stage == SessionStage::Connecting {
                    wait.register(core, context, NetworkWait::Answer(session.peer, session.port));
                }
                Some(stage)
            });
            match stage.flatten() {
                None | Some(SessionStage::Connecting) => Poll::Pending,
                Some(SessionStage::Broken(ResetReason::Refused)) => Poll::Ready(Err(ConnectError::Refused)),
                Some(SessionStage::Broken(ResetReason::TimedOut)) => Poll::Ready(Err(ConnectError::TimedOut)),
                // A session that opened and broke since is returned; its first use reports the reset.
                Some(SessionStage::Open | SessionStage::Broken(_)) => Poll::Ready(Ok(())),
            }
        })
        .await
    }
}

impl Drop for PendingConnect {
    fn drop(&mut self) {
        if let Some(session) = &self.0 {
            session.sim.cleanup(|network, kernel| network.sessions(kernel).abort(session.id));
        }
    }
}

/// The registered wait of a task at a session end. Dropping it removes the registration.
struct EndpointWaiter {
    sim: SimulatedContext,
    id: SessionId,
    what: EndpointWait,
    /// The key of the registration.
    key: Option<WaitKey>,
}

impl EndpointWaiter {
    /// Registers the polled task, and reports `reason` as what it waits for.
    fn register(&mut self, core: &mut Core, context: &Context<'_>, reason: NetworkWait) {
        let Core { kernel, devices } = core;
        let network = devices.get_mut::<Network>(self.sim.network);
        kernel.waits_for(network.waits_for(reason));
        let waiter = Waiter::of(context, kernel);
        self.key = Some(network.sessions(kernel).wait(self.id, self.what, self.key.take(), waiter));
    }
}

impl Drop for EndpointWaiter {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.sim.cleanup(|network, kernel| network.sessions(kernel).forget(self.id, self.what, key));
        }
    }
}

/// The registered wait of a task at a listener. Dropping it removes the registration.
struct AcceptWaiter {
    sim: SimulatedContext,
    port: PortId,
    key: Option<WaitKey>,
}

impl AcceptWaiter {
    fn register(&mut self, core: &mut Core, context: &Context<'_>) {
        let Core { kernel, devices } = core;
        let network = devices.get_mut::<Network>(self.sim.network);
        kernel.waits_for(network.waits_for(NetworkWait::Session(self.port)));
        let waiter = Waiter::of(context, kernel);
        self.key = network.sessions(kernel).wait_to_accept(self.sim.life.node(), self.port, self.key.take(), waiter);
    }
}

impl Drop for AcceptWaiter {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let node = self.sim.life.node();
            self.sim.cleanup(|network, kernel| network.sessions(kernel).forget_to_accept(node, self.port, key));
        }
    }
}
