//! The simulated twin of whatever drives a machine: a host of the kernel.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use cluster_sim_runtime::{Core, DeviceId, Devices, Entropy, Host, Kernel, Record, RecordKind, Step, TimerSlot, Wake};
use cluster_sim_transport::{MachineNotice, Network, PayloadKind, PortId, content_of};
use cluster_sim_types::{Change, Incarnation, NodeId};
use tracing::level_filters::LevelFilter;

use crate::effects::{Effect, Effects, Timer};
use crate::machine::{Input, Machine};
use crate::node_info::NodeInfo;

/// Makes the machine of a seat, at the start of a run and again after every crash.
pub type MachineFactory<M> = Arc<dyn Fn(&NodeInfo) -> M + Send + Sync>;

/// A host for one machine.
pub struct MachineHost<M: Machine> {
    machine: Option<M>,
    entropy: Entropy,
    timers: ArmedTimers,
    seat: NodeInfo,
    group: Rc<Shared<M>>,
}

/// What the hosts of one group have in common.
///
/// Only one of them steps at a time, so they take turns with one list of effects: in a large group it stays in the cache while the hosts
/// do not.
struct Shared<M: Machine> {
    factory: MachineFactory<M>,
    effects: RefCell<Effects<M::Message>>,
    network: DeviceId,
    /// Where its messages come in, and of which kind they are.
    address: (PortId, PayloadKind),
}

impl<M: Machine> MachineHost<M> {
    /// Hosts for the machines that `factory` makes of these seats, speaking over the network registered as `network`.
    pub fn of_group(
        seats: Vec<NodeInfo>,
        factory: MachineFactory<M>,
        network: DeviceId,
        devices: &mut Devices,
    ) -> Vec<Box<dyn Host>> {
        let speaking = devices.get_mut::<Network>(network);
        let address = (speaking.port(M::PORT), speaking.kind::<M::Message>());
        seats.iter().for_each(|seat| speaking.bind_host(seat.id(), address.0));
        let effects = RefCell::new(Effects::new(Entropy::from_key(0)));
        let group = Rc::new(Shared { factory, effects, network, address });
        let host = |seat| Self {
            machine: None,
            entropy: Entropy::from_key(0),
            timers: ArmedTimers::default(),
            seat,
            group: Rc::clone(&group),
        };
        seats.into_iter().map(|seat| Box::new(host(seat)) as Box<dyn Host>).collect()
    }

    /// Lets the machine take one input, and carries out what it wants done.
    #[inline(always)]
    fn take(&mut self, input: Input<M::Message>, around: Around<'_>) {
        // While nobody listens this costs one load; with RUST_LOG every event of the node bears its name and the virtual time.
        if LevelFilter::current() == LevelFilter::OFF { self.take_unheard(input, around) } else { self.take_heard(input, around) }
    }

    #[cold]
    fn take_heard(&mut self, input: Input<M::Message>, around: Around<'_>) {
        let now = around.kernel.now();
        let _span = tracing::error_span!(target: "cluster_sim::step", "step", at = %now, node = self.seat.name()).entered();
        self.take_unheard(input, around);
    }

    #[inline(always)]
    fn take_unheard(&mut self, input: Input<M::Message>, around: Around<'_>) {
        let machine = self.machine.as_mut().expect("the kernel wakes no node that is down");
        let effects = &mut *self.group.effects.borrow_mut();
        effects.begin(self.entropy, around.kernel.wall_now(around.node));
        machine.step(around.kernel.local_now(around.node), input, effects);
        carry_out(&self.group, effects, &mut self.timers, around);
    }
}

/// What a step touches beside the host.
struct Around<'a> {
    node: NodeId,
    kernel: &'a mut Kernel,
    network: &'a mut Network,
}

impl<'a> Around<'a> {
    #[inline]
    fn of(step: Step<'a>, network: DeviceId) -> Self {
        let Core { kernel, devices } = &mut **step.core;
        Self { node: step.node, kernel, network: devices.get_mut(network) }
    }
}

#[inline(always)]
fn carry_out<M: Machine>(group: &Shared<M>, effects: &mut Effects<M::Message>, timers: &mut ArmedTimers, around: Around<'_>) {
    let Around { node, kernel, network } = around;
    if !effects.is_unchanged() {
        kernel.change(Change::View(node));
    }
    while let Some(effect) = effects.next() {
        match effect {
            Effect::Send(to, message) => {
                let label = M::label(&message);
                network.send(kernel, node, &[to], group.address, label, message);
            }
            Effect::SendAll(receivers, message) => {
                let label = M::label(&message);
                network.send(kernel, node, &receivers, group.address, label, message);
                effects.recycle(receivers);
            }
            Effect::SetTimer(timer, after) => timers.arm(kernel, node, timer, after),
            Effect::CancelTimer(timer) => timers.disarm(kernel, timer),
            Effect::Emit(fact) => kernel.change(Change::Fact(node, fact)),
            Effect::SessionSend(to, message) => network.session_send(kernel, node, to, group.address, message),
            Effect::SessionClose(peer) => network.session_close(kernel, node, peer),
        }
    }
}

/// What a machine is told of its sessions, as its input.
fn input_of<M>(told: MachineNotice<M>) -> Input<M> {
    match told {
        MachineNotice::Message(received) => Input::Message { from: received.from, message: received.message },
        MachineNotice::Closed(peer) => Input::SessionClosed { peer },
        MachineNotice::Reset(peer, reason) => Input::SessionReset { peer, reason },
        MachineNotice::Full(peer, message) => Input::SessionFull { peer, message },
        MachineNotice::Writable(peer) => Input::SessionWritable { peer },
    }
}

impl<M: Machine> Host for MachineHost<M> {
    fn boot(&mut self, incarnation: Incarnation, entropy: Entropy) {
        self.seat = self.seat.clone().in_life(incarnation);
        self.entropy = entropy;
        self.machine = Some((self.group.factory)(&self.seat));
    }

    #[inline]
    fn step(&mut self, wake: Wake, step: Step<'_>) {
        let around = Around::of(step, self.group.network);
        let input = match wake {
            Wake::Start => Input::Start,
            Wake::Timer(token) => {
                self.timers.forget(Timer(token));
                Input::Timer(Timer(token))
            }
            Wake::Device(device, slot) => {
                debug_assert_eq!(device, self.group.network, "a machine waits for nothing but the network");
                if slot == Network::SESSION_NOTICE {
                    let Some(told) = around.network.next_machine_notice(around.kernel, around.node, self.group.address.1) else {
                        return;
                    };
                    return self.take(input_of(told), around);
                }
                let Some(received) = around.network.recv(around.kernel, slot, self.group.address.1) else { return };
                Input::Message { from: received.from, message: received.message }
            }
        };
        self.take(input, around);
    }

    fn call(&mut self, request: &mut dyn Any, step: Step<'_>) -> Result<(), &'static str> {
        let Some(request) = request.downcast_mut::<Option<M::Message>>() else {
            return Err(std::any::type_name::<M::Message>());
        };
        if let Some(request) = request.take() {
            let around = Around::of(step, self.group.network);
            let (payload, length) = content_of(&request);
            let record = Record::of(around.kernel.now(), RecordKind::Call, around.node);
            around.kernel.record(Record { length, payload, ..record });
            self.take(Input::Call(request), around);
        }
        Ok(())
    }

    fn crash(&mut self) {
        self.machine = None;
        self.timers = ArmedTimers::default();
    }

    #[inline]
    fn view<'a>(&'a self, _core: &'a Core) -> Option<&'a dyn Any> {
        self.machine.as_ref().map(|machine| machine.view() as &dyn Any)
    }
}

/// Which timers of a machine are armed. A machine has a handful, so a list is searched faster than a map.
#[derive(Debug, Default)]
struct ArmedTimers {
    armed: Vec<(Timer, TimerSlot)>,
}

impl ArmedTimers {
    #[inline]
    fn position(&self, timer: Timer) -> Option<usize> {
        self.armed.iter().position(|(armed, _)| *armed == timer)
    }

    #[inline]
    fn arm(&mut self, kernel: &mut Kernel, node: NodeId, timer: Timer, after: std::time::Duration) {
        match self.position(timer) {
            Some(index) => kernel.rearm(self.armed[index].1, after),
            None => self.armed.push((timer, kernel.set_timer(node, timer.0, after))),
        }
    }

    #[inline]
    fn disarm(&mut self, kernel: &mut Kernel, timer: Timer) {
        if let Some(index) = self.position(timer) {
            kernel.cancel_timer(self.armed.swap_remove(index).1);
        }
    }

    #[inline]
    fn forget(&mut self, timer: Timer) {
        if let Some(index) = self.position(timer) {
            self.armed.swap_remove(index);
        }
    }
}
