//! Hosts an instance of foca as a machine.

use std::collections::BTreeMap;

use bytes::Bytes;
use cluster_sim::node::{EntropyRng, Label};
use cluster_sim::prelude::*;
use foca::{
    Codec, Config, Error, Foca, Header, Identity, Message, NoCustomBroadcast, Notification, OwnedNotification, PostcardCodec,
    Runtime,
};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// One identity of a node. A node takes another when it restarts, and when it hears that others gave it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) node: NodeId,
    /// The number of the life in the upper half, of the identity in this life in the lower.
    pub(crate) generation: u64,
}

impl Member {
    /// How often the node took another identity in this life.
    pub(crate) fn renewals(self) -> u32 {
        self.generation as u32
    }
}

impl Identity for Member {
    type Addr = NodeId;

    fn renew(&self) -> Option<Self> {
        Some(Self { generation: self.generation + 1, ..*self })
    }

    fn addr(&self) -> NodeId {
        self.node
    }

    fn win_addr_conflict(&self, other: &Self) -> bool {
        self.generation > other.generation
    }
}

/// A datagram of foca, in foca's own encoding.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Packet(Bytes);

impl Packet {
    fn header(&self) -> Option<Header<Member>> {
        PostcardCodec.decode_header(&self.0[..]).ok()
    }
}

/// A notification of foca, as a fact.
pub(crate) type Notified = OwnedNotification<Member>;

/// The fact that foca returned an error.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Error);

/// How the nodes of a cluster are set up.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) config: Config,
    /// The nodes to which a node announces itself.
    pub(crate) seeds: Vec<NodeId>,
    /// How long a node without members waits before it announces itself again; absent for never.
    pub(crate) rejoin_after: Option<Duration>,
    /// The generation of the first identity of a life.
    pub(crate) first_generation: fn(&Boot) -> u64,
}

/// The view of a node: foca itself.
pub(crate) type Membership<R = EntropyRng> = Foca<Member, PostcardCodec, R, NoCustomBroadcast>;

/// A member of a cluster.
pub(crate) struct Swim<R = EntropyRng> {
    membership: Membership<R>,
    setup: Setup,
    timers: Timers,
}

/// Announce this node again, if it has no members.
const JOIN: Timer = Timer(0);

/// The timers that foca waits for.
///
/// Whenever one comes due, foca gets the earliest: after a pause several are due, in any order, and foca relies on theirs.
#[derive(Default)]
struct Timers {
    /// By the instant at which it is due, and its number.
    events: BTreeMap<(LocalInstant, u64), foca::Timer<Member>>,
    /// How many were set, ever.
    set: u64,
}

/// Turns what foca asks for during one step into effects.
struct Step<'s> {
    now: LocalInstant,
    effects: &'s mut Effects<Packet>,
    timers: &'s mut Timers,
    was_notified: bool,
}

impl Runtime<Member> for Step<'_> {
    fn notify(&mut self, notification: Notification<'_, Member>) {
        self.was_notified = true;
        self.effects.emit(notification.to_owned());
    }

    fn send_to(&mut self, to: Member, packet: &[u8]) {
        self.effects.send(to.node, Packet(Bytes::copy_from_slice(packet)));
    }

    fn submit_after(&mut self, event: foca::Timer<Member>, after: Duration) {
        self.timers.set += 1;
        self.timers.events.insert((self.now + after, self.timers.set), event);
        self.effects.set_timer(Timer(self.timers.set), after);
    }
}

impl<R: Rng> Swim<R> {
    pub(crate) fn boot(boot: &Boot, setup: &Setup, rng: R) -> Self {
        let member = Member { node: boot.id(), generation: (setup.first_generation)(boot) };
        let membership = Foca::new(member, setup.config.clone(), rng, PostcardCodec);
        Self { membership, setup: setup.clone(), timers: Timers::default() }
    }

    fn join(&mut self, step: &mut Step<'_>) -> Result<(), Error> {
        if let Some(after) = self.setup.rejoin_after {
            step.effects.set_timer(JOIN, after);
        }
        let own = self.membership.identity().node;
        let is_alone = self.membership.num_members() == 0;
        let mut seeds = self.setup.seeds.iter().filter(|seed| is_alone && **seed != own);
        seeds.try_for_each(|seed| self.membership.announce(Member { node: *seed, generation: 0 }, &mut *step))
    }
}

impl<R: Rng + 'static> Machine for Swim<R> {
    type Message = Packet;
    type View = Membership<R>;

    fn step(&mut self, now: LocalInstant, input: Input<Packet>, effects: &mut Effects<Packet>) {
        let mut timers = std::mem::take(&mut self.timers);
        let mut step = Step { now, effects, timers: &mut timers, was_notified: false };
        let result = match input {
            Input::Start | Input::Timer(JOIN) => self.join(&mut step),
            Input::Timer(_) => {
                let (_, event) = step.timers.events.pop_first().expect("a timer was set");
                self.membership.handle_timer(event, &mut step)
            }
            Input::Message { message, .. } => self.membership.handle_data(&message.0, &mut step),
            _ => Ok(()),
        };
        if !step.was_notified {
            effects.view_unchanged();
        }
        if let Err(error) = result {
            effects.emit(Refused(error));
        }
        self.timers = timers;
    }

    fn view(&self) -> &Membership<R> {
        &self.membership
    }

    /// The kind of a message and its probe: what a node piggybacks depends on all that it heard before.
    fn label(packet: &Packet) -> Label {
        let Some(Header { message, .. }) = packet.header() else { return Label::Content };
        let (kind, probe) = match message {
            Message::Ping(probe) => (1, probe),
            Message::Ack(probe) => (2, probe),
            Message::PingReq { probe_number, .. } => (3, probe_number),
            Message::IndirectPing { probe_number, .. } => (4, probe_number),
            Message::IndirectAck { probe_number, .. } => (5, probe_number),
            Message::ForwardedAck { probe_number, .. } => (6, probe_number),
            Message::Announce => (7, 0),
            Message::Feed => (8, 0),
            Message::Gossip => (9, 0),
            Message::Broadcast => (10, 0),
            Message::TurnUndead => (11, 0),
        };
        Label::Key { kind, id: probe.into() }
    }

    fn describe(packet: &Packet) -> Option<String> {
        let header = packet.header()?;
        Some(format!("{:?} from {:?} to {:?}", header.message, header.src, header.dst))
    }
}
