//! Drives machines in a simulation, as hosts of the kernel.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use cluster_sim_runtime::{ArmedTimers, Core, DeviceKey, Devices, Entropy, Host, Kernel, NewLife, Record, RecordKind, Step, Wake};
use cluster_sim_transport::{MachineNotice, Network, PortId, SESSION_NOTICE, Store, content_of};
use cluster_sim_types::{Change, NodeId};
use tracing::level_filters::LevelFilter;

use crate::boot::Boot;
use crate::effects::{Effect, Effects, Timer};
use crate::machine::{Input, Machine};
use crate::node_info::NodeInfo;

/// Creates the machine of a node, when the run starts and again after every crash.
pub type MachineFactory<M> = Arc<dyn Fn(&Boot) -> M + Send + Sync>;

/// Hosts one machine.
pub struct MachineHost<M: Machine> {
    machine: Option<M>,
    boot: Boot,
    timers: ArmedTimers,
    group: Rc<Shared<M>>,
}

/// Shared by the hosts of one group.
///
/// Only one host steps at a time, so all use one list of effects: in a large group it stays in the cache while the hosts do not.
struct Shared<M: Machine> {
    factory: MachineFactory<M>,
    effects: RefCell<Effects<M::Message>>,
    devices: MachineDevices,
    /// The port on which it receives.
    port: PortId,
    /// The messages of the machines that are in flight.
    store: Store<M::Message>,
}

impl<M: Machine> MachineHost<M> {
    /// Creates hosts for `infos` whose machines come from `factory`. All devices are registered already.
    pub fn of_group(infos: Vec<NodeInfo>, factory: MachineFactory<M>, devices: &mut Devices) -> Vec<Box<dyn Host>> {
        let keys = MachineDevices::of(devices);
        let transport = devices.get_mut(keys.network);
        let (port, store) = (transport.ports.port(M::PORT), transport.payloads.store::<M::Message>());
        transport.payloads.describe_with::<M::Message>(store.kind(), M::describe);
        infos.iter().for_each(|info| transport.ports.bind_host(info.id(), port, store.kind()));
        let effects = RefCell::new(Effects::new(Entropy::from_key(0)));
        let group = Rc::new(Shared { factory, effects, devices: keys, port, store });
        let host = |info| Self {
            machine: None,
            boot: Boot::before_first_life(info),
            timers: ArmedTimers::default(),
            group: Rc::clone(&group),
        };
        infos.into_iter().map(|info| Box::new(host(info)) as Box<dyn Host>).collect()
    }

    /// Steps the machine with one input and executes the effects.
    #[inline(always)]
    fn step_machine(&mut self, input: Input<M::Message>, context: StepContext<'_>) {
        // Costs one load without a tracing subscriber. With one, each event of the step carries the node's name and the virtual
        // time.
        if LevelFilter::current() == LevelFilter::OFF {
            self.step_untraced(input, context)
        } else {
            self.step_traced(input, context)
        }
    }

    #[cold]
    fn step_traced(&mut self, input: Input<M::Message>, context: StepContext<'_>) {
        let now = context.kernel.now();
        let _span = tracing::error_span!(target: "cluster_sim::step", "step", at = %now, node = self.boot.name()).entered();
        self.step_untraced(input, context);
    }

    #[inline(always)]
    fn step_untraced(&mut self, input: Input<M::Message>, context: StepContext<'_>) {
        let machine = self.machine.as_mut().expect("the kernel wakes no node that is down");
        let effects = &mut *self.group.effects.borrow_mut();
        let (local, wall) = context.kernel.clocks_now(context.node);
        effects.begin(self.boot.entropy(), wall);
        machine.step(local, input, effects);
        apply_effects(&self.group, effects, &mut self.timers, context);
    }
}

/// The devices that give machines inputs or carry out their effects, found when the hosts are made.
#[derive(Clone, Copy)]
struct MachineDevices {
    network: DeviceKey<Network>,
}

impl MachineDevices {
    fn of(devices: &Devices) -> Self {
        Self { network: devices.key() }
    }
}

/// The parts of the simulation that a step uses beside its host.
struct StepContext<'a> {
    node: NodeId,
    kernel: &'a mut Kernel,
    network: &'a mut Network,
}

impl<'a> StepContext<'a> {
    #[inline]
    fn of(step: Step<'a>, keys: MachineDevices) -> Self {
        let Core { kernel, devices } = &mut **step.core;
        Self { node: step.node, kernel, network: devices.get_mut(keys.network) }
    }
}

#[inline(always)]
fn apply_effects<M: Machine>(
    group: &Shared<M>,
    effects: &mut Effects<M::Message>,
    timers: &mut ArmedTimers,
    context: StepContext<'_>,
) {
    let StepContext { node, kernel, network } = context;
    if !effects.is_unchanged() {
        kernel.change(Change::View(node));
    }
    // The common case first: the step sends one message.
    if let Some((to, message)) = effects.take_lone_send() {
        let label = M::label(&message);
        network.datagrams(kernel).send_one(node, to, group.port, &group.store, label, message);
        return;
    }
    apply_all(group, effects, timers, StepContext { node, kernel, network });
}

#[inline(never)]
fn apply_all<M: Machine>(group: &Shared<M>, effects: &mut Effects<M::Message>, timers: &mut ArmedTimers, context: StepContext<'_>) {
    let StepContext { node, kernel, network } = context;
    let address = (group.port, group.store.kind());
    while let Some(effect) = effects.next() {
        match effect {
            Effect::Send(to, message) => {
                let label = M::label(&message);
                network.datagrams(kernel).send_one(node, to, group.port, &group.store, label, message);
            }
            Effect::SendAll(receivers, message) => {
                let label = M::label(&message);
                network.datagrams(kernel).send(node, &receivers, address, label, message);
                effects.recycle(receivers);
            }
            Effect::SetTimer(timer, after) => timers.set(kernel, node, timer.0, after),
            Effect::CancelTimer(timer) => timers.cancel(kernel, timer.0),
            Effect::Emit(fact) => kernel.change(Change::Fact(node, fact)),
            Effect::SessionSend(to, message) => network.sessions(kernel).machine_send(node, to, address, message),
            Effect::SessionClose(peer) => network.sessions(kernel).machine_close(node, peer),
        }
    }
}

/// Fetches what the network has for a node, as an input; `None` if it was lost on the way.
#[inline(always)]
fn network_input<M: Machine>(group: &Shared<M>, number: u32, context: &mut StepContext<'_>) -> Option<Input<M::Message>> {
    let StepContext { node, kernel, network } = context;
    if number == SESSION_NOTICE {
        return network.sessions(kernel).next_machine_notice(*node, group.store.kind()).map(session_input);
    }
    let received = network.datagrams(kernel).recv(number, &group.store)?;
    Some(Input::Message { from: received.from, message: received.message })
}

/// Converts a notice about a session to an input.
fn session_input<M>(notice: MachineNotice<M>) -> Input<M> {
    match notice {
        MachineNotice::Message(received) => Input::Message { from: received.from, message: received.message },
        MachineNotice::Closed(peer) => Input::SessionClosed { peer },
        MachineNotice::Reset(peer, reason) => Input::SessionReset { peer, reason },
        MachineNotice::Full(peer, message) => Input::SessionFull { peer, message },
        MachineNotice::Writable(peer) => Input::SessionWritable { peer },
    }
}

impl<M: Machine> Host for MachineHost<M> {
    fn boot(&mut self, life: NewLife) {
        self.boot.begin(life);
        self.machine = Some((self.group.factory)(&self.boot));
    }

    #[inline]
    fn step(&mut self, wake: Wake, step: Step<'_>) {
        let mut context = StepContext::of(step, self.group.devices);
        let input = match wake {
            Wake::Start => Input::Start,
            Wake::Timer(token) => {
                self.timers.remove(token);
                Input::Timer(Timer(token))
            }
            // Turns the notice of each device into an input: one line for each device.
            Wake::Device(device, number) => {
                let input = match device {
                    _ if device == self.group.devices.network.id() => network_input(&self.group, number, &mut context),
                    _ => unreachable!("{device:?} woke a machine and gives it no input"),
                };
                let Some(input) = input else { return };
                input
            }
        };
        self.step_machine(input, context);
    }

    fn call(&mut self, request: &mut dyn Any, step: Step<'_>) -> Result<(), &'static str> {
        let Some(request) = request.downcast_mut::<Option<M::Message>>() else {
            return Err(std::any::type_name::<M::Message>());
        };
        if let Some(request) = request.take() {
            let context = StepContext::of(step, self.group.devices);
            let (payload, length) = content_of(&request);
            let record = Record::of(context.kernel.now(), RecordKind::Call, context.node);
            context.kernel.record(Record { length, payload, ..record });
            self.step_machine(Input::Call(request), context);
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
