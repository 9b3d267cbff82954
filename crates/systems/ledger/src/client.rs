//! A client: deposits and reads, one request at a time.

use cluster_sim_node::{ClockReadings, Entropy, Label, LocalInstant, NodeId, Protocol, ProtocolEvent, ProtocolIdentity};

use crate::config::{Config, STORES};
use crate::entry::{Deposit, RequestId};
use crate::fact::LedgerFact;
use crate::message::{LedgerMessage, Outbox, label};

/// Each second request is a read.
const READS: u64 = 2;
/// The largest amount of a deposit.
const AMOUNT_MAX: u64 = 100;

/// Makes one request at a time, and repeats it until it is answered or its deadline passes.
///
/// It goes from store to store.
///
/// A protocol without IO; it has no disk, so each life begins with its first request.
#[derive(Debug)]
pub struct Client {
    config: Config,
    identity: ProtocolIdentity,
    view: ClientView,
    /// The store that it asks.
    target: u32,
    current: Option<Current>,
    deadline: Option<LocalInstant>,
}

/// The view of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClientView {
    /// Requests of this life that are over: answered or given up.
    pub completed: u64,
    /// Those that were given up.
    pub given_up: u64,
}

/// A request that is not answered.
#[derive(Debug, Clone, Copy)]
struct Current {
    request: RequestId,
    /// Absent for a read.
    deposit: Option<Deposit>,
    attempt: u32,
    give_up: LocalInstant,
}

impl Current {
    fn message(&self) -> LedgerMessage {
        self.deposit.map_or(LedgerMessage::Read { request: self.request }, LedgerMessage::Write)
    }

    fn fact(&self) -> LedgerFact {
        let (request, attempt) = (self.request, self.attempt);
        self.deposit.map_or(LedgerFact::AskedBalance { request, attempt }, |deposit| LedgerFact::Asked { deposit, attempt })
    }
}

impl Protocol for Client {
    // It stamps deposits.
    const READS_WALL: bool = true;

    type Config = Config;
    type Message = LedgerMessage;
    type View = ClientView;

    fn boot(config: Config, identity: ProtocolIdentity) -> Self {
        let target = identity.id.0 % STORES;
        Self { config, identity, view: ClientView::default(), target, current: None, deadline: None }
    }

    fn handle(&mut self, clocks: ClockReadings, event: ProtocolEvent<LedgerMessage>, outbox: &mut Outbox) {
        match event {
            ProtocolEvent::Start => self.ask_next(clocks, outbox),
            ProtocolEvent::Tick => self.on_tick(clocks, outbox),
            ProtocolEvent::Message { message, .. } => self.on_message(clocks, message, outbox),
            ProtocolEvent::Disk(_) => {}
        }
    }

    fn deadline(&self) -> Option<LocalInstant> {
        self.deadline
    }

    fn view(&self) -> ClientView {
        self.view
    }

    fn label(message: &LedgerMessage) -> Label {
        label(message)
    }
}

impl Client {
    fn ask_next(&mut self, clocks: ClockReadings, outbox: &mut Outbox) {
        let ProtocolIdentity { id, life, entropy, .. } = self.identity;
        let number = self.view.completed;
        if number >= self.config.requests {
            self.deadline = None;
            return;
        }
        let request = RequestId { client: id, life, number };
        let deposit =
            (number % READS != READS - 1).then(|| Deposit { request, amount: amount(entropy, number), time: clocks.wall });
        let current = Current { request, deposit, attempt: 0, give_up: clocks.now + self.config.deadline };
        self.ask(clocks.now, current, outbox);
    }

    fn ask(&mut self, now: LocalInstant, current: Current, outbox: &mut Outbox) {
        outbox.emit(current.fact());
        outbox.send(NodeId(self.target), current.message());
        self.deadline = Some((now + self.config.answer_timeout).min(current.give_up));
        self.current = Some(current);
    }

    /// Asks the next store, gives up, or goes on to the next request.
    fn on_tick(&mut self, clocks: ClockReadings, outbox: &mut Outbox) {
        match self.current {
            None => self.ask_next(clocks, outbox),
            Some(Current { request, give_up, .. }) if clocks.now >= give_up => {
                self.view.given_up += 1;
                self.end(clocks.now, LedgerFact::GaveUp { request }, outbox);
            }
            Some(current) => {
                self.target = (self.target + 1) % STORES;
                self.ask(clocks.now, Current { attempt: current.attempt + 1, ..current }, outbox);
            }
        }
    }

    /// Ignores answers to other requests than the current one: late ones, copies, those to an earlier life.
    fn on_message(&mut self, clocks: ClockReadings, message: LedgerMessage, outbox: &mut Outbox) {
        let Some(current) = self.current else { return };
        match message {
            LedgerMessage::Written { request, index } if request == current.request => {
                self.end(clocks.now, LedgerFact::Acknowledged { request, index }, outbox);
            }
            LedgerMessage::Balance { request, commit, balance } if request == current.request => {
                self.end(clocks.now, LedgerFact::ReadBalance { request, commit, balance }, outbox);
            }
            // Soon, but not at once: there may be no primary for a while.
            LedgerMessage::Refused { request } if request == current.request => {
                self.deadline = Some((clocks.now + self.config.heartbeat).min(current.give_up));
            }
            _ => {}
        }
    }

    fn end(&mut self, now: LocalInstant, fact: LedgerFact, outbox: &mut Outbox) {
        self.current = None;
        self.view.completed += 1;
        outbox.emit(fact);
        self.deadline = Some(now + self.config.pause);
    }
}

fn amount(entropy: Entropy, number: u64) -> u64 {
    1 + entropy.roll("amount", number).below(AMOUNT_MAX)
}
