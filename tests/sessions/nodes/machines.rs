//! Machines and async nodes in one session: a machine takes sessions on the port on which it takes messages, and asks there.

use std::future::pending;
use std::sync::{Arc, Mutex};

use cluster_sim::prelude::*;
use cluster_sim::{ConnectError, ResetReason, Session, SessionReset, SessionTraffic};
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;
use serde::{Deserialize, Serialize};

use crate::streamer::{Heard, Word, finish, heard, numbers, sessions, stream, streamer};

const MACHINE: NodeId = NodeId(0);

/// The port of machines that do not say another one.
const PORT: &str = "main";

/// A streamer and an async node, over links of ten milliseconds.
fn mixed<F: Future<Output = ()> + 'static>(seed: u64, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Sim {
    let main = move |node| {
        let main = main(node);
        async { (main.await, pending().await).1 }
    };
    let scenario = Scenario::new("mixed").machines("streamer", 1, streamer).nodes("node", 1, main);
    let mut sim = scenario.default_links(ten()).start_together().start(Seed(seed));
    sim.run_for(Duration::ZERO);
    sim
}

async fn number(session: &Session<Word>) -> Result<Option<u64>, SessionReset> {
    let word = session.recv().await?;
    Ok(word.map(|word| if let Word::Number(number) = word { number } else { panic!("{word:?} is no number") }))
}

#[test]
fn a_node_accepts_what_a_machine_streams_and_answers() {
    let mut sim = mixed(7, async |node| {
        let session = node.listen::<Word>(PORT).accept().await;
        assert_eq!(session.peer(), MACHINE);
        while let Some(number) = number(&session).await.expect("the machine is there") {
            session.send(Word::Number(number + 100)).await.expect("the machine is there");
        }
    });
    stream(&mut sim, 0, 1, 0, 3);
    sim.run_for(milliseconds(39));
    assert!(heard(&sim, 0).is_empty());
    sim.run_for(milliseconds(1));
    assert_eq!(numbers(&sim, 0), [100, 101, 102]);
    stream(&mut sim, 0, 1, 3, 1);
    finish(&mut sim, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(heard(&sim, 0)[3..], [Heard::Number(103), Heard::Finished]);
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.resets), (1, 1, 0));
}

#[test]
fn a_machine_takes_the_session_of_a_node_and_streams_in_it() {
    let mut sim = mixed(7, async |node| {
        let session = node.connect::<Word>(MACHINE, PORT).await.expect("machines accept");
        for sent in 0..3 {
            session.send(Word::Number(sent)).await.expect("the machine is there");
        }
        assert_eq!(number(&session).await, Ok(Some(100)));
        assert_eq!(number(&session).await, Ok(None));
    });
    sim.run_for(milliseconds(100));
    assert_eq!(numbers(&sim, 0), [0, 1, 2]);
    stream(&mut sim, 0, 1, 100, 1);
    finish(&mut sim, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(heard(&sim, 0)[3..], [Heard::Finished], "the node let go of it");
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.resets, traffic.delivered.messages), (1, 1, 0, 4));
}

#[test]
fn machines_and_nodes_refuse_where_they_do_not_listen() {
    let mut sim = mixed(7, async |node| {
        assert_eq!(node.connect::<Word>(MACHINE, "another").await.map(drop), Err(ConnectError::Refused));
        let _listener = node.listen::<Word>("another");
        pending::<()>().await;
    });
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(heard(&sim, 0), [Heard::Reset(ResetReason::Refused)]);
    assert_eq!(sessions(&sim).resets, 2);
}

#[test]
fn a_node_that_asks_a_machine_for_a_second_session_loses_the_first() {
    let mut sim = mixed(7, async |node| {
        let first = node.connect::<Word>(MACHINE, PORT).await.expect("machines accept");
        first.send(Word::Number(1)).await.expect("the machine is there");
        node.sleep(milliseconds(30)).await;
        let second = node.connect::<Word>(MACHINE, PORT).await.expect("machines accept");
        second.send(Word::Number(2)).await.expect("the machine is there");
        // It is told without having sent anything.
        assert_eq!(number(&first).await, Err(SessionReset));
        assert_eq!(number(&second).await, Ok(Some(100)));
    });
    sim.run_for(milliseconds(150));
    stream(&mut sim, 0, 1, 100, 1);
    sim.run_for(milliseconds(100));
    let reset = Heard::Reset(ResetReason::Reset);
    assert_eq!(heard(&sim, 0), [Heard::Number(1), reset, Heard::Number(2), Heard::Finished]);
}

#[test]
fn a_machine_and_a_node_that_ask_each_other_at_once_lose_nothing() {
    let accepted = Arc::new(Mutex::new((0, 0)));
    for seed in 0..16 {
        let accepts = Arc::clone(&accepted);
        let mut sim = mixed(seed, move |node| {
            let accepts = Arc::clone(&accepts);
            async move {
                let listener = node.listen::<Word>(PORT);
                node.spawn(async move {
                    let session = listener.accept().await;
                    accepts.lock().unwrap().0 += 1;
                    // Nothing comes of what the machine asked for.
                    assert_eq!(number(&session).await, Err(SessionReset));
                    accepts.lock().unwrap().1 += 1;
                });
                let session = node.connect::<Word>(MACHINE, PORT).await.expect("machines accept");
                for expected in 0..3 {
                    assert_eq!(number(&session).await, Ok(Some(expected)));
                    session.send(Word::Number(100 + expected)).await.expect("the machine is there");
                }
                pending::<()>().await;
            }
        });
        stream(&mut sim, 0, 1, 0, 3);
        sim.run_for(Duration::from_secs(60));
        assert_eq!(heard(&sim, 0), [100, 101, 102].map(Heard::Number), "seed {seed}");
        let traffic = sessions(&sim);
        assert_eq!((traffic.connects, traffic.sent.messages, traffic.delivered.messages), (2, 6, 6), "seed {seed}");
    }
    let (accepted, told) = *accepted.lock().unwrap();
    assert!(0 < accepted && accepted < 16, "both come first: {accepted}");
    assert_eq!(told, accepted, "who accepted is told");
}

/// Says one number to the second node, from a port of its own.
struct Elsewhere;

impl Machine for Elsewhere {
    const PORT: &'static str = "elsewhere";
    type Message = u64;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        if let Input::Start = input {
            effects.session_send(NodeId(1), 7);
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

#[test]
fn a_machine_asks_and_is_asked_on_the_port_that_it_names() {
    let client = |node: Node| async move {
        let unheard = node.listen::<u64>(PORT);
        let session = node.listen::<u64>(Elsewhere::PORT).accept().await;
        assert_eq!(session.recv().await, Ok(Some(7)));
        assert!(node.timeout(Duration::from_secs(1), unheard.accept()).await.is_err());
        assert_eq!(node.connect::<u64>(MACHINE, PORT).await.map(drop), Err(ConnectError::Refused));
        drop(session);
        node.connect::<u64>(MACHINE, Elsewhere::PORT).await.expect("machines accept");
    };
    let scenario = Scenario::new("elsewhere").machines("machine", 1, |_: &NodeInfo| Elsewhere).clients("client", 1, client);
    scenario.default_links(ten()).start_together().run(Seed(7)).assert_ok();
}

/// A question, or its answer: twice as much.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Sum(u64);

const QUESTIONS: u64 = 40;

/// Asks the second node, each time it has an answer, and finishes after the last.
struct Asker {
    answers: u64,
}

struct Answerer;

impl Machine for Asker {
    type Message = Sum;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<Sum>, effects: &mut Effects<Sum>) {
        match input {
            Input::Start => effects.session_send(NodeId(1), Sum(0)),
            Input::Message { from, message: Sum(answer) } => {
                assert_eq!(answer, 2 * self.answers);
                self.answers += 1;
                if self.answers == QUESTIONS { effects.session_close(from) } else { effects.session_send(from, Sum(self.answers)) }
            }
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.answers
    }
}

impl Machine for Answerer {
    type Message = Sum;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<Sum>, effects: &mut Effects<Sum>) {
        match input {
            Input::Message { from, message: Sum(question) } => effects.session_send(from, Sum(2 * question)),
            Input::SessionClosed { peer } => effects.session_close(peer),
            _ => {}
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

async fn asks(node: Node) {
    let session = node.connect::<Sum>(1, PORT).await.expect("it answers");
    for question in 0..QUESTIONS {
        session.send(Sum(question)).await.expect("it answers");
        let Sum(answer) = session.recv().await.expect("it answers").expect("it answers every question");
        assert_eq!(answer, 2 * question);
        node.publish(|answers: &mut u64| *answers = question + 1);
    }
    session.close();
    assert!(matches!(session.recv().await, Ok(None)));
    pending().await
}

async fn answers(node: Node) {
    let session = node.listen::<Sum>(PORT).accept().await;
    while let Some(Sum(question)) = session.recv().await.expect("it asks") {
        session.send(Sum(2 * question)).await.expect("it asks");
    }
    drop(session);
    pending().await
}

/// Asker and answerer, each as a machine or as an async node, through two cuts of the way there and of the way back.
fn conversation(machine_asks: bool, machine_answers: bool) -> (SessionTraffic, VirtualInstant) {
    let cut = |from: &str, to: &str| {
        let side = |name: &str| vec![name.to_owned()];
        Fault::Cut { from: side(from), to: side(to), both_ways: false, duration: Some(milliseconds(700)) }
    };
    let plan =
        FaultPlan::new().at(milliseconds(105), cut("asker/0", "answerer/0")).at(milliseconds(1_305), cut("answerer/0", "asker/0"));
    let scenario = Scenario::new("conversation");
    let scenario = match machine_asks {
        true => scenario.machines("asker", 1, |_: &NodeInfo| Asker { answers: 0 }),
        false => scenario.nodes("asker", 1, asks),
    };
    let scenario = match machine_answers {
        true => scenario.machines("answerer", 1, |_: &NodeInfo| Answerer),
        false => scenario.nodes("answerer", 1, answers),
    };
    let scenario = scenario.default_links(ten()).faults(plan).start_together().duration(Duration::from_secs(20));
    let done_at = {
        let mut sim = scenario.start(Seed(7));
        let done = sim.run_until(Duration::from_secs(20), |world| world.view::<u64>(NodeId(0)) == Some(&QUESTIONS));
        assert!(done, "every question is answered");
        sim.now()
    };
    (scenario.run(Seed(7)).traffic.sessions, done_at)
}

#[test]
fn a_conversation_is_the_same_whether_machines_or_nodes_hold_it() {
    let of_machines = conversation(true, true);
    let (traffic, _) = &of_machines;
    assert_eq!((traffic.sent.messages, traffic.delivered.messages), (2 * QUESTIONS, 2 * QUESTIONS));
    assert!(traffic.retransmissions > 4 && traffic.resets == 0, "{traffic:?}");
    for (machine_asks, machine_answers) in [(true, false), (false, true), (false, false)] {
        assert_eq!(conversation(machine_asks, machine_answers), of_machines, "{machine_asks} {machine_answers}");
    }
}
