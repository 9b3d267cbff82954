//! A client: opens a session, and calls for one operation at a time.

use std::collections::{BTreeMap, VecDeque};

use cluster_sim_invariants::CallFact;
use cluster_sim_invariants::history::models::RegisterOp;
use cluster_sim_node::{ClockReadings, Label, LocalInstant, NodeId, Protocol, ProtocolEvent, ProtocolIdentity};

use super::config::Config;
use super::message::{Outgoing, StoreMessage, label_of};
use super::operation::{StoreAnswer, StoreKey, StoreOp, StoreValue};
use super::sessions::{Command, Request};

/// A call of a client, or its end.
type Stated = CallFact<StoreOp, StoreAnswer>;

/// Calls for one operation at a time, and asks for it until it is answered or it gives up.
///
/// It goes from server to server until one answers, and believes a hint about the leader. A protocol without IO; it has no disk, so
/// each life begins with a new session.
#[derive(Debug)]
pub struct Client {
    config: Config,
    identity: ProtocolIdentity,
    view: ClientView,
    numbers: VecDeque<u64>,
    target: NodeId,
    session: Option<u64>,
    /// Questions asked so far, retries not counted.
    questions: u64,
    current: Option<Current>,
    /// The values that it last saw or wrote.
    known: BTreeMap<StoreKey, StoreValue>,
    deadline: Option<LocalInstant>,
}

/// The view of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientView {
    /// Operations of this life that are over: answered or given up.
    pub completed: u64,
    /// Those that were given up.
    pub given_up: u64,
    /// Sessions that were evicted.
    pub expired: u64,
    /// Whether no operation is left.
    pub is_done: bool,
}

/// A question that is not answered.
#[derive(Debug, Clone, Copy)]
struct Current {
    question: u64,
    /// The operation and its number; `None` while a session is opened.
    call: Option<(u64, StoreOp)>,
    attempt: u32,
}

impl Protocol for Client {
    type Config = Config;
    type Message = StoreMessage;
    type View = ClientView;

    fn operations(config: &Config) -> u64 {
        config.operations
    }

    fn boot(config: Config, identity: ProtocolIdentity) -> Self {
        let target = NodeId(identity.id.0 % config.servers);
        let numbers = identity.operations.iter().copied().collect();
        let (view, known) = (ClientView::default(), BTreeMap::new());
        Self { config, identity, view, numbers, target, session: None, questions: 0, current: None, known, deadline: None }
    }

    fn handle(&mut self, clocks: ClockReadings, event: ProtocolEvent<StoreMessage>, outbox: &mut Outgoing) {
        let now = clocks.now;
        match event {
            ProtocolEvent::Start => self.call_next(now, outbox),
            ProtocolEvent::Tick => self.on_tick(now, outbox),
            ProtocolEvent::Message { message, .. } => self.on_message(now, message, outbox),
            ProtocolEvent::Disk(_) => {}
        }
    }

    fn deadline(&self) -> Option<LocalInstant> {
        self.deadline
    }

    fn view(&self) -> ClientView {
        self.view
    }

    fn label(message: &StoreMessage) -> Label {
        label_of(message)
    }
}

impl Client {
    /// Calls for the next operation; opens a session first if it has none.
    fn call_next(&mut self, now: LocalInstant, outbox: &mut Outgoing) {
        let Some(number) = self.numbers.front().copied() else {
            (self.view.is_done, self.deadline) = (true, None);
            return;
        };
        self.questions += 1;
        let question = u64::from(self.identity.life.0) << 32 | self.questions;
        let call = self.session.map(|_| (number, self.operation(number)));
        if let Some((call, op)) = call {
            self.numbers.pop_front();
            outbox.emit(Stated::Invoked { call, op });
        }
        self.current = Some(Current { question, call, attempt: 1 });
        self.ask(now, outbox);
    }

    /// Returns the operation of that number: a read, a write, or a compare-and-set from a value that the client knows.
    fn operation(&mut self, number: u64) -> StoreOp {
        let ProtocolIdentity { id, life, entropy, .. } = self.identity;
        if entropy.roll("moves", number).holds(self.config.moves) {
            self.target = NodeId(entropy.roll("server", number).below(u64::from(self.config.servers)) as u32);
        }
        let value = StoreValue { client: id, life, number };
        let key = StoreKey(entropy.roll("key", number).below(self.config.keys));
        let op = match (entropy.roll("operation", number).below(3), self.known.get(&key)) {
            (0, _) => RegisterOp::Write(value),
            (1, Some(known)) => RegisterOp::CompareAndSet(*known, value),
            _ => RegisterOp::Read,
        };
        (key, op)
    }

    fn ask(&mut self, now: LocalInstant, outbox: &mut Outgoing) {
        let Some(Current { question, call, .. }) = self.current else { return };
        let message = match (call, self.session) {
            (Some((_, (key, RegisterOp::Read))), _) => StoreMessage::Read { question, key },
            (Some((number, op)), Some(session)) => {
                // Numbers of a session begin at 1: a new one has executed none.
                let request = Request { session, number: number + 1 };
                StoreMessage::Ask { question, command: Command::Run { request, op } }
            }
            _ => StoreMessage::Ask { question, command: Command::Open },
        };
        outbox.send(self.target, message);
        self.deadline = Some(now + self.config.answer_timeout);
    }

    /// Goes on to the next operation, asks the next server, or gives up.
    fn on_tick(&mut self, now: LocalInstant, outbox: &mut Outgoing) {
        let Some(current) = &mut self.current else { return self.call_next(now, outbox) };
        current.attempt += 1;
        let is_over = current.attempt > self.config.attempts;
        match current.call {
            Some((call, _)) if is_over => {
                self.view.given_up += 1;
                outbox.emit(Stated::Open { call });
                self.end(now);
            }
            _ => {
                self.target = NodeId((self.target.0 + 1) % self.config.servers);
                self.ask(now, outbox);
            }
        }
    }

    /// Ignores answers to other questions than the current one: late ones, copies, those to an earlier life.
    fn on_message(&mut self, now: LocalInstant, message: StoreMessage, outbox: &mut Outgoing) {
        let Some(Current { question, call, .. }) = self.current else { return };
        match message {
            StoreMessage::Opened { question: about, session } if about == question => {
                self.session = Some(session);
                self.current = None;
                self.call_next(now, outbox);
            }
            StoreMessage::Answer { question: about, answer } if about == question => {
                let Some((call, op)) = call else { return };
                self.learn(op, answer);
                outbox.emit(Stated::Ok { call, answer });
                self.end(now);
            }
            StoreMessage::Expired { question: about } if about == question => {
                // It may have been executed before the session was evicted.
                let Some((call, _)) = call else { return };
                (self.session, self.view.expired) = (None, self.view.expired + 1);
                outbox.emit(Stated::Open { call });
                self.end(now);
            }
            // Soon, but not at once: there may be no leader for a while.
            StoreMessage::Refused { question: about, leader } if about == question => {
                if let Some(leader) = leader.filter(|leader| *leader != self.target) {
                    // The tick turns to the one after.
                    self.target = NodeId((leader.0 + self.config.servers - 1) % self.config.servers);
                }
                self.deadline = self.deadline.min(Some(now + self.config.log.heartbeat / 4));
            }
            _ => {}
        }
    }

    fn end(&mut self, now: LocalInstant) {
        self.current = None;
        self.view.completed += 1;
        self.deadline = Some(now + self.config.pause);
    }

    /// Keeps what an answer says about the value.
    fn learn(&mut self, (key, op): StoreOp, answer: StoreAnswer) {
        let value = match (op, answer) {
            (_, StoreAnswer::Value(value)) => value,
            (RegisterOp::Write(value) | RegisterOp::CompareAndSet(_, value), StoreAnswer::Written) => Some(value),
            _ => None,
        };
        match value {
            Some(value) => drop(self.known.insert(key, value)),
            None => drop(self.known.remove(&key)),
        }
    }
}
