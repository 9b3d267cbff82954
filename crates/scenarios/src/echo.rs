//! Echo, ready to run: three clients that ask a server, through crashes, pauses, cuts and loss.

use cluster_sim::{NodeInfo, Scenario};
use cluster_sim_echo::{Client, ClientView, Config, Conversation, Measured, Server, client, server};
use serde_json::json;

use crate::node_style::NodeStyle;
use crate::prepared::Prepared;
use crate::registry::BuiltinScenario;
use crate::smoke::{self, smoke_second};

/// The observer whose measurements are the report's snapshot.
const OBSERVER: &str = "an answer is the answer to what was asked";
const SIGNED: &[&str] = &["questions", "retries", "answers"];
const CLIENTS: u32 = 3;

/// A server and three clients, written in that form. Each seed draws faults of its own for the first second.
///
/// Whatever happens, an answer is the answer to what was asked, and in the end every client has all of its answers.
pub fn scenario(form: NodeStyle) -> Scenario {
    let config = Config::default();
    let nodes = match form {
        NodeStyle::Machine => Scenario::new("echo").machines("server", 1, |_| Server::default()).machines(
            "client",
            CLIENTS,
            move |seat: &NodeInfo| Client::boot(config, seat),
        ),
        NodeStyle::Async => {
            Scenario::new("echo-async").nodes("server", 1, server).nodes("client", CLIENTS, move |node| client(node, config))
        }
    };
    let answered = nodes.observe(OBSERVER, Conversation::default).eventually("every client has all of its answers", move |world| {
        world.views::<ClientView>().all(|(_, client)| client.answered == config.questions)
    });
    smoke_second(answered)
}

/// The ready scenarios of the echo.
pub(crate) fn builtin() -> impl IntoIterator<Item = BuiltinScenario> {
    [
        ("echo", "clients ask a server again until it answers, through crashes, pauses, cuts and loss", NodeStyle::Machine),
        ("echo-async", "the same, with server and clients written as async functions", NodeStyle::Async),
    ]
    .map(|(name, summary, form)| {
        let prepare = move |_: &_| {
            let prepared = Prepared::new(scenario(form), smoke::SEED, json!({"system": "echo", "form": form}));
            Ok(prepared.measured_by(OBSERVER, json!(Measured::default()), SIGNED))
        };
        BuiltinScenario::new(name, summary, prepare).for_many_seeds()
    })
}
