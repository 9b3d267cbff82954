//! Machines that send in sessions on call and keep every input.

use cluster_sim::net::SessionTraffic;
use cluster_sim::node::ResetReason;
use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;
use serde::{Deserialize, Serialize};

/// A message of a streamer, and the calls of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Message {
    /// The content of a session.
    Number(u64),
    /// Sends `count` numbers from `first` on to a node, in the session with it.
    Stream { to: u32, first: u64, count: u64 },
    /// Closes the session with a node.
    Close { to: u32 },
    /// Sends one number as a datagram and the next one in the session, in one step.
    SendThenStream { to: u32, number: u64 },
    /// Sets a timer.
    Wait { milliseconds: u64 },
}

/// An input of a streamer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Timer,
    Number(u64),
    Full(u64),
    Writable,
    Closed,
    Reset(ResetReason),
}

/// The reset of a session that timed out.
pub(crate) const TIMED_OUT: Event = Event::Reset(ResetReason::TimedOut);

/// The reset that a side receives from its peer.
pub(crate) const RESET: Event = Event::Reset(ResetReason::Reset);

/// An input, the peer that it is about, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) peer: NodeId,
    pub(crate) event: Event,
    pub(crate) at: LocalInstant,
}

pub(crate) struct Streamer {
    entries: Vec<Entry>,
}

impl Machine for Streamer {
    type Message = Message;
    type View = Vec<Entry>;

    fn step(&mut self, at: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        let (peer, event) = match input {
            Input::Call(Message::Stream { to, first, count }) => {
                return (first..first + count).for_each(|number| effects.session_send(NodeId(to), Message::Number(number)));
            }
            Input::Call(Message::Close { to }) => return effects.session_close(NodeId(to)),
            Input::Call(Message::SendThenStream { to, number }) => {
                effects.send(NodeId(to), Message::Number(number));
                return effects.session_send(NodeId(to), Message::Number(number + 1));
            }
            Input::Call(Message::Wait { milliseconds }) => return effects.set_timer(Timer(0), Duration::from_millis(milliseconds)),
            Input::Timer(_) => (NodeId::CLUSTER, Event::Timer),
            Input::Message { from, message: Message::Number(number) } => (from, Event::Number(number)),
            Input::SessionFull { peer, message: Message::Number(number) } => (peer, Event::Full(number)),
            Input::SessionWritable { peer } => (peer, Event::Writable),
            Input::SessionClosed { peer } => (peer, Event::Closed),
            Input::SessionReset { peer, reason } => (peer, Event::Reset(reason)),
            _ => return,
        };
        self.entries.push(Entry { peer, event, at });
    }

    fn view(&self) -> &Vec<Entry> {
        &self.entries
    }
}

pub(crate) fn streamer(_: &Boot) -> Streamer {
    Streamer { entries: Vec::new() }
}

/// `count` streamers, all started at the start of the run, so that their clocks show the time of the run.
pub(crate) fn streamers(count: u32, model: LinkModel) -> Scenario {
    Scenario::new("streamers").machines("node", count, streamer).default_links(model).start_together()
}

/// Starts a run of streamers with seed 7 and boots every node.
pub(crate) fn begin(count: u32, model: LinkModel) -> Sim {
    begin_with(count, model, 7)
}

/// As [`begin`], with any seed.
pub(crate) fn begin_with(count: u32, model: LinkModel, seed: u64) -> Sim {
    let mut sim = streamers(count, model).start(Seed(seed));
    sim.run_for(Duration::ZERO);
    sim
}

/// Two nodes with an open session that has carried one message from the first to the second.
pub(crate) fn connected() -> Sim {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(numbers(&sim, 1), [0]);
    sim
}

/// Makes one node send `count` numbers from `first` on to another, now.
pub(crate) fn stream(sim: &mut Sim, from: u32, to: u32, first: u64, count: u64) {
    sim.call(from, Message::Stream { to, first, count }).expect("the streamer is up");
}

/// Makes one node close its session with another, now.
pub(crate) fn close(sim: &mut Sim, from: u32, to: u32) {
    sim.call(from, Message::Close { to }).expect("the streamer is up");
}

/// Every input of a node in this incarnation, in order.
pub(crate) fn entries(sim: &Sim, node: u32) -> Vec<Entry> {
    sim.inspect(|world| world.view::<Vec<Entry>>(NodeId(node)).cloned().unwrap_or_default())
}

/// The inputs of a node in this incarnation, without peers and instants.
pub(crate) fn events(sim: &Sim, node: u32) -> Vec<Event> {
    entries(sim, node).iter().map(|entry| entry.event).collect()
}

/// The numbers that a node has received in this incarnation, in order.
pub(crate) fn numbers(sim: &Sim, node: u32) -> Vec<u64> {
    let number = |event| if let Event::Number(number) = event { Some(number) } else { None };
    events(sim, node).into_iter().filter_map(number).collect()
}

/// The session traffic so far, after a check that every message is accounted for.
pub(crate) fn sessions(sim: &Sim) -> SessionTraffic {
    let traffic = sim.inspect(|world| world.traffic());
    assert!(traffic.is_balanced(), "{traffic:?}");
    traffic.sessions
}
