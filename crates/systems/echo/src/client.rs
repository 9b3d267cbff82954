//! The client as a machine.

use std::time::Duration;

use cluster_sim_node::{Boot, Effects, Entropy, Incarnation, Input, Label, LocalInstant, Machine, Timer};

use crate::bug::Bug;
use crate::config::{Config, SERVER};
use crate::fact::EchoFact;
use crate::message::{EchoMessage, Question, label};

/// Retry the current question.
const RETRY: Timer = Timer(0);
/// Ask the next question.
const NEXT_QUESTION: Timer = Timer(1);

/// Asks one question at a time and retries it until it is answered.
///
/// [`client`](crate::client()) is the same as an async function.
#[derive(Debug)]
pub struct Client {
    config: Config,
    life: Incarnation,
    view: ClientView,
    /// The question answered last, for [`Bug::CountsTwice`].
    last: Option<Question>,
    retries: Retries,
}

/// The view of a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientView {
    /// Questions answered in this life.
    pub answered: u64,
    /// The current question; `None` between questions.
    pub waiting: Option<Waiting>,
}

/// An unanswered question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// The question.
    pub question: Question,
    /// The number that the server is to return.
    pub body: u64,
    /// The number of earlier sends.
    pub attempt: u32,
}

impl Waiting {
    /// Creates a question that was not sent before.
    pub(crate) fn first(life: Incarnation, number: u64, entropy: Entropy) -> Self {
        Self { question: Question { life, number }, body: entropy.roll("body", number).0, attempt: 0 }
    }

    /// Counts one more send.
    pub(crate) fn retried(self) -> Self {
        Self { attempt: self.attempt + 1, ..self }
    }

    /// Returns whether an answer to `question` is accepted as the answer to this.
    pub(crate) fn is_answered_by(self, question: Question, bug: Option<Bug>) -> bool {
        self.question == question || bug == Some(Bug::TakesAnyAnswer)
    }

    pub(crate) fn message(self) -> EchoMessage {
        EchoMessage::Ask { question: self.question, body: self.body }
    }

    pub(crate) fn fact(self) -> EchoFact {
        EchoFact::Asked { question: self.question, body: self.body, attempt: self.attempt }
    }
}

/// The most that [`Bug::BacksOffForGood`] doubles a wait.
const DOUBLINGS_MAX: u32 = 6;

/// The retries of one life.
///
/// Their number is unlimited except for [`Bug::SpendsRetries`], and their pace constant except for [`Bug::BacksOffForGood`].
#[derive(Debug)]
pub(crate) struct Retries {
    left: u32,
    /// How often the wait was doubled.
    doubled: u32,
}

impl Retries {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { left: if bug == Some(Bug::SpendsRetries) { 60 } else { u32::MAX }, doubled: 0 }
    }

    /// Returns the time to wait for an answer after that many earlier sends of its question.
    pub(crate) fn timeout(&mut self, config: Config, attempt: u32) -> Duration {
        if config.bug == Some(Bug::BacksOffForGood) && attempt > 0 {
            self.doubled = (self.doubled + 1).min(DOUBLINGS_MAX);
        }
        config.answer_timeout * (1 << self.doubled)
    }

    /// Uses one retry; returns whether one was left.
    pub(crate) fn try_use(&mut self) -> bool {
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_left
    }
}

impl Client {
    /// Creates a client that has asked nothing in this life.
    pub fn boot(config: Config, boot: &Boot) -> Self {
        Self { config, life: boot.incarnation(), view: ClientView::default(), last: None, retries: Retries::new(config.bug) }
    }

    fn ask(&mut self, waiting: Waiting, effects: &mut Effects<EchoMessage>) {
        self.view.waiting = Some(waiting);
        effects.emit(waiting.fact());
        effects.send(SERVER, waiting.message());
        effects.set_timer(RETRY, self.retries.timeout(self.config, waiting.attempt));
    }

    /// Asks the next question if one is left.
    fn ask_next(&mut self, effects: &mut Effects<EchoMessage>) {
        if self.view.answered < self.config.questions {
            self.ask(Waiting::first(self.life, self.view.answered, effects.entropy()), effects);
        }
    }

    fn retry(&mut self, effects: &mut Effects<EchoMessage>) {
        if let Some(waiting) = self.view.waiting
            && self.retries.try_use()
        {
            self.ask(waiting.retried(), effects);
        }
    }

    /// Accepts the answer to the current question.
    ///
    /// Ignores late and repeated answers and those to an earlier life.
    fn accept(&mut self, question: Question, body: u64, effects: &mut Effects<EchoMessage>) {
        let bug = self.config.bug;
        let is_repeated = bug == Some(Bug::CountsTwice) && self.view.waiting.is_none() && self.last == Some(question);
        if !is_repeated && self.view.waiting.take_if(|waiting| waiting.is_answered_by(question, bug)).is_none() {
            if bug == Some(Bug::LateAnswerStopsRetries) && self.view.waiting.is_some() {
                effects.cancel_timer(RETRY);
            }
            return effects.view_unchanged();
        }
        self.last = Some(question);
        self.view.answered += 1;
        effects.emit(EchoFact::Answered { question, body });
        effects.cancel_timer(RETRY);
        effects.set_timer(NEXT_QUESTION, self.config.pause);
    }
}

impl Machine for Client {
    type Message = EchoMessage;
    type View = ClientView;

    fn step(&mut self, _now: LocalInstant, input: Input<EchoMessage>, effects: &mut Effects<EchoMessage>) {
        match input {
            Input::Start | Input::Timer(NEXT_QUESTION) => self.ask_next(effects),
            Input::Timer(RETRY) => self.retry(effects),
            Input::Message { message: EchoMessage::Answer { question, body }, .. } => self.accept(question, body, effects),
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &ClientView {
        &self.view
    }

    fn label(message: &EchoMessage) -> Label {
        label(message)
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_node::{Effect, NodeId, NodeInfo};

    use super::*;

    const ENTROPY: Entropy = Entropy::from_key(42);

    fn client(config: Config) -> Client {
        let info = NodeInfo::new(NodeId(1), "client/0", 0, []).in_life(Incarnation(1));
        Client::boot(config, &Boot::new(info, Entropy::from_key(0)))
    }

    fn question(number: u64) -> Question {
        Question { life: Incarnation(1), number }
    }

    fn body(number: u64) -> u64 {
        ENTROPY.roll("body", number).0
    }

    /// Steps the client and returns its effects as text.
    fn step(client: &mut Client, input: Input<EchoMessage>) -> Vec<String> {
        let mut effects = Effects::new(ENTROPY);
        client.step(LocalInstant::ZERO, input, &mut effects);
        let text = |effect| match effect {
            Effect::Send(to, message) => format!("{to} {message:?}"),
            Effect::SetTimer(timer, after) => format!("arm {} {after:?}", timer.0),
            Effect::CancelTimer(timer) => format!("disarm {}", timer.0),
            Effect::Emit(fact) => format!("{fact:?}"),
            other => panic!("unexpected effect {other:?}"),
        };
        effects.drain().map(text).collect()
    }

    fn asks(number: u64, attempt: u32) -> Vec<String> {
        let (question, body) = (question(number), body(number));
        vec![
            format!("{:?}", EchoFact::Asked { question, body, attempt }),
            format!("{} {:?}", NodeId(0), EchoMessage::Ask { question, body }),
            format!("arm 0 {:?}", Config::default().answer_timeout),
        ]
    }

    fn answer(number: u64) -> Input<EchoMessage> {
        Input::Message { from: SERVER, message: EchoMessage::Answer { question: question(number), body: body(number) } }
    }

    #[test]
    fn a_client_retries_a_question_until_answered_then_asks_the_next() {
        let mut client = client(Config { pause: Duration::from_millis(7), ..Config::default() });
        assert_eq!(step(&mut client, Input::Start), asks(0, 0));
        assert_eq!(step(&mut client, Input::Timer(RETRY)), asks(0, 1));
        assert_eq!(step(&mut client, Input::Timer(RETRY)), asks(0, 2));
        let answered = format!("{:?}", EchoFact::Answered { question: question(0), body: body(0) });
        assert_eq!(step(&mut client, answer(0)), [answered, "disarm 0".to_owned(), "arm 1 7ms".to_owned()]);
        assert_eq!(step(&mut client, Input::Timer(NEXT_QUESTION)), asks(1, 0));
    }

    #[test]
    fn an_answer_to_another_question_is_ignored() {
        let mut client = client(Config::default());
        step(&mut client, Input::Start);
        step(&mut client, answer(0));
        assert!(step(&mut client, answer(0)).is_empty(), "repeated");
        step(&mut client, Input::Timer(NEXT_QUESTION));
        assert!(step(&mut client, answer(0)).is_empty(), "late");
        assert_eq!(client.view().waiting.map(|waiting| waiting.question), Some(question(1)));
    }

    #[test]
    fn an_answer_to_an_earlier_life_is_ignored() {
        let mut client = client(Config::default());
        step(&mut client, Input::Start);
        let earlier = EchoMessage::Answer { question: Question { life: Incarnation(0), number: 0 }, body: body(0) };
        assert!(step(&mut client, Input::Message { from: SERVER, message: earlier }).is_empty());
        assert_eq!(client.view().answered, 0);
    }

    #[test]
    fn a_client_without_questions_left_sends_nothing() {
        let mut client = client(Config { questions: 1, ..Config::default() });
        step(&mut client, Input::Start);
        step(&mut client, answer(0));
        assert!(step(&mut client, Input::Timer(NEXT_QUESTION)).is_empty());
        assert_eq!(*client.view(), ClientView { answered: 1, waiting: None });
    }
}
