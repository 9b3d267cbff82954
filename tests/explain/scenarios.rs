//! Failing scenarios, each with one cause that a reader should find, and one scenario that passes.

use cluster_sim::prelude::*;
use cluster_sim_echo::{self as echo, AnswersMatchQuestions, EchoMessage};
use cluster_sim_gossip::{self as gossip, Newest, NoRollback};
use serde::{Deserialize, Serialize};

/// The seed that every scenario runs from.
pub(crate) const SEED: Seed = Seed(7);

/// Starts the next round.
const ROUND: Timer = Timer(0);
/// Makes the next version.
const NEWS: Timer = Timer(1);

/// The newest version that the sender believes in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Latest {
    version: u64,
}

/// Sends its peers its version in each round. Its bug: it takes the version that it heard last, where it should keep the newest.
struct Gullible {
    index: u32,
    peers: Vec<NodeId>,
    newest: Newest,
}

impl Gullible {
    fn learn(&mut self, version: u64, effects: &mut Effects<Latest>) {
        if self.newest.0 != version {
            self.newest = Newest(version);
            effects.emit(self.newest);
        }
    }

    fn gossip(&self, effects: &mut Effects<Latest>) {
        effects.send_all(&self.peers, Latest { version: self.newest.0 });
    }
}

impl Machine for Gullible {
    type Message = Latest;
    type View = Newest;

    fn step(&mut self, _: LocalInstant, input: Input<Latest>, effects: &mut Effects<Latest>) {
        match input {
            Input::Start => {
                effects.set_timer(ROUND, Duration::from_millis(50));
                if self.index == 0 {
                    effects.set_timer(NEWS, Duration::from_millis(75));
                }
            }
            Input::Timer(ROUND) => {
                self.gossip(effects);
                effects.set_timer(ROUND, Duration::from_millis(50));
            }
            Input::Timer(_) => {
                self.learn(self.newest.0 + 1, effects);
                self.gossip(effects);
                effects.set_timer(NEWS, Duration::from_millis(200));
            }
            Input::Message { message, .. } => self.learn(message.version, effects),
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &Newest {
        &self.newest
    }
}

/// Cuts off one node, which keeps an old version; after the heal the others take over that version from it.
pub(crate) fn stale_gossip() -> Scenario {
    let milliseconds = Duration::from_millis;
    let quick = Distribution::uniform(milliseconds(5), milliseconds(15));
    let cut = NetworkFault::Cut {
        from: vec!["gossip/4".to_owned()],
        to: (0..4).map(|index| format!("gossip/{index}")).collect(),
        both_ways: true,
        duration: Some(milliseconds(190)),
    };
    Scenario::new("gossip that believes what it heard last")
        .machines("gossip", 5, |node: &Boot| Gullible { index: node.index(), peers: node.peers(), newest: Newest::default() })
        .default_links(LinkModel { delay: quick, ..LinkModel::default() })
        .observe("no node forgets a version", NoRollback::default)
        .faults(
            FaultPlan::new()
                .at(milliseconds(160), NodeFault::Pause { node: "gossip/2".to_owned(), duration: Some(milliseconds(40)) })
                .at(milliseconds(210), cut),
        )
        .duration(Duration::from_secs(2))
}

/// Clients whose retry comes only after an hour: a lost question is never answered.
pub(crate) fn lost_retry() -> Scenario {
    let config = echo::Config { answer_timeout: Duration::from_secs(3_600), questions: 8, ..echo::Config::default() };
    let lossy = LinkModel { loss: ratio(0.02), duplicate: ratio(0.1), ..LinkModel::default() };
    Scenario::new("echo without a retry")
        .machines("server", 1, |_: &Boot| echo::Server::default())
        .machines("client", 3, move |node: &Boot| echo::Client::boot(config, node))
        .default_links(lossy)
        .observe("an answer is the answer to what was asked", AnswersMatchQuestions::default)
        .eventually("all is answered", move |world| {
            let waits = world.views::<echo::ClientView>().find(|(_, client)| client.answered < config.questions);
            waits.map_or(Verdict::Holds, |(node, client)| {
                let question = client.waiting.map_or(0, |waiting| waiting.question.number);
                Verdict::violated([node], format!("{} still waits for the answer to question {question}", world.name(node)))
            })
        })
        .faults(
            FaultPlan::new()
                .at(
                    Duration::from_millis(150),
                    NodeFault::Crash { node: "client/1".to_owned(), down_for: Some(Duration::from_millis(120)) },
                )
                .at(
                    Duration::from_millis(300),
                    NetworkFault::Loss {
                        links: "default".to_owned(),
                        rule: "bad weather".to_owned(),
                        ratio: ratio(0.3),
                        duration: Some(Duration::from_millis(150)),
                    },
                ),
        )
        .duration(Duration::from_secs(1))
        .recovery_timeout(Duration::from_secs(1))
}

/// Panics in the task that takes the seventh question.
pub(crate) fn panicking_server() -> Scenario {
    async fn serves(node: Node) {
        let port = node.bind::<EchoMessage>("main");
        let answers = node.spawn_named("answers", {
            let node = node.clone();
            async move {
                let mut asked = 0;
                loop {
                    let question = port.recv().await;
                    asked += 1;
                    assert!(asked < 7, "the table of questions is full");
                    node.emit(asked);
                    if let EchoMessage::Ask { question: number, body } = question.message {
                        port.send(question.from, EchoMessage::Answer { question: number, body });
                    }
                }
            }
        });
        answers.await.expect("it never returns");
    }
    Scenario::new("echo whose server panics")
        .nodes("server", 1, serves)
        .nodes("client", 3, |node| echo::client(node, echo::Config::default()))
        .eventually("no client waits", |world| world.views::<echo::ClientView>().all(|(_, client)| client.waiting.is_none()))
        .duration(Duration::from_secs(1))
}

/// Many nodes that gossip for many rounds.
pub(crate) fn crowd(nodes: u32, rounds: u64) -> Scenario {
    let config = gossip::Config { rounds_with_news: rounds, ..gossip::Config::default() };
    Scenario::new("a crowd")
        .machines("gossip", nodes, move |node: &Boot| gossip::Gossip::boot(config, node))
        .default_links(LinkModel { loss: ratio(0.01), ..LinkModel::default() })
        .always("no node knows the last version", move |world| {
            let last = Newest(config.last(nodes));
            world.views::<Newest>().all(|(_, newest)| *newest < last)
        })
        .faults((0..12).fold(FaultPlan::new(), |plan, index| {
            let at = Duration::from_millis(100 + 170 * index);
            plan.at(
                at,
                NodeFault::Crash {
                    node: format!("gossip/{}", 2 * index % u64::from(nodes)),
                    down_for: Some(Duration::from_millis(400)),
                },
            )
        }))
        .duration(Duration::from_secs(60))
}

/// Sends numbers in a session over a link that drops a third of its packets; every answer arrives.
pub(crate) fn doubling() -> Scenario {
    async fn server(node: Node) {
        let listener = node.listen::<u64>("double");
        loop {
            let session = listener.accept().await;
            while let Ok(Some(number)) = session.recv().await {
                session.send(2 * number).await.expect("the client waits for the answer");
            }
        }
    }
    async fn client(node: Node) {
        let session = node.connect::<u64>(0, "double").await.expect("node 0 is the server");
        for number in 0..10 {
            session.send(number).await.expect("the server is there");
            assert_eq!(session.recv().await, Ok(Some(2 * number)));
        }
    }
    let link = LinkModel { loss: ratio(0.33), ..LinkModel::default() };
    Scenario::new("doubling").nodes("server", 1, server).clients("client", 1, client).default_links(link)
}

fn ratio(of: f64) -> Ratio {
    Ratio::new(of).expect("a ratio is between 0 and 1")
}
