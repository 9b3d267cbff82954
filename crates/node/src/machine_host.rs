//! Drives machines in a simulation, as hosts of the kernel.

use std::any::{Any, type_name};
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::{
    ArmedTimers, Core, DeviceId, DeviceKey, Devices, Entropy, Hosts, Kernel, MachineLogs, NewLife, Record, RecordKind, Step, Wake,
};
use cluster_sim_storage::{DiskOp, Disks, HostDone};
use cluster_sim_transport::{HostPort, MachineNotice, Network, PortId, SESSION_NOTICE, Store, content_of};
use cluster_sim_types::{Change, NodeId, VIEWS_PER_ROW, ViewTable};
use tracing::level_filters::LevelFilter;

use crate::boot::Boot;
use crate::effects::{Effect, Effects};
use crate::machine::{Input, Machine};
use crate::node_info::NodeInfo;
use crate::timer::Timer;

/// Creates the machine of a node, when the run starts and again after every crash.
pub type MachineFactory<M> = Arc<dyn Fn(&Boot) -> M + Send + Sync>;

/// Hosts the machines of a group.
pub struct MachineGroup<M: Machine> {
    hosts: Vec<MachineHost<M>>,
    common: Common<M>,
    table: ViewTable<M::View>,
}

/// One machine.
struct MachineHost<M> {
    /// Absent while the node is down.
    machine: Option<M>,
    boot: Boot,
    timers: ArmedTimers,
}

/// Used by all machines of one group.
///
/// Only one machine steps at a time, so all use one list of effects: in a large group it stays in the cache while the machines do
/// not.
struct Common<M: Machine> {
    factory: MachineFactory<M>,
    effects: Effects<M::Message>,
    devices: MachineDevices,
    /// The operations of this step for the disk, submitted after it.
    disk_operations: Vec<(u64, Box<DiskOp>)>,
    /// The port on which it receives.
    port: PortId,
    /// That port with the kind of the messages.
    sent_to: HostPort,
    /// The messages of the machines that are in flight.
    store: Store<M::Message>,
}

impl<M: Machine> MachineGroup<M> {
    /// Creates hosts for `infos` whose machines come from `factory`. All devices are registered already.
    pub fn new(infos: Vec<NodeInfo>, factory: MachineFactory<M>, devices: &mut Devices) -> Self {
        let keys = MachineDevices::of(devices);
        let transport = devices.get_mut(keys.network);
        let (port, store) = (transport.ports.port(M::PORT), transport.payloads.store::<M::Message>());
        transport.payloads.describe_with::<M::Message>(store.kind(), M::describe);
        infos.iter().for_each(|info| transport.ports.bind_host(info.id(), port, store.kind()));
        let sent_to = HostPort::new(port, store.kind());
        let effects = Effects::new(Entropy::from_key(0));
        let common = Common { factory, effects, devices: keys, disk_operations: Vec::new(), port, sent_to, store };
        let host = |info| MachineHost { machine: None, boot: Boot::before_first_life(info), timers: ArmedTimers::default() };
        Self { hosts: infos.into_iter().map(host).collect(), common, table: ViewTable { fill: fill_views::<M> } }
    }
}

/// Fills a row with the views of a group of machines.
fn fill_views<'g, M: Machine>(group: &'g dyn Any, first: usize, row: &mut [Option<&'g M::View>; VIEWS_PER_ROW]) {
    let group: &MachineGroup<M> = group.downcast_ref().expect("a table comes with its group");
    for (view, host) in row.iter_mut().zip(&group.hosts[first..]) {
        *view = host.machine.as_ref().map(Machine::view);
    }
}

impl<M: Machine> MachineHost<M> {
    /// Steps the machine with one input and executes the effects.
    ///
    /// Kernel and network are passed as words, here and to functions that are not inlined: a struct would have to be in memory.
    #[inline(always)]
    fn step_machine(
        &mut self,
        input: Input<M::Message>,
        common: &mut Common<M>,
        node: NodeId,
        kernel: &mut Kernel,
        network: &mut Network,
    ) {
        // Costs one load without a tracing subscriber. With one, each event of the step carries the node's name and the virtual
        // time.
        if LevelFilter::current() == LevelFilter::OFF {
            self.step_untraced(input, common, node, kernel, network);
        } else {
            self.step_traced(input, common, node, kernel, network);
        }
    }

    #[cold]
    fn step_traced(
        &mut self,
        input: Input<M::Message>,
        common: &mut Common<M>,
        node: NodeId,
        kernel: &mut Kernel,
        network: &mut Network,
    ) {
        let now = kernel.now();
        let _logs = MachineLogs::enter(now, Arc::clone(kernel.name(node)));
        let _span = tracing::error_span!(target: "cluster_sim::step", "step", at = %now, node = self.boot.name()).entered();
        self.step_untraced(input, common, node, kernel, network);
    }

    #[inline(always)]
    fn step_untraced(
        &mut self,
        input: Input<M::Message>,
        common: &mut Common<M>,
        node: NodeId,
        kernel: &mut Kernel,
        network: &mut Network,
    ) {
        let machine = self.machine.as_mut().expect("the kernel wakes no node that is down");
        let (local, wall) = kernel.true_clocks(node).unwrap_or_else(|| kernel.read_skewed_clocks(node));
        common.effects.begin(self.boot.entropy(), wall);
        machine.step(local, input, &mut common.effects);
        apply_effects::<M>(common, &mut self.timers, node, kernel, network);
    }

    /// Steps the machine with a seldom input, and does all that it asks for.
    #[inline(always)]
    fn step_whole(&mut self, input: Input<M::Message>, common: &mut Common<M>, step: Step<'_>) {
        let (kernel, network) = common.devices.split(step.core);
        self.step_machine(input, common, step.node, kernel, network);
        if common.effects.wants_more() {
            do_more(common, step.node, step.core);
        }
    }

    /// Steps the machine with the answer of the disk that it was woken for.
    #[cold]
    #[inline(never)]
    fn step_on_disk(&mut self, device: DeviceId, number: u32, common: &mut Common<M>, step: Step<'_>) {
        let key = common.devices.disks;
        assert!(device == key.id(), "{device:?} woke a machine and gives it no input");
        let Some(HostDone { tag, result }) = step.core.devices.get_mut(key).take_of_host(number) else { return };
        self.step_whole(Input::Disk(tag, result), common, step);
    }
}

/// The devices that give machines inputs or carry out their effects, found when the hosts are made.
#[derive(Clone, Copy)]
struct MachineDevices {
    network: DeviceKey<Network>,
    disks: DeviceKey<Disks>,
}

impl MachineDevices {
    fn of(devices: &Devices) -> Self {
        Self { network: devices.key(), disks: devices.key() }
    }

    /// Splits the simulation into the parts that a step uses.
    #[inline]
    fn split(self, core: &mut Core) -> (&mut Kernel, &mut Network) {
        let Core { kernel, devices } = core;
        (kernel, devices.get_mut(self.network))
    }
}

/// Executes the effects of a step, but for operations for the disk.
#[inline(always)]
fn apply_effects<M: Machine>(
    common: &mut Common<M>,
    timers: &mut ArmedTimers,
    node: NodeId,
    kernel: &mut Kernel,
    network: &mut Network,
) {
    let Common { effects, sent_to, store, .. } = common;
    if !effects.is_unchanged() {
        kernel.change(Change::View(node));
    }
    // Most steps send a message and perhaps set a timer, or do one of the two, or nothing.
    if let Some((to, message)) = effects.list().take_send() {
        let label = M::label(&message);
        network.datagrams(kernel).send_one(node, to, *sent_to, store, label, message);
        if let Some((timer, after)) = effects.list().take_timer() {
            set_timer(timers, kernel, node, timer, after);
        }
        return;
    }
    if effects.list().is_empty() {
        return;
    }
    if let Some((timer, after)) = effects.list().take_lone_timer() {
        set_timer(timers, kernel, node, timer, after);
        return;
    }
    apply_all::<M>(common, timers, node, kernel, network);
}

/// Not inlined, so that steps without timers keep a small frame.
#[inline(never)]
fn set_timer(timers: &mut ArmedTimers, kernel: &mut Kernel, node: NodeId, timer: Timer, after: Duration) {
    timers.set(kernel, node, timer.0, after);
}

#[inline(never)]
fn apply_all<M: Machine>(
    common: &mut Common<M>,
    timers: &mut ArmedTimers,
    node: NodeId,
    kernel: &mut Kernel,
    network: &mut Network,
) {
    let Common { effects, disk_operations, port, sent_to, store, .. } = common;
    if effects.list().is_lone_disk() {
        return effects.want_more();
    }
    let address = (*port, store.kind());
    while let Some(effect) = effects.list().next() {
        match effect {
            Effect::Send(to, message) => {
                let label = M::label(&message);
                network.datagrams(kernel).send_one(node, to, *sent_to, store, label, message);
            }
            Effect::SendAll(receivers, message) => {
                let label = M::label(&message);
                network.datagrams(kernel).send(node, &receivers, address, label, message);
                effects.recycle(receivers);
            }
            Effect::SetTimer(timer, after) => timers.set(kernel, node, timer.0, after),
            Effect::CancelTimer(timer) => timers.cancel(kernel, timer.0),
            Effect::Stop => kernel.finish_stop(node),
            Effect::Emit(fact) => kernel.state(node, fact),
            Effect::SessionSend(to, message) => network.sessions(kernel).machine_send(node, to, address, message),
            Effect::SessionClose(peer) => network.sessions(kernel).machine_close(node, peer),
            Effect::Failpoint(point) => {
                if kernel.visit_failpoint(node, point) {
                    effects.drain().for_each(drop);
                }
            }
            Effect::Disk(tag, operation) => disk_operations.push((tag, operation)),
        }
    }
    if !disk_operations.is_empty() {
        effects.want_more();
    }
}

/// Does what few steps ask for: counts a reading of the wall clock, and submits operations to the disk.
///
/// Apart from the other effects, since the network is borrowed while they are carried out.
#[cold]
#[inline(never)]
fn do_more<M: Machine>(common: &mut Common<M>, node: NodeId, core: &mut Core) {
    let Core { kernel, devices } = core;
    if common.effects.has_read_wall() {
        kernel.count_wall_reading(node);
    }
    let disks = devices.get_mut(common.devices.disks);
    let Common { disk_operations, effects, .. } = common;
    if let Some((tag, operation)) = effects.take_lone_disk() {
        return disks.submit_of_host(kernel, node, tag, operation);
    }
    let life = kernel.incarnation(node);
    for (tag, operation) in disk_operations.drain(..) {
        // A fault may crash the node with an operation in flight; the later ones are then never submitted.
        if kernel.lives(node, life) {
            disks.submit_of_host(kernel, node, tag, effects.unbox(operation));
        }
    }
}

/// Fetches what the network has for a node, as an input; `None` if it was lost on the way.
#[inline(always)]
fn network_input<M: Machine>(
    common: &Common<M>,
    number: u32,
    node: NodeId,
    kernel: &mut Kernel,
    network: &mut Network,
) -> Option<Input<M::Message>> {
    if number == SESSION_NOTICE {
        return network.sessions(kernel).next_machine_notice(node, common.store.kind()).map(session_input);
    }
    let received = network.datagrams(kernel).recv(number, &common.store)?;
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

impl<M: Machine> Hosts for MachineGroup<M> {
    fn boot(&mut self, place: usize, life: NewLife, core: &Core) {
        let host = &mut self.hosts[place];
        host.boot.begin(life, core.devices.get(self.common.devices.disks).image(host.boot.id()));
        host.machine = Some((self.common.factory)(&host.boot));
        host.boot.forget_disk();
    }

    #[inline]
    fn step(&mut self, place: usize, wake: Wake, step: Step<'_>) {
        let Self { hosts, common, .. } = self;
        let host = &mut hosts[place];
        let node = step.node;
        // Only the network is fetched for most steps, once: each device costs a call to learn its type.
        if let Wake::Device(device, number) = wake
            && device != common.devices.network.id()
        {
            return host.step_on_disk(device, number, common, step);
        }
        let (kernel, network) = common.devices.split(step.core);
        let input = match wake {
            Wake::Start => Input::Start,
            Wake::Stop => Input::Stop { deadline: kernel.stop_deadline(node).unwrap_or_default() },
            Wake::Timer(token) => {
                host.timers.remove(token);
                Input::Timer(Timer(token))
            }
            Wake::Device(_, number) => match network_input(common, number, node, kernel, network) {
                Some(input) => input,
                None => return,
            },
        };
        host.step_machine(input, common, node, kernel, network);
        if common.effects.wants_more() {
            do_more(common, node, step.core);
        }
    }

    fn call(&mut self, place: usize, request: &mut dyn Any, step: Step<'_>) -> Result<(), Option<&'static str>> {
        let Some(request) = request.downcast_mut::<Option<M::Message>>() else {
            return Err(Some(type_name::<M::Message>()));
        };
        if let Some(request) = request.take() {
            let kernel = &mut step.core.kernel;
            let (payload, length) = content_of(&request);
            let record = Record::of(kernel.now(), RecordKind::Call, step.node);
            kernel.record(Record { length, payload, ..record });
            self.hosts[place].step_whole(Input::Call(request), &mut self.common, step);
        }
        Ok(())
    }

    fn crash(&mut self, place: usize) {
        let host = &mut self.hosts[place];
        host.timers = ArmedTimers::default();
        host.machine = None;
    }

    #[inline]
    fn view<'a>(&'a self, place: usize, _core: &'a Core) -> Option<&'a dyn Any> {
        self.hosts[place].machine.as_ref().map(|machine| machine.view() as &dyn Any)
    }

    fn view_type(&self, _place: usize, _core: &Core) -> Option<&'static str> {
        Some(type_name::<M::View>())
    }

    fn view_table(&self) -> Option<(&dyn Any, &dyn Any)> {
        Some((&self.table, self))
    }
}
