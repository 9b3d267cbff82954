//! The side elsewhere: follows its run and tells what the other side asks for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use cluster_sim_runtime::Record;
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::checkpoint::{Trail, Window};
use super::log_line::Line;
use super::protocol::{Disconnected, Listener, ProducerMessage, VerifierOrder};
use crate::report::Report;
use crate::sim::{RunObserver, Sim};

/// How many windows it may be ahead of the side that compares; so many are kept, and more are not.
pub(super) const AHEAD: usize = 4;

/// How many signs of life it gives before somebody loses patience.
const SIGNS: u32 = 30;

/// Follows a run, and tells it to a listener.
pub(super) struct Producer<L> {
    listener: L,
    trail: Trail,
    /// The windows that were told and are not agreed on, oldest first.
    kept: VecDeque<Window>,
    pulse: Pulse,
    left: bool,
}

impl<L: Listener> Producer<L> {
    /// Gives signs of life that are enough for somebody of that patience.
    pub(super) fn new(listener: L, patience: Duration) -> Self {
        let pulse = Pulse { every: patience / SIGNS, steps: 0, last: now() };
        Self { listener, trail: Trail::default(), kept: VecDeque::new(), pulse, left: false }
    }

    fn say(&mut self, word: ProducerMessage) {
        self.left |= self.listener.say(word).is_err();
    }

    /// Tells of the windows that are full, and does what is asked of it where it would get too far ahead.
    fn tell_windows(&mut self, sim: &mut Sim, report: Option<&Report>, ahead: usize) {
        while let Some(window) = self.trail.next_window() {
            self.say(ProducerMessage::Checkpoint(window.checkpoint));
            self.kept.push_back(window);
        }
        while !self.left && self.kept.len() > ahead {
            match self.listener.wait() {
                Ok(VerifierOrder::Agreed) => {
                    let agreed = self.kept.pop_front().expect("there are more than it may be ahead");
                    self.trail.recycle(agreed, sim);
                }
                Ok(VerifierOrder::Log) => {
                    self.say(ProducerMessage::Log(Line::all(&self.kept[0], sim, report)));
                    self.left = true;
                }
                Err(Disconnected) => self.left = true,
            }
        }
    }
}

impl<L: Listener + 'static> RunObserver for Producer<L> {
    fn event(&mut self, record: Record) {
        self.trail.event(record);
    }

    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        self.trail.fact(at, node, fact);
    }

    fn stepped(&mut self, sim: &mut Sim) {
        self.tell_windows(sim, None, AHEAD);
        if self.pulse.beats() {
            self.say(ProducerMessage::Alive);
        }
    }

    fn ended(&mut self, sim: &mut Sim, report: &Report) {
        self.trail.end();
        self.tell_windows(sim, Some(report), 0);
        if !self.left {
            self.say(ProducerMessage::Report(report.as_data()));
        }
    }

    fn has_left(&self) -> bool {
        self.left
    }
}

/// When to give the next sign of life.
struct Pulse {
    every: Duration,
    steps: u32,
    last: Instant,
}

impl Pulse {
    /// How many steps pass between two looks at the clock.
    const STEPS: u32 = 64;

    fn beats(&mut self) -> bool {
        self.steps = (self.steps + 1) % Self::STEPS;
        let beats = self.steps == 0 && self.last.elapsed() >= self.every;
        if beats {
            self.last = now();
        }
        beats
    }
}

#[expect(clippy::disallowed_methods, reason = "a sign of life is for somebody who waits in real time; nothing of it reaches a run")]
fn now() -> Instant {
    Instant::now()
}
