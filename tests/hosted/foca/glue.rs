//! Hosts an instance of foca: as a machine, and as an async function.

use cluster_sim::node::{EntropyRng, Incarnation, Label, TimerQueue};
use cluster_sim::prelude::*;
use foca::{AccumulatingRuntime, Config, Error, Foca, NoCustomBroadcast, OwnedNotification, PostcardCodec};
use rand::Rng;

use super::member::{Member, Packet};

/// A fact about a node.
#[derive(Debug)]
pub(crate) enum SwimFact {
    /// A life begins, as this member.
    Began(Member),
    /// A notification of foca.
    Heard(OwnedNotification<Member>),
    /// An error of foca.
    Refused(Error),
}

/// How the nodes of a cluster are set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) config: Config,
    /// The nodes to which a node announces itself.
    pub(crate) seeds: Vec<NodeId>,
    /// How long a node without members waits before it announces itself again; absent for never.
    pub(crate) rejoin_after: Option<Duration>,
    /// The generation of the first identity of a life.
    pub(crate) first_generation: fn(Incarnation) -> u64,
}

/// The view of a node: the other members that it takes for alive.
#[derive(Debug, Clone, Default)]
pub(crate) struct Membership {
    /// Absent before the node began.
    pub(crate) own: Option<Member>,
    pub(crate) others: Vec<Member>,
}

/// An instance of foca with its timers.
pub(crate) struct Swim<R = EntropyRng> {
    foca: Foca<Member, PostcardCodec, R, NoCustomBroadcast>,
    setup: Setup,
    timers: TimerQueue<Wait>,
    requests: AccumulatingRuntime<Member>,
    facts: Vec<SwimFact>,
    membership: Membership,
}

/// An event that a node waits for.
enum Wait {
    /// Announces the node again, if it has no members.
    Join,
    Foca(foca::Timer<Member>),
}

enum Event {
    Message(Packet),
    Timer(Wait),
    Stop,
}

impl<R: Rng> Swim<R> {
    fn new(node: NodeId, life: Incarnation, setup: &Setup, rng: R) -> Self {
        let own = Member { node, generation: (setup.first_generation)(life) };
        Self {
            foca: Foca::new(own, setup.config.clone(), rng, PostcardCodec),
            setup: setup.clone(),
            timers: TimerQueue::default(),
            requests: AccumulatingRuntime::new(),
            facts: vec![SwimFact::Began(own)],
            membership: Membership { own: Some(own), others: Vec::new() },
        }
    }

    fn join(&mut self, now: LocalInstant) -> Result<(), Error> {
        self.setup.rejoin_after.into_iter().for_each(|after| self.timers.insert(now + after, Wait::Join));
        let (own, is_alone) = (self.foca.identity().node, self.foca.num_members() == 0);
        let mut seeds = self.setup.seeds.iter().filter(|seed| is_alone && **seed != own);
        seeds.try_for_each(|seed| self.foca.announce(Member { node: *seed, generation: 0 }, &mut self.requests))
    }

    fn handle(&mut self, now: LocalInstant, event: Event) {
        let result = match event {
            Event::Message(packet) => self.foca.handle_data(&packet.0, &mut self.requests),
            Event::Timer(Wait::Foca(timer)) => self.foca.handle_timer(timer, &mut self.requests),
            Event::Timer(Wait::Join) => self.join(now),
            Event::Stop => self.foca.leave_cluster(&mut self.requests),
        };
        self.facts.extend(result.err().map(SwimFact::Refused));
        while let Some((after, timer)) = self.requests.to_schedule() {
            self.timers.insert(now + after, Wait::Foca(timer));
        }
        while let Some(notification) = self.requests.to_notify() {
            self.facts.push(SwimFact::Heard(notification));
        }
        if !self.facts.is_empty() {
            let others = self.foca.iter_members().map(|member| *member.id()).collect();
            self.membership = Membership { own: Some(*self.foca.identity()), others };
        }
    }

    /// Boots a machine.
    pub(crate) fn boot(boot: &Boot, setup: &Setup, rng: R) -> Self {
        Self::new(boot.id(), boot.incarnation(), setup, rng)
    }
}

impl<R: Rng + 'static> Machine for Swim<R> {
    type Message = Packet;
    type View = Membership;

    fn step(&mut self, now: LocalInstant, input: Input<Packet>, effects: &mut Effects<Packet>) {
        let is_stop = matches!(input, Input::Stop { .. });
        match input {
            Input::Start => self.handle(now, Event::Timer(Wait::Join)),
            Input::Message { message, .. } => self.handle(now, Event::Message(message)),
            Input::Stop { .. } => self.handle(now, Event::Stop),
            _ => {
                while let Some(wait) = self.timers.pop_due(now) {
                    self.handle(now, Event::Timer(wait));
                }
            }
        }
        while let Some((to, packet)) = self.requests.to_send() {
            effects.send(to.node, Packet(packet));
        }
        if self.facts.is_empty() {
            effects.view_unchanged();
        }
        self.facts.drain(..).for_each(|fact| effects.emit(fact));
        self.timers.arm(Timer(0), now, effects);
        if is_stop {
            effects.stop();
        }
    }

    fn view(&self) -> &Membership {
        &self.membership
    }

    fn label(packet: &Packet) -> Label {
        packet.label()
    }

    fn describe(packet: &Packet) -> Option<String> {
        packet.describe()
    }
}

/// Runs a node as an async function.
pub(crate) async fn run(node: Node, setup: Setup) {
    let port = node.bind::<Packet>("main").labelled(Packet::label);
    let mut swim = Swim::new(node.id(), node.incarnation(), &setup, node.rng("foca", 0));
    let mut event = Event::Timer(Wait::Join);
    loop {
        let is_stop = matches!(event, Event::Stop);
        swim.handle(node.now(), event);
        while let Some((to, packet)) = swim.requests.to_send() {
            port.send(to.node, Packet(packet));
        }
        if !swim.facts.is_empty() {
            node.publish(|view: &mut Membership| view.clone_from(&swim.membership));
        }
        swim.facts.drain(..).for_each(|fact| node.emit(fact));
        if is_stop {
            return;
        }
        event = select! {
            received = port.recv() => Event::Message(received.message),
            wait = swim.timers.next(&node) => Event::Timer(wait),
            _deadline = node.stopping() => Event::Stop,
        };
    }
}
