//! The simulated twin of whatever drives a machine: a host of the kernel.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use cluster_sim_runtime::{Core, DeviceId, Devices, Entropy, Host, Kernel, Record, RecordKind, Step, TimerSlot, Wake};
use cluster_sim_transport::{Network, PayloadKind, PortId, Told, content_of};
use cluster_sim_vocabulary::{Change, Incarnation, NodeId};

use crate::effects::{Effect, Effects, Timer};
use crate::machine::{Input, Machine};
use crate::seat::Seat;

/// Makes the machine of a seat, at the start of a run and again after every crash.
pub type MachineFactory<M> = Arc<dyn Fn(&Seat) -> M + Send + Sync>;

/// A host for one machine.
pub struct MachineHost<M: Machine> {
    machine: Option<M>,
    entropy: Entropy,
    timers: ArmedTimers,
    seat: Seat,
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
    pub fn of_group(seats: Vec<Seat>, factory: MachineFactory<M>, network: DeviceId, devices: &mut Devices) -> Vec<Box<dyn Host>> {
        let speaking = devices.get_mut::<Network>(network);
        speaking.run_machines(seats.iter().map(Seat::id));
        let address = (speaking.port(M::PORT), speaking.kind::<M::Message>());
        seats.iter().for_each(|seat| speaking.take_by_host(seat.id(), address.0));
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
    fn take(&mut self, input: Input<M::Message>, step: &mut Step<'_>) {
        let Self { seat, machine, timers, group, entropy } = self;
        // A span costs one load while nobody listens; with RUST_LOG every event of the node bears its name and the virtual time.
        let _span =
            tracing::error_span!(target: "cluster_sim::step", "step", at = %step.core.kernel.now(), node = seat.name()).entered();
        let machine = machine.as_mut().expect("the kernel wakes no node that is down");
        let effects = &mut *group.effects.borrow_mut();
        effects.begin(*entropy, step.core.kernel.wall_now(step.node));
        machine.step(step.core.kernel.local_now(step.node), input, effects);
        carry_out(group, effects, timers, step);
    }
}

fn carry_out<M: Machine>(group: &Shared<M>, effects: &mut Effects<M::Message>, timers: &mut ArmedTimers, step: &mut Step<'_>) {
    let node = step.node;
    if !effects.is_unchanged() {
        step.core.kernel.change(Change::View(node));
    }
    // Taken out for the loop, so that emptied lists of receivers can go back into the effects they came from.
    let mut queue = effects.take();
    for effect in queue.drain(..) {
        match effect {
            Effect::Send(to, message) => send(group, &[to], message, step),
            Effect::SendAll(receivers, message) => {
                send(group, &receivers, message, step);
                effects.recycle(receivers);
            }
            Effect::Arm(timer, after) => timers.arm(&mut step.core.kernel, node, timer, after),
            Effect::Disarm(timer) => timers.disarm(&mut step.core.kernel, timer),
            Effect::Emit(fact) => step.core.kernel.change(Change::Fact(node, fact)),
            Effect::Stream(to, message) => {
                let network = step.core.devices.get_mut::<Network>(group.network);
                network.stream(&mut step.core.kernel, node, to, group.address.1, message);
            }
            Effect::Finish(peer) => {
                let network = step.core.devices.get_mut::<Network>(group.network);
                network.finish_stream(&mut step.core.kernel, node, peer);
            }
        }
    }
    effects.put_back(queue);
}

fn send<M: Machine>(group: &Shared<M>, to: &[NodeId], message: M::Message, step: &mut Step<'_>) {
    let label = M::label(&message);
    step.core.devices.get_mut::<Network>(group.network).send(&mut step.core.kernel, step.node, to, group.address, label, message);
}

/// What a machine is told of its sessions, as its input.
fn input_of<M>(told: Told<M>) -> Input<M> {
    match told {
        Told::Message(received) => Input::Message { from: received.from, message: received.message },
        Told::Finished(peer) => Input::Finished { peer },
        Told::Reset(peer, reason) => Input::Reset { peer, reason },
        Told::Busy(peer, message) => Input::Busy { peer, message },
        Told::Ready(peer) => Input::Ready { peer },
    }
}

impl<M: Machine> Host for MachineHost<M> {
    fn boot(&mut self, incarnation: Incarnation, entropy: Entropy) {
        self.seat = self.seat.clone().in_life(incarnation);
        self.entropy = entropy;
        self.machine = Some((self.group.factory)(&self.seat));
    }

    #[inline]
    fn step(&mut self, wake: Wake, mut step: Step<'_>) {
        let input = match wake {
            Wake::Start => Input::Start,
            Wake::Timer(token) => {
                self.timers.forget(Timer(token));
                Input::Timer(Timer(token))
            }
            Wake::Device(device, slot) => {
                debug_assert_eq!(device, self.group.network, "a machine waits for nothing but the network");
                let network = step.core.devices.get_mut::<Network>(device);
                if slot == Network::SESSION_NEWS {
                    let Some(told) = network.next_told(&mut step.core.kernel, step.node, self.group.address.1) else { return };
                    return self.take(input_of(told), &mut step);
                }
                let Some(received) = network.receive(&mut step.core.kernel, slot, self.group.address.1) else { return };
                Input::Message { from: received.from, message: received.message }
            }
        };
        self.take(input, &mut step);
    }

    fn call(&mut self, request: &mut dyn Any, mut step: Step<'_>) -> Result<(), &'static str> {
        let Some(request) = request.downcast_mut::<Option<M::Message>>() else {
            return Err(std::any::type_name::<M::Message>());
        };
        if let Some(request) = request.take() {
            let (payload, length) = content_of(&request);
            let record = Record::of(step.core.kernel.now(), RecordKind::Call, step.node);
            step.core.kernel.record(Record { length, payload, ..record });
            self.take(Input::Call(request), &mut step);
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
    fn position(&self, timer: Timer) -> Option<usize> {
        self.armed.iter().position(|(armed, _)| *armed == timer)
    }

    fn arm(&mut self, kernel: &mut Kernel, node: NodeId, timer: Timer, after: std::time::Duration) {
        match self.position(timer) {
            Some(index) => kernel.rearm(self.armed[index].1, after),
            None => self.armed.push((timer, kernel.arm(node, timer.0, after))),
        }
    }

    fn disarm(&mut self, kernel: &mut Kernel, timer: Timer) {
        if let Some(index) = self.position(timer) {
            kernel.disarm(self.armed.swap_remove(index).1);
        }
    }

    fn forget(&mut self, timer: Timer) {
        if let Some(index) = self.position(timer) {
            self.armed.swap_remove(index);
        }
    }
}
