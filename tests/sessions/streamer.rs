//! Machines that stream exactly what a test tells them to, and remember all they are told.

use cluster_sim::prelude::*;
use cluster_sim::{ResetReason, SessionTraffic};
use serde::{Deserialize, Serialize};

/// What streamers say to each other, and how a test asks one to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// What goes through a session.
    Number(u64),
    /// Asks for so many numbers, from `first` on, to be streamed to a node.
    Stream { to: u32, first: u64, count: u64 },
    /// Asks for the session with a node to be finished.
    Finish { to: u32 },
    /// Asks for one number to be sent by itself, and for the next one to be streamed at once.
    SendThenStream { to: u32, number: u64 },
    /// Asks for a timer that comes due after so many milliseconds.
    Wait { milliseconds: u64 },
}

/// One thing that a streamer was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Timer,
    Number(u64),
    Busy(u64),
    Ready,
    Finished,
    Reset(ResetReason),
}

/// What a streamer was told, of whom and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) peer: NodeId,
    pub(crate) heard: Heard,
    pub(crate) at: LocalInstant,
}

pub(crate) struct Streamer {
    entries: Vec<Entry>,
}

impl Machine for Streamer {
    type Message = Word;
    type View = Vec<Entry>;

    fn step(&mut self, at: LocalInstant, input: Input<Word>, effects: &mut Effects<Word>) {
        let (peer, heard) = match input {
            Input::Call(Word::Stream { to, first, count }) => {
                return (first..first + count).for_each(|number| effects.session_send(NodeId(to), Word::Number(number)));
            }
            Input::Call(Word::Finish { to }) => return effects.session_close(NodeId(to)),
            Input::Call(Word::SendThenStream { to, number }) => {
                effects.send(NodeId(to), Word::Number(number));
                return effects.session_send(NodeId(to), Word::Number(number + 1));
            }
            Input::Call(Word::Wait { milliseconds }) => return effects.set_timer(Timer(0), Duration::from_millis(milliseconds)),
            Input::Timer(_) => (NodeId::CLUSTER, Heard::Timer),
            Input::Message { from, message: Word::Number(number) } => (from, Heard::Number(number)),
            Input::SessionFull { peer, message: Word::Number(number) } => (peer, Heard::Busy(number)),
            Input::SessionWritable { peer } => (peer, Heard::Ready),
            Input::SessionClosed { peer } => (peer, Heard::Finished),
            Input::SessionReset { peer, reason } => (peer, Heard::Reset(reason)),
            _ => return,
        };
        self.entries.push(Entry { peer, heard, at });
    }

    fn view(&self) -> &Vec<Entry> {
        &self.entries
    }
}

pub(crate) fn streamer(_: &NodeInfo) -> Streamer {
    Streamer { entries: Vec::new() }
}

/// So many streamers over links of that model, all started at once: their clocks say what the run's does.
pub(crate) fn streamers(count: u32, model: LinkModel) -> Scenario {
    Scenario::new("streamers").machines("node", count, streamer).default_links(model).start_together()
}

/// A run of so many streamers in which every node is up.
pub(crate) fn begin(count: u32, model: LinkModel) -> Sim {
    begin_with(count, model, 7)
}

/// The same under a seed of its own.
pub(crate) fn begin_with(count: u32, model: LinkModel, seed: u64) -> Sim {
    let mut sim = streamers(count, model).start(Seed(seed));
    sim.run_for(Duration::ZERO);
    sim
}

/// Lets one node stream so many numbers to another, from `first` on, now.
pub(crate) fn stream(sim: &mut Sim, from: u32, to: u32, first: u64, count: u64) {
    sim.call(from, Word::Stream { to, first, count }).expect("the streamer is up");
}

/// Lets one node finish its session with another, now.
pub(crate) fn finish(sim: &mut Sim, from: u32, to: u32) {
    sim.call(from, Word::Finish { to }).expect("the streamer is up");
}

/// All that a node was told in this life, in order.
pub(crate) fn entries(sim: &Sim, node: u32) -> Vec<Entry> {
    sim.inspect(|world| world.view::<Vec<Entry>>(NodeId(node)).cloned().unwrap_or_default())
}

/// What it was told, without of whom and when.
pub(crate) fn heard(sim: &Sim, node: u32) -> Vec<Heard> {
    entries(sim, node).iter().map(|entry| entry.heard).collect()
}

/// The numbers alone.
pub(crate) fn numbers(sim: &Sim, node: u32) -> Vec<u64> {
    let number = |heard: Heard| if let Heard::Number(number) = heard { Some(number) } else { None };
    heard(sim, node).into_iter().filter_map(number).collect()
}

/// What went through sessions so far; every message is accounted for.
pub(crate) fn sessions(sim: &Sim) -> SessionTraffic {
    let traffic = sim.inspect(|world| world.traffic());
    assert!(traffic.is_balanced(), "{traffic:?}");
    traffic.sessions
}
