//! The calls that a device gets, in order, beside those of the host whose lives they concern.
#![cfg(feature = "test-utils")]

use std::any::Any;
use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use cluster_sim_runtime::{
    Budget, Core, Device, DeviceId, DeviceKey, Engine, HostWake, Hosts, Kernel, LifeEnd, NewLife, Order, Rank, Seed, SeedSchedule,
    Step, Stepped, Wake,
};
use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

const NODE: NodeId = NodeId(0);

/// The calls of device, host and task, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, entry: impl Into<String>) {
        self.0.borrow_mut().push(entry.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.borrow_mut())
    }
}

/// Schedules an event at the start of each life, and gives the node an input at that event.
struct Bell {
    log: Log,
    id: Option<DeviceId>,
}

impl Device for Bell {
    fn registered(&mut self, id: DeviceId) {
        self.log.add("device: registered");
        self.id = Some(id);
    }

    fn fire(&mut self, _: &mut Kernel, slot: u32) -> Option<HostWake> {
        self.log.add(format!("device: fire {slot}"));
        Some(HostWake::new(NODE, slot + 1))
    }

    fn life_began(&mut self, kernel: &mut Kernel, node: NodeId, incarnation: Incarnation) {
        self.log.add(format!("device: life {} of {node} began", incarnation.0));
        let at = kernel.now() + Duration::from_millis(1);
        let order = Order::new(Rank::DEFAULT, kernel.address(node));
        kernel.schedule(at, order, self.id.expect("a device is registered before it is used"), 7);
    }

    fn life_ended(&mut self, _: &mut Kernel, node: NodeId, incarnation: Incarnation, end: LifeEnd) {
        self.log.add(format!("device: life {} of {node} ended, {end:?}", incarnation.0));
    }

    fn node_resumed(&mut self, _: &mut Kernel, node: NodeId) {
        self.log.add(format!("device: {node} resumed"));
    }

    fn fault_phase_ended(&mut self, _: &mut Kernel) {
        self.log.add("device: fault phase ended");
    }

    fn run_ended(&mut self, _: &mut Kernel) {
        self.log.add("device: run ended");
    }

    fn describe(&self, _: &Kernel, _: u64) -> String {
        "a bell".to_owned()
    }
}

/// Logs when it is dropped.
struct Dropped(Log, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

/// Logs each call.
struct Listener {
    log: Log,
    bell: DeviceKey<Bell>,
    /// Whether its main task runs; a host of tasks gets no inputs.
    has_task: bool,
}

impl Hosts for Listener {
    fn boot(&mut self, _: usize, life: NewLife, _: &Core) {
        self.log.add(format!("host: boot {}", life.incarnation.0));
    }

    fn step(&mut self, _: usize, wake: Wake, step: Step<'_>) {
        match wake {
            Wake::Start if self.has_task => {
                let held = Dropped(self.log.clone(), "task: dropped");
                step.core.kernel.spawn_root(step.node, Location::caller(), Box::pin(async move { drop(held) }));
            }
            Wake::Device(device, number) => {
                assert_eq!(device, self.bell.id());
                assert_eq!(step.core.devices.get(self.bell).id, Some(device));
                self.log.add(format!("host: input {number}"));
            }
            _ => self.log.add(format!("host: {wake:?}")),
        }
    }

    fn call(&mut self, _: usize, _: &mut dyn Any, _: Step<'_>) -> Result<(), Option<&'static str>> {
        Ok(())
    }

    fn crash(&mut self, _: usize) {
        self.log.add("host: crash");
    }

    fn view<'a>(&'a self, _: usize, _: &'a Core) -> Option<&'a dyn Any> {
        None
    }
}

fn engine(log: &Log, has_task: bool) -> Engine {
    let mut engine = Engine::new(SeedSchedule::new(Seed(7)), Budget::default());
    engine.core.kernel.expect_tasks();
    let bell = engine.register(Bell { log: log.clone(), id: None });
    engine.add_group(Box::new(Listener { log: log.clone(), bell, has_task }));
    engine.add_node("node/0", Some(Duration::ZERO));
    engine
}

fn run(engine: &mut Engine) {
    let until = engine.core.kernel.now() + Duration::from_secs(1);
    while engine.step(until) != Stepped::Idle {}
}

#[test]
fn a_device_hears_of_lives_before_their_boot_and_after_their_end() {
    let log = Log::default();
    let mut engine = engine(&log, false);
    assert_eq!(log.take(), ["device: registered"]);
    run(&mut engine);
    assert_eq!(log.take(), ["device: life 0 of n0 began", "host: boot 0", "host: Start", "device: fire 7", "host: input 8"]);
    assert!(engine.pause(NODE) && engine.resume(NODE));
    assert_eq!(log.take(), ["device: n0 resumed"]);
    assert!(engine.crash(NODE));
    assert_eq!(log.take(), ["host: crash", "device: life 0 of n0 ended, Crashed"]);
    assert!(engine.restart(NODE));
    assert_eq!(log.take(), ["device: life 1 of n0 began", "host: boot 1", "host: Start"]);
    assert!(engine.kill(NODE));
    assert_eq!(log.take(), ["host: crash", "device: life 1 of n0 ended, Killed"]);
}

#[test]
fn a_returned_main_function_ends_its_life_once_its_memory_is_dropped() {
    let log = Log::default();
    let mut engine = engine(&log, true);
    engine.step(VirtualInstant::ZERO);
    engine.step(VirtualInstant::ZERO);
    let began = ["device: registered", "device: life 0 of n0 began", "host: boot 0"];
    assert_eq!(log.take(), [&began[..], &["task: dropped", "device: life 0 of n0 ended, Returned"]].concat());
    assert!(engine.crash(NODE), "the node stays up with its last view");
    assert_eq!(log.take(), ["host: crash", "device: life 0 of n0 ended, Crashed"]);
}

#[test]
fn a_device_hears_once_that_fault_phase_and_run_ended() {
    let log = Log::default();
    let mut engine = engine(&log, false);
    log.take();
    engine.end_fault_phase();
    assert_eq!(log.take(), ["device: fault phase ended"]);
    engine.shut_down();
    assert_eq!(log.take(), ["device: run ended"]);
    engine.shut_down();
    drop(engine);
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_dropped_engine_ends_the_run_after_its_tasks() {
    let log = Log::default();
    let mut engine = engine(&log, true);
    engine.step(VirtualInstant::ZERO);
    log.take();
    drop(engine);
    assert_eq!(log.take(), ["task: dropped", "device: run ended"]);
}

#[test]
fn a_device_is_found_by_its_type() {
    let engine = engine(&Log::default(), false);
    let key: DeviceKey<Bell> = engine.core.devices.key();
    assert_eq!(engine.core.devices.get(key).id, Some(key.id()));
    assert_eq!(engine.core.devices.find::<Bell>().id, Some(key.id()));
}

#[test]
#[should_panic(expected = "one of each")]
fn a_second_device_of_one_type_is_refused() {
    engine(&Log::default(), false).register(Bell { log: Log::default(), id: None });
}
