//! A client, as a machine.

use cluster_sim_node::{Effects, Entropy, Incarnation, Input, Label, LocalInstant, Machine, NodeInfo, Timer};

use crate::bug::Bug;
use crate::config::{Config, SERVER};
use crate::fact::EchoFact;
use crate::message::{EchoMessage, Question, label};

/// The answer takes too long.
const AGAIN: Timer = Timer(0);
/// It is time for the next question.
const NEXT: Timer = Timer(1);

/// Asks one question after the other, each again until it is answered.
///
/// [`client`](crate::client()) does the same as an async function.
#[derive(Debug)]
pub struct Client {
    config: Config,
    life: Incarnation,
    view: ClientView,
    /// The question that was answered last, for a client that counts it twice.
    last: Option<Question>,
    retries: Retries,
}

/// What checks see of a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientView {
    /// Questions that were answered in this life.
    pub answered: u64,
    /// The question under way.
    pub waiting: Option<Waiting>,
}

/// A question under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Which question of the client.
    pub question: Question,
    /// What it asks.
    pub body: u64,
    /// How often it was asked before.
    pub attempt: u32,
}

impl Waiting {
    /// A question that is asked for the first time.
    pub(crate) fn first(life: Incarnation, number: u64, chance: Entropy) -> Self {
        Self { question: Question { life, number }, body: chance.roll("body", number).0, attempt: 0 }
    }

    /// The same question, asked once more.
    pub(crate) fn again(self) -> Self {
        Self { attempt: self.attempt + 1, ..self }
    }

    /// Whether an answer to that question is the one to this.
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

/// How often a client still asks again in this life: as often as it must, unless it is broken.
#[derive(Debug)]
pub(crate) struct Retries {
    left: u32,
}

impl Retries {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { left: if bug == Some(Bug::SpendsRetries) { 60 } else { u32::MAX } }
    }

    /// Takes one, if there is one left.
    pub(crate) fn take(&mut self) -> bool {
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_left
    }
}

impl Client {
    /// The client in that seat, which has asked nothing yet in this life.
    pub fn boot(config: Config, seat: &NodeInfo) -> Self {
        Self { config, life: seat.incarnation(), view: ClientView::default(), last: None, retries: Retries::new(config.bug) }
    }

    fn ask(&mut self, waiting: Waiting, effects: &mut Effects<EchoMessage>) {
        self.view.waiting = Some(waiting);
        effects.emit(waiting.fact());
        effects.send(SERVER, waiting.message());
        effects.set_timer(AGAIN, self.config.patience);
    }

    /// Asks the next question, if there is one.
    fn ask_next(&mut self, effects: &mut Effects<EchoMessage>) {
        if self.view.answered < self.config.questions {
            self.ask(Waiting::first(self.life, self.view.answered, effects.entropy()), effects);
        }
    }

    fn ask_again(&mut self, effects: &mut Effects<EchoMessage>) {
        if let Some(waiting) = self.view.waiting
            && self.retries.take()
        {
            self.ask(waiting.again(), effects);
        }
    }

    /// Takes the answer to the question under way. Others are late, or repeated, or to an earlier life, and tell nothing.
    fn take(&mut self, question: Question, body: u64, effects: &mut Effects<EchoMessage>) {
        let bug = self.config.bug;
        let is_repeated = bug == Some(Bug::CountsTwice) && self.view.waiting.is_none() && self.last == Some(question);
        if !is_repeated && self.view.waiting.take_if(|waiting| waiting.is_answered_by(question, bug)).is_none() {
            return effects.view_unchanged();
        }
        self.last = Some(question);
        self.view.answered += 1;
        effects.emit(EchoFact::Answered { question, body });
        effects.cancel_timer(AGAIN);
        effects.set_timer(NEXT, self.config.pause);
    }
}

impl Machine for Client {
    type Message = EchoMessage;
    type View = ClientView;

    fn step(&mut self, _now: LocalInstant, input: Input<EchoMessage>, effects: &mut Effects<EchoMessage>) {
        match input {
            Input::Start | Input::Timer(NEXT) => self.ask_next(effects),
            Input::Timer(AGAIN) => self.ask_again(effects),
            Input::Message { message: EchoMessage::Answer { question, body }, .. } => self.take(question, body, effects),
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
    use std::time::Duration;

    use cluster_sim_node::{Effect, NodeId};

    use super::*;

    const CHANCE: Entropy = Entropy::from_key(42);

    fn client(config: Config) -> Client {
        Client::boot(config, &NodeInfo::new(NodeId(1), "client/0", 0, []).in_life(Incarnation(1)))
    }

    fn question(number: u64) -> Question {
        Question { life: Incarnation(1), number }
    }

    fn body(number: u64) -> u64 {
        CHANCE.roll("body", number).0
    }

    /// What one input makes a client do.
    fn step(client: &mut Client, input: Input<EchoMessage>) -> Vec<String> {
        let mut effects = Effects::new(CHANCE);
        client.step(LocalInstant::ZERO, input, &mut effects);
        let named = |effect| match effect {
            Effect::Send(to, message) => format!("{to} {message:?}"),
            Effect::SetTimer(timer, after) => format!("arm {} {after:?}", timer.0),
            Effect::CancelTimer(timer) => format!("disarm {}", timer.0),
            Effect::Emit(fact) => format!("{fact:?}"),
            other => panic!("no client asks for {other:?}"),
        };
        effects.drain().map(named).collect()
    }

    fn asks(number: u64, attempt: u32) -> Vec<String> {
        let (question, body) = (question(number), body(number));
        vec![
            format!("{:?}", EchoFact::Asked { question, body, attempt }),
            format!("{} {:?}", NodeId(0), EchoMessage::Ask { question, body }),
            format!("arm 0 {:?}", Config::default().patience),
        ]
    }

    fn answer(number: u64) -> Input<EchoMessage> {
        Input::Message { from: SERVER, message: EchoMessage::Answer { question: question(number), body: body(number) } }
    }

    #[test]
    fn a_question_is_asked_again_until_it_is_answered_and_then_the_next_one_is() {
        let mut client = client(Config { pause: Duration::from_millis(7), ..Config::default() });
        assert_eq!(step(&mut client, Input::Start), asks(0, 0));
        assert_eq!(step(&mut client, Input::Timer(AGAIN)), asks(0, 1));
        assert_eq!(step(&mut client, Input::Timer(AGAIN)), asks(0, 2));
        let answered = format!("{:?}", EchoFact::Answered { question: question(0), body: body(0) });
        assert_eq!(step(&mut client, answer(0)), [answered, "disarm 0".to_owned(), "arm 1 7ms".to_owned()]);
        assert_eq!(step(&mut client, Input::Timer(NEXT)), asks(1, 0));
    }

    #[test]
    fn an_answer_to_another_question_tells_nothing() {
        let mut client = client(Config::default());
        step(&mut client, Input::Start);
        step(&mut client, answer(0));
        assert!(step(&mut client, answer(0)).is_empty(), "it is repeated");
        step(&mut client, Input::Timer(NEXT));
        assert!(step(&mut client, answer(0)).is_empty(), "it is late");
        assert_eq!(client.view().waiting.map(|waiting| waiting.question), Some(question(1)));
    }

    #[test]
    fn an_answer_to_an_earlier_life_tells_nothing() {
        let mut client = client(Config::default());
        step(&mut client, Input::Start);
        let earlier = EchoMessage::Answer { question: Question { life: Incarnation(0), number: 0 }, body: body(0) };
        assert!(step(&mut client, Input::Message { from: SERVER, message: earlier }).is_empty());
        assert_eq!(client.view().answered, 0);
    }

    #[test]
    fn whoever_has_no_question_left_asks_nothing() {
        let mut client = client(Config { questions: 1, ..Config::default() });
        step(&mut client, Input::Start);
        step(&mut client, answer(0));
        assert!(step(&mut client, Input::Timer(NEXT)).is_empty());
        assert_eq!(*client.view(), ClientView { answered: 1, waiting: None });
    }
}
