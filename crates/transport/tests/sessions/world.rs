//! A cluster of nodes that hold endpoints for a test and collect their notices.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::{Budget, Core, DeviceKey, Engine, Hosts, NewLife, Seed, SeedSchedule, Step, Stepped, Wake};
use cluster_sim_transport::{
    LinkModel, Network, NetworkPartition, NodeSelector, Notice, PayloadKind, PortId, SESSION_NOTICE, SendRefused, SessionId,
    SessionRecv, SessionService, SessionState,
};
use cluster_sim_types::{Health, NodeId, Traffic};
use serde::{Deserialize, Serialize};

/// A number, with a token that counts how many copies exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Numbered {
    number: u64,
    #[serde(skip)]
    token: Arc<()>,
}

/// The notices of all nodes, oldest first.
type Notices = Rc<RefCell<Vec<Notice>>>;

/// Nodes that do nothing by themselves.
struct Holder {
    network: DeviceKey<Network>,
    notices: Notices,
}

impl Hosts for Holder {
    fn boot(&mut self, _: usize, _: NewLife, _: &Core) {}

    fn step(&mut self, _: usize, wake: Wake, step: Step<'_>) {
        if let Wake::Device(device, number) = wake {
            assert_eq!((device, number), (self.network.id(), SESSION_NOTICE), "the tests send no datagrams");
            let core = &mut **step.core;
            let network = core.devices.get_mut(self.network);
            let before = self.notices.borrow().len();
            while let Some(notice) = network.sessions(&mut core.kernel).next_notice(step.node) {
                self.notices.borrow_mut().push(notice);
            }
            assert!(self.notices.borrow().len() > before, "a woken node has a notice");
        }
    }

    fn call(&mut self, _: usize, _: &mut dyn Any, _: Step<'_>) -> Result<(), Option<&'static str>> {
        Ok(())
    }

    fn crash(&mut self, _: usize) {}

    fn view<'a>(&'a self, _: usize, _core: &'a cluster_sim_runtime::Core) -> Option<&'a dyn Any> {
        None
    }
}

/// A cluster whose nodes all listen on one port.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) network: DeviceKey<Network>,
    kind: PayloadKind,
    pub(crate) port: PortId,
    notices: Notices,
    token: Arc<()>,
}

impl World {
    /// Starts `nodes` nodes over links of one model.
    pub(crate) fn new(nodes: u32, model: &LinkModel, seed: u64) -> Self {
        let mut links = Network::new();
        links.fabric.add_class("all", NodeSelector::Any, NodeSelector::Any, model).expect("the model is valid");
        let (kind, port) = (links.payloads.kind::<Numbered>(), links.ports.port("test"));
        let mut engine = Engine::new(SeedSchedule::new(Seed(seed)), Budget::default());
        let network = engine.register(links);
        let notices = Notices::default();
        let mut world = Self { engine, network, kind, port, notices, token: Arc::default() };
        let holder = Holder { network, notices: Rc::clone(&world.notices) };
        world.engine.add_group(Box::new(holder));
        for node in 0..nodes {
            world.engine.add_node(format!("node/{node}"), Some(Duration::ZERO));
        }
        world.run(Duration::ZERO);
        (0..nodes).for_each(|node| world.listen(node));
        world
    }

    pub(crate) fn network(&mut self) -> &mut Network {
        self.engine.core.devices.get_mut(self.network)
    }

    pub(crate) fn sessions(&mut self) -> SessionService<'_> {
        let core = &mut *self.engine.core;
        core.devices.get_mut(self.network).sessions(&mut core.kernel)
    }

    pub(crate) fn listen(&mut self, node: u32) {
        let port = self.port;
        self.sessions().listen(NodeId(node), port).expect("the node does not listen yet");
    }

    pub(crate) fn stop_listening(&mut self, node: u32) {
        let port = self.port;
        self.sessions().stop_listening(NodeId(node), port);
    }

    pub(crate) fn run(&mut self, duration: Duration) {
        let until = self.engine.core.kernel.now() + duration;
        loop {
            let core = &mut *self.engine.core;
            core.devices.get_mut::<Network>(self.network).fabric.apply_heals(&mut core.kernel);
            if self.engine.step(until) == Stepped::Idle {
                return;
            }
        }
    }

    /// Returns the notices since the last call.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut *self.notices.borrow_mut())
    }

    pub(crate) fn connect(&mut self, from: u32, to: u32) -> SessionId {
        let port = self.port;
        self.sessions().connect(NodeId(from), NodeId(to), port)
    }

    pub(crate) fn accept(&mut self, node: u32) -> Option<SessionId> {
        let port = self.port;
        self.sessions().accept(NodeId(node), port)
    }

    /// Opens a session between two nodes.
    pub(crate) fn open(&mut self, from: u32, to: u32) -> [SessionId; 2] {
        let connecting = self.connect(from, to);
        self.run(Duration::from_secs(1));
        let accepting = self.accept(to).expect("a session arrives within a second");
        [connecting, accepting]
    }

    pub(crate) fn send(&mut self, id: SessionId, number: u64) -> Result<(), SendRefused<u64>> {
        let numbered = Numbered { number, token: Arc::clone(&self.token) };
        let kind = self.kind;
        let sent = self.sessions().send(id, kind, numbered);
        sent.map_err(|unsent| match unsent {
            SendRefused::Full(numbered) => SendRefused::Full(numbered.number),
            SendRefused::Finished(numbered) => SendRefused::Finished(numbered.number),
            SendRefused::Broken(numbered, reason) => SendRefused::Broken(numbered.number, reason),
        })
    }

    pub(crate) fn recv(&mut self, id: SessionId) -> SessionRecv<u64> {
        let kind = self.kind;
        match self.sessions().recv::<Numbered>(id, kind) {
            SessionRecv::Message(numbered) => SessionRecv::Message(numbered.number),
            SessionRecv::Nothing => SessionRecv::Nothing,
            SessionRecv::Finished => SessionRecv::Finished,
            SessionRecv::Broken(reason) => SessionRecv::Broken(reason),
        }
    }

    /// Reads all messages, and the result after the last one.
    pub(crate) fn recv_all(&mut self, id: SessionId) -> (Vec<u64>, SessionRecv<u64>) {
        let mut numbers = Vec::new();
        loop {
            match self.recv(id) {
                SessionRecv::Message(number) => numbers.push(number),
                other => return (numbers, other),
            }
        }
    }

    pub(crate) fn finish(&mut self, id: SessionId) {
        self.sessions().finish(id);
    }

    pub(crate) fn release(&mut self, id: SessionId) {
        self.sessions().release(id);
    }

    pub(crate) fn abort(&mut self, id: SessionId) {
        self.sessions().abort(id);
    }

    pub(crate) fn state(&mut self, id: SessionId) -> Option<SessionState> {
        self.sessions().state(id)
    }

    pub(crate) fn cut(&mut self, from: &[u32], to: &[u32], both_ways: bool) -> NetworkPartition {
        let [from, to] = [from, to].map(|side| side.iter().map(|node| NodeId(*node)).collect::<Vec<NodeId>>());
        let core = &mut *self.engine.core;
        core.devices.get_mut::<Network>(self.network).fabric.cut(&mut core.kernel, "cut", &from, &to, both_ways)
    }

    pub(crate) fn set_model(&mut self, model: &LinkModel) {
        let core = &mut *self.engine.core;
        let network = core.devices.get_mut::<Network>(self.network);
        let all = network.fabric.class_named("all").expect("the world was made with it");
        assert_eq!(network.fabric.set_model(&mut core.kernel, all, model), Ok(()));
    }

    pub(crate) fn health(&self, node: u32) -> Health {
        self.engine.core.kernel.health(NodeId(node))
    }

    /// Returns the traffic, after checking that every message and byte is accounted for.
    pub(crate) fn traffic(&mut self) -> Traffic {
        let traffic = self.network().traffic();
        assert!(traffic.is_balanced(), "{traffic:?}");
        traffic
    }

    /// Counts the sessions and the messages in memory.
    pub(crate) fn live_counts(&mut self) -> (usize, usize) {
        (self.sessions().count(), Arc::strong_count(&self.token) - 1)
    }
}

pub(crate) fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A link with a fixed delay of 10 ms.
pub(crate) fn ten_ms() -> LinkModel {
    LinkModel::constant(milliseconds(10))
}
