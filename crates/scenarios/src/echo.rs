//! The echo scenario: three clients ask a server, through crashes, pauses, cuts and loss.

use cluster_sim::{Boot, Scenario};
use cluster_sim_echo::{AnswersMatchQuestions, Client, ClientView, Config, Measured, Server, client, server};
use cluster_sim_registry::{NodeStyle, Prepared};
use serde_json::json;

use crate::registry::BuiltinScenario;
use crate::smoke::{self, smoke_second};

/// The observer that measures the report's snapshot.
const OBSERVER: &str = "an answer is the answer to what was asked";
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
    let answered =
        nodes.observe(OBSERVER, AnswersMatchQuestions::default).eventually("every client has all of its answers", move |world| {
            world.views::<ClientView>().all(|(_, client)| client.answered == config.questions)
        });
    smoke_second(answered)
}

/// The echo by name, in both node styles.
pub(crate) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    [
        (
            "echo",
            "clients repeat each question until the server answers, through crashes, pauses, cuts and loss",
            NodeStyle::Machine,
        ),
        ("echo-async", "echo with server and clients written as async functions", NodeStyle::Async),
    ]
    .map(|(name, summary, style)| {
        let prepare = move |_: &_| {
            let prepared = Prepared::new(scenario(style), smoke::SEED, json!({"system": "echo", "form": style}));
            Ok(prepared.with_observer(OBSERVER, json!(Measured::default()), SIGNATURE_METRICS))
        };
        BuiltinScenario::new(name, summary, prepare).for_many_seeds()
    })
}
