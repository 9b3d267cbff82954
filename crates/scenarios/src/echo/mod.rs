//! The echo scenario: three clients ask a server, through crashes, pauses, cuts and loss.

pub mod planted;

use cluster_sim::{Boot, Scenario};
use cluster_sim_echo::{AnswersMatchQuestions, Bug, Client, ClientView, Config, Measured, Server, client, server};
use cluster_sim_registry::{BuiltinScenario, NodeStyle, PlantedBugs, Prepared, System};
use serde_json::json;

use self::planted::{ANSWERED, CONVERSATION, KEEPS_ASKING, PROMPT_ANSWERS};
use crate::smoke::{self, smoke_second};

const SIGNATURE_METRICS: &[&str] = &["questions", "retries", "answers"];
const CLIENTS: u32 = 3;

/// A server and three clients, through faults that each seed draws for one second.
///
/// Every answer must match its question, and in the end every client must have all of its answers.
pub fn scenario(style: NodeStyle) -> Scenario {
    let config = Config::default();
    let nodes = match style {
        NodeStyle::Machine => {
            Scenario::new("echo")
                .machines("server", 1, |_| Server::default())
                .machines("client", CLIENTS, move |node: &Boot| Client::boot(config, node))
        }
        NodeStyle::Async => {
            Scenario::new("echo-async").nodes("server", 1, server).nodes("client", CLIENTS, move |node| client(node, config))
        }
    };
    let answered = nodes
        .observe(CONVERSATION, AnswersMatchQuestions::default)
        .eventually(ANSWERED, move |world| world.views::<ClientView>().all(|(_, client)| client.answered == config.questions));
    smoke_second(answered)
}

/// The echo with its scenarios and planted bugs.
#[derive(Debug, Clone, Copy)]
pub struct EchoSystem;

impl System for EchoSystem {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn scenarios(&self) -> Vec<BuiltinScenario> {
        let both = [
            (
                "echo",
                "clients repeat each question until the server answers, through crashes, pauses, cuts and loss",
                NodeStyle::Machine,
            ),
            ("echo-async", "echo with server and clients written as async functions", NodeStyle::Async),
        ];
        let builtin = both.map(|(name, summary, style)| {
            let prepare = move |_: &_| {
                let prepared = Prepared::new(scenario(style), smoke::SEED, json!({"system": "echo", "form": style}));
                // Its observer also measures.
                Ok(prepared.with_observer(CONVERSATION, json!(Measured::default()), SIGNATURE_METRICS))
            };
            BuiltinScenario::new(name, summary, prepare).for_many_seeds()
        });
        builtin.into()
    }

    fn rules(&self) -> Vec<&'static str> {
        vec![CONVERSATION, ANSWERED, KEEPS_ASKING, PROMPT_ANSWERS]
    }

    fn planted_bugs(&self) -> PlantedBugs {
        let summaries = [
            (NodeStyle::Machine, "echo without a planted bug: five seconds, many questions, faults drawn by each seed"),
            (NodeStyle::Async, "hunt-echo with server and clients written as async functions"),
        ];
        PlantedBugs::new(self.name(), &summaries, Bug::ALL, planted::cluster, planted::expected)
    }
}
