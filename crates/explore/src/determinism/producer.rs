//! The producer: observes the other run and sends its windows to the verifier.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use cluster_sim_runtime::Record;
use cluster_sim_simulation::driver::{MakeReport, RunObserver};
use cluster_sim_simulation::{Report, Sim};
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use super::checkpoint::{Window, WindowLog};
use super::log_line::Line;
use super::protocol::{Disconnected, ProducerMessage, VerifierHandle, VerifierOrder};
use crate::clock::now;

/// Windows that it may be ahead of the verifier, and keeps.
pub(super) const WINDOWS_AHEAD: usize = 4;

/// Signs of life sent per step timeout.
const ALIVE_PER_TIMEOUT: u32 = 30;

/// Observes a run and sends it to a verifier.
pub(super) struct Producer<L> {
    verifier: L,
    log: WindowLog,
    /// Windows sent and not yet agreed on, oldest first.
    unverified: VecDeque<Window>,
    alive: AliveTimer,
    is_done: bool,
}

impl<L: VerifierHandle> Producer<L> {
    /// `step_timeout` is how long the verifier waits for a message.
    pub(super) fn new(verifier: L, step_timeout: Duration) -> Self {
        let alive = AliveTimer { interval: step_timeout / ALIVE_PER_TIMEOUT, steps: 0, last: now() };
        Self { verifier, log: WindowLog::default(), unverified: VecDeque::new(), alive, is_done: false }
    }

    fn send(&mut self, message: ProducerMessage) {
        self.is_done |= self.verifier.send(message).is_err();
    }

    /// Sends the full windows, and waits for orders while more than `ahead` of them are not agreed on.
    fn send_windows(&mut self, sim: &mut Sim, report: Option<&Report>, ahead: usize) {
        while let Some(window) = self.log.next_window() {
            self.send(ProducerMessage::Checkpoint(window.checkpoint));
            self.unverified.push_back(window);
        }
        while !self.is_done && self.unverified.len() > ahead {
            match self.verifier.recv_order() {
                Ok(VerifierOrder::Agreed) => {
                    let agreed = self.unverified.pop_front().expect("there are more than it may be ahead");
                    self.log.recycle(agreed, sim);
                }
                Ok(VerifierOrder::Log) => {
                    self.send(ProducerMessage::Log(Line::all(&self.unverified[0], sim, report)));
                    self.is_done = true;
                }
                Err(Disconnected) => self.is_done = true,
            }
        }
    }
}

impl<L: VerifierHandle + 'static> RunObserver for Producer<L> {
    fn event(&mut self, record: Record) {
        self.log.event(record);
    }

    fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        self.log.fact(at, node, fact);
    }

    fn stepped(&mut self, sim: &mut Sim) {
        self.send_windows(sim, None, WINDOWS_AHEAD);
        if self.alive.is_due() {
            self.send(ProducerMessage::Alive);
        }
    }

    fn ended(&mut self, sim: &mut Sim, report: &Report) {
        self.log.end();
        self.send_windows(sim, Some(report), 0);
        if !self.is_done {
            self.send(ProducerMessage::Report(report.as_data()));
        }
    }

    fn has_left(&self) -> bool {
        self.is_done
    }
}

/// Decides when to send the next sign of life.
struct AliveTimer {
    interval: Duration,
    steps: u32,
    last: Instant,
}

impl AliveTimer {
    /// Steps between two looks at the clock.
    const STEPS: u32 = 64;

    fn is_due(&mut self) -> bool {
        self.steps = (self.steps + 1) % Self::STEPS;
        let is_due = self.steps == 0 && self.last.elapsed() >= self.interval;
        if is_due {
            self.last = now();
        }
        is_due
    }
}
