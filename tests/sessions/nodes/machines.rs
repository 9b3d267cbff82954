//! Sessions between machines and async nodes: a machine accepts and connects on its message port.

use std::future::pending;
use std::sync::{Arc, Mutex};

use cluster_sim::net::SessionTraffic;
use cluster_sim::node::{ConnectError, ResetReason, Session, SessionReset};
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::one_way_cut;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;
use serde::{Deserialize, Serialize};

use crate::streamer::{Event, Message, RESET, close, events, numbers, sessions, stream, streamer};

const MACHINE: NodeId = NodeId(0);

/// The default port of machines.
const PORT: &str = "main";

/// A streamer and an async node over links of 10 ms.
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

async fn number(session: &Session<Message>) -> Result<Option<u64>, SessionReset> {
    let message = session.recv().await?;
    Ok(message.map(|message| if let Message::Number(number) = message { number } else { panic!("{message:?} is no number") }))
}

#[test]
fn a_node_accepts_the_session_of_a_machine_and_answers() {
    let mut sim = mixed(7, async |node| {
        let session = node.listen::<Message>(PORT).accept().await;
        assert_eq!(session.peer(), MACHINE);
        while let Some(number) = number(&session).await.expect("the machine is there") {
            session.send(Message::Number(number + 100)).await.expect("the machine is there");
        }
    });
    stream(&mut sim, 0, 1, 0, 3);
    sim.run_for(milliseconds(39));
    assert!(events(&sim, 0).is_empty());
    sim.run_for(milliseconds(1));
    assert_eq!(numbers(&sim, 0), [100, 101, 102]);
    stream(&mut sim, 0, 1, 3, 1);
    close(&mut sim, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(events(&sim, 0)[3..], [Event::Number(103), Event::Closed]);
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.resets), (1, 1, 0));
}

#[test]
fn a_machine_answers_in_the_session_of_a_node() {
    let mut sim = mixed(7, async |node| {
        let session = node.connect::<Message>(MACHINE, PORT).await.expect("machines accept");
        for sent in 0..3 {
            session.send(Message::Number(sent)).await.expect("the machine is there");
        }
        assert_eq!(number(&session).await, Ok(Some(100)));
        assert_eq!(number(&session).await, Ok(None));
    });
    sim.run_for(milliseconds(100));
    assert_eq!(numbers(&sim, 0), [0, 1, 2]);
    stream(&mut sim, 0, 1, 100, 1);
    close(&mut sim, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(events(&sim, 0)[3..], [Event::Closed], "the node let go of it");
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.resets, traffic.delivered.messages), (1, 1, 0, 4));
}

#[test]
fn a_connect_to_a_port_without_a_listener_is_refused() {
    let mut sim = mixed(7, async |node| {
        assert_eq!(node.connect::<Message>(MACHINE, "another").await.map(drop), Err(ConnectError::Refused));
        let _listener = node.listen::<Message>("another");
        pending::<()>().await;
    });
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(events(&sim, 0), [Event::Reset(ResetReason::Refused)]);
    assert_eq!(sessions(&sim).resets, 2);
}

#[test]
fn a_second_session_with_a_machine_resets_the_first() {
    let mut sim = mixed(7, async |node| {
        let first = node.connect::<Message>(MACHINE, PORT).await.expect("machines accept");
        first.send(Message::Number(1)).await.expect("the machine is there");
        node.sleep(milliseconds(30)).await;
        let second = node.connect::<Message>(MACHINE, PORT).await.expect("machines accept");
        second.send(Message::Number(2)).await.expect("the machine is there");
        // The node is reset although it has sent nothing.
        assert_eq!(number(&first).await, Err(SessionReset));
        assert_eq!(number(&second).await, Ok(Some(100)));
    });
    sim.run_for(milliseconds(150));
    stream(&mut sim, 0, 1, 100, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(events(&sim, 0), [Event::Number(1), RESET, Event::Number(2), Event::Closed]);
}

#[test]
fn a_machine_and_a_node_that_connect_at_once_lose_nothing() {
    let accepted = Arc::new(Mutex::new((0, 0)));
    for seed in 0..16 {
        let accepts = Arc::clone(&accepted);
        let mut sim = mixed(seed, move |node| {
            let accepts = Arc::clone(&accepts);
            async move {
                let listener = node.listen::<Message>(PORT);
                node.spawn(async move {
                    let session = listener.accept().await;
                    accepts.lock().unwrap().0 += 1;
                    // The session that the machine asked for is reset.
                    assert_eq!(number(&session).await, Err(SessionReset));
                    accepts.lock().unwrap().1 += 1;
                });
                let session = node.connect::<Message>(MACHINE, PORT).await.expect("machines accept");
                for expected in 0..3 {
                    assert_eq!(number(&session).await, Ok(Some(expected)));
                    session.send(Message::Number(100 + expected)).await.expect("the machine is there");
                }
                pending::<()>().await;
            }
        });
        stream(&mut sim, 0, 1, 0, 3);
        sim.run_for(Duration::from_secs(60));
        assert_eq!(events(&sim, 0), [100, 101, 102].map(Event::Number), "seed {seed}");
        let traffic = sessions(&sim);
        assert_eq!((traffic.connects, traffic.sent.messages, traffic.delivered.messages), (2, 6, 6), "seed {seed}");
    }
    let (accepted, reset) = *accepted.lock().unwrap();
    assert!(0 < accepted && accepted < 16, "either request arrives first in some seeds: {accepted}");
    assert_eq!(reset, accepted, "every accepted session of the machine is reset");
}

/// Sends one number to the second node, from a port with another name.
struct OtherPort;

impl Machine for OtherPort {
    const PORT: &'static str = "other port";
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
fn a_machine_connects_and_accepts_on_its_own_port() {
    let client = |node: Node| async move {
        let unused = node.listen::<u64>(PORT);
        let session = node.listen::<u64>(OtherPort::PORT).accept().await;
        assert_eq!(session.recv().await, Ok(Some(7)));
        assert!(node.timeout(Duration::from_secs(1), unused.accept()).await.is_err());
        assert_eq!(node.connect::<u64>(MACHINE, PORT).await.map(drop), Err(ConnectError::Refused));
        drop(session);
        node.connect::<u64>(MACHINE, OtherPort::PORT).await.expect("machines accept");
    };
    let scenario = Scenario::new("other port").machines("machine", 1, |_: &Boot| OtherPort).clients("client", 1, client);
    scenario.default_links(ten()).start_together().run(Seed(7)).assert_ok();
}

/// A question, or its answer: twice the number.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Sum(u64);

const QUESTIONS: u64 = 40;

/// Asks the second node after each answer, and closes after the last.
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

/// Runs asker and answerer, each as a machine or as an async node, through a cut of each direction.
fn conversation(machine_asks: bool, machine_answers: bool) -> (SessionTraffic, VirtualInstant) {
    let cut = |from, to| one_way_cut([from], [to], milliseconds(700));
    let plan =
        FaultPlan::new().at(milliseconds(105), cut("asker/0", "answerer/0")).at(milliseconds(1_305), cut("answerer/0", "asker/0"));
    let scenario = Scenario::new("conversation");
    let scenario = match machine_asks {
        true => scenario.machines("asker", 1, |_: &Boot| Asker { answers: 0 }),
        false => scenario.nodes("asker", 1, asks),
    };
    let scenario = match machine_answers {
        true => scenario.machines("answerer", 1, |_: &Boot| Answerer),
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
fn machines_and_nodes_give_one_session_traffic() {
    let of_machines = conversation(true, true);
    let (traffic, _) = &of_machines;
    assert_eq!((traffic.sent.messages, traffic.delivered.messages), (2 * QUESTIONS, 2 * QUESTIONS));
    assert!(traffic.retransmissions > 4 && traffic.resets == 0, "{traffic:?}");
    for (machine_asks, machine_answers) in [(true, false), (false, true), (false, false)] {
        assert_eq!(conversation(machine_asks, machine_answers), of_machines, "{machine_asks} {machine_answers}");
    }
}
