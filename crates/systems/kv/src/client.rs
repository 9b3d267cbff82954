//! A client as a machine.

use std::fmt;

use cluster_sim_node::{Boot, CallFact, Effects, Input, Label, LocalInstant, Machine, Timer};

use crate::config::Config;
use crate::message::{Entry, KvMessage, label};
use crate::operation::{KvAnswer, KvOp, RequestId};
use crate::session::{ClientView, Session};

/// Ask the next replica, or give up.
const RETRY: Timer = Timer(0);
/// Call for the next operation.
const NEXT: Timer = Timer(1);

/// Calls for one operation at a time, and asks for it until it is answered or it gives up.
///
/// It goes from replica to replica until one answers, and turns to another one by chance. [`client`](crate::client()) is the same as
/// an async function.
pub struct Client {
    config: Config,
    session: Session,
    /// The numbers of the operations that are left.
    numbers: Box<dyn Iterator<Item = u64>>,
    view: ClientView,
    current: Option<Current>,
}

/// A request that is not answered.
#[derive(Debug, Clone, Copy)]
struct Current {
    entry: Entry,
    attempt: u32,
    /// When it asks the next replica.
    deadline: LocalInstant,
}

impl Client {
    /// Creates a client that has called for nothing in this life.
    pub fn boot(config: Config, boot: &Boot) -> Self {
        let session = Session::new(config, boot.id(), boot.incarnation(), boot.entropy());
        let numbers = Box::new(boot.operations(0..config.operations));
        Self { config, session, numbers, view: ClientView::default(), current: None }
    }

    fn call_next(&mut self, now: LocalInstant, effects: &mut Effects<KvMessage>) {
        let Some(number) = self.numbers.next() else {
            self.view.is_done = true;
            return;
        };
        let entry = self.session.next(number);
        effects.emit(CallFact::<KvOp, KvAnswer>::Invoked { call: number, op: entry.op });
        self.ask(now, entry, 1, effects);
    }

    fn ask(&mut self, now: LocalInstant, entry: Entry, attempt: u32, effects: &mut Effects<KvMessage>) {
        effects.send(self.session.target, KvMessage::Ask(entry));
        effects.set_timer(RETRY, self.config.answer_timeout);
        self.current = Some(Current { entry, attempt, deadline: now + self.config.answer_timeout });
    }

    fn retry(&mut self, now: LocalInstant, effects: &mut Effects<KvMessage>) {
        let Some(Current { entry, attempt, .. }) = self.current else { return };
        self.session.ask_next_replica();
        if attempt < self.config.attempts {
            return self.ask(now, entry, attempt + 1, effects);
        }
        self.view.given_up += 1;
        effects.emit(CallFact::<KvOp, KvAnswer>::Open { call: entry.request.number });
        self.end(effects);
    }

    /// Ignores answers to other requests than the current one: late ones, copies, those to an earlier life.
    fn accept(&mut self, request: RequestId, answer: KvAnswer, effects: &mut Effects<KvMessage>) {
        let Some(current) = self.current.filter(|current| current.entry.request == request) else { return };
        self.session.learn(current.entry.op, answer);
        effects.emit(CallFact::<KvOp, KvAnswer>::Ok { call: request.number, answer });
        effects.cancel_timer(RETRY);
        self.end(effects);
    }

    fn end(&mut self, effects: &mut Effects<KvMessage>) {
        self.current = None;
        self.view.completed += 1;
        effects.set_timer(NEXT, self.config.pause);
    }

    /// Asks the next replica soon, but not at once: there may be no primary for a while.
    fn on_refused(&mut self, now: LocalInstant, request: RequestId, effects: &mut Effects<KvMessage>) {
        let Some(current) = self.current.as_mut().filter(|current| current.entry.request == request) else { return };
        if now + self.config.heartbeat < current.deadline {
            current.deadline = now + self.config.heartbeat;
            effects.set_timer(RETRY, self.config.heartbeat);
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("view", &self.view).field("current", &self.current).finish_non_exhaustive()
    }
}

impl Machine for Client {
    type Message = KvMessage;
    type View = ClientView;

    fn step(&mut self, now: LocalInstant, input: Input<KvMessage>, effects: &mut Effects<KvMessage>) {
        let before = self.view;
        match input {
            Input::Start | Input::Timer(NEXT) => self.call_next(now, effects),
            Input::Timer(RETRY) => self.retry(now, effects),
            Input::Message { message: KvMessage::Answer { request, answer }, .. } => self.accept(request, answer, effects),
            Input::Message { message: KvMessage::Refused { request }, .. } => self.on_refused(now, request, effects),
            _ => {}
        }
        if self.view == before {
            effects.view_unchanged();
        }
    }

    fn view(&self) -> &ClientView {
        &self.view
    }

    fn label(message: &KvMessage) -> Label {
        label(message)
    }
}
