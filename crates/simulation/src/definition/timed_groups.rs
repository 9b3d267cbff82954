//! Groups of nodes under meters, and the definition whose groups and checks are.

use std::any::Any;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use cluster_sim_runtime::{BoxedFuture, Core, Engine, Hosts, NewLife, Step, Wake, WrapTask};
use cluster_sim_types::NodeId;

use super::Definition;
use super::groups::Group;
use super::meter::{Clock, Meter};

/// The meters of the checks, the triggers and the groups of a definition, in order of declaration.
#[derive(Debug)]
pub(crate) struct Meters {
    pub(crate) checks: Vec<Meter>,
    pub(crate) triggers: Vec<Meter>,
    pub(crate) groups: Vec<Meter>,
}

impl Definition {
    /// A copy in which every check, every trigger and every group is under a meter.
    pub(crate) fn timed(&self, clock: &Clock) -> (Self, Meters) {
        let mut timed = self.clone();
        let meters = |count: usize| (0..count).map(|_| Meter::new(clock)).collect::<Vec<_>>();
        let [checks, triggers, groups] = [timed.checks.len(), timed.triggers.len(), timed.groups.len()].map(meters);
        let meters = Meters { checks, triggers, groups };
        timed.checks = timed.checks.into_iter().zip(&meters.checks).map(|(check, meter)| check.timed(meter.clone())).collect();
        let triggers = timed.triggers.into_iter().zip(&meters.triggers);
        timed.triggers = triggers.map(|(trigger, meter)| trigger.timed(meter.clone())).collect();
        let tasks = Arc::new(TaskMeters::of(&timed.groups, &meters.groups));
        let groups = timed.groups.into_iter().zip(&meters.groups);
        timed.groups = groups.map(|(group, meter)| group.timed(meter.clone(), Arc::clone(&tasks))).collect();
        (timed, meters)
    }
}

/// The meter of each group, by the number of its first node.
struct TaskMeters(Vec<(NodeId, Meter)>);

impl TaskMeters {
    fn of(groups: &[Group], meters: &[Meter]) -> Self {
        let mut next = 0;
        let firsts = groups.iter().map(|group| {
            let first = NodeId(next);
            next += group.members.len() as u32;
            first
        });
        Self(firsts.zip(meters.iter().cloned()).collect())
    }

    /// The meter of the group that a node belongs to: the last one that begins at or before it.
    fn of_node(&self, node: NodeId) -> &Meter {
        let after = self.0.partition_point(|(first, _)| *first <= node);
        &self.0[after - 1].1
    }
}

impl Group {
    /// This group, with the code of its nodes under a meter. `tasks` has the meters of all groups.
    fn timed(self, meter: Meter, tasks: Arc<TaskMeters>) -> Self {
        let hosts = Arc::clone(&self.hosts);
        let timed = move |nodes, engine: &mut Engine, catches_return| {
            let tasks = Arc::clone(&tasks);
            let wrap: WrapTask = Rc::new(move |node, future| Box::pin(TimedTask { future, meter: tasks.of_node(node).clone() }));
            engine.core.kernel.wrap_tasks(wrap);
            Box::new(TimedHosts { hosts: hosts(nodes, engine, catches_return), meter: meter.clone() }) as Box<dyn Hosts>
        };
        Self { hosts: Arc::new(timed), ..self }
    }
}

/// A task under a meter.
struct TimedTask {
    future: BoxedFuture,
    meter: Meter,
}

impl Future for TimedTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { future, meter } = &mut *self;
        meter.time(|| future.as_mut().poll(context))
    }
}

/// The hosts of a group under a meter: the steps of machines with what they send, the start of async nodes.
struct TimedHosts {
    hosts: Box<dyn Hosts>,
    meter: Meter,
}

impl Hosts for TimedHosts {
    fn boot(&mut self, place: usize, life: NewLife, core: &Core) {
        self.meter.time_uncounted(|| self.hosts.boot(place, life, core));
    }

    fn step(&mut self, place: usize, wake: Wake, step: Step<'_>) {
        self.meter.time(|| self.hosts.step(place, wake, step));
    }

    fn call(&mut self, place: usize, request: &mut dyn Any, step: Step<'_>) -> Result<(), Option<&'static str>> {
        self.meter.time(|| self.hosts.call(place, request, step))
    }

    fn crash(&mut self, place: usize) {
        self.meter.time_uncounted(|| self.hosts.crash(place));
    }

    // Views are read by checks, which have meters of their own.
    fn view<'a>(&'a self, place: usize, core: &'a Core) -> Option<&'a dyn Any> {
        self.hosts.view(place, core)
    }

    fn view_type(&self, place: usize, core: &Core) -> Option<&'static str> {
        self.hosts.view_type(place, core)
    }

    fn view_table(&self) -> Option<(&dyn Any, &dyn Any)> {
        self.hosts.view_table()
    }
}
