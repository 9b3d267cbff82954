//! Server and client as async functions.

use cluster_sim_node::{Machine, Node, Port, Received};

use crate::bug::Bug;
use crate::client::{Client, ClientView, Retries, Waiting};
use crate::config::{Config, SERVER};
use crate::fact::EchoFact;
use crate::message::{EchoMessage, Question, label};
use crate::server::{Echo, Server, ServerView};

/// Runs a correct server; see [`Server`].
pub async fn server(node: Node) {
    server_with(node, Config::default()).await;
}

/// Runs a server with a config, of which only `bug` matters; see [`Server`].
pub async fn server_with(node: Node, config: Config) {
    let mut echo = Echo::new(config);
    let port = node.bind(Server::PORT).labelled(label);
    node.publish(|_: &mut ServerView| {});
    loop {
        let Received { from, message } = port.recv().await;
        if let EchoMessage::Ask { question, body } = message {
            node.publish(|view: &mut ServerView| view.answered += 1);
            echo.answer(from, question, body, |client, answer| port.send(client, answer));
        }
    }
}

/// Runs a client; see [`Client`]. It never returns, so late answers find its port open.
pub async fn client(node: Node, config: Config) {
    let port = node.bind(Client::PORT).labelled(label);
    let mut retries = Retries::new(config.bug);
    for number in 0..config.questions {
        let waiting = Waiting::first(node.incarnation(), number, node.entropy());
        let (question, body) = ask(&node, &port, config, waiting, &mut retries).await;
        node.publish(|view: &mut ClientView| *view = ClientView { answered: number + 1, waiting: None });
        node.emit(EchoFact::Answered { question, body });
        let on_late_answer = |late: Received<EchoMessage>| {
            if config.bug == Some(Bug::CountsTwice) && late.message == (EchoMessage::Answer { question, body }) {
                node.publish(|view: &mut ClientView| view.answered += 1);
                node.emit(EchoFact::Answered { question, body });
            }
        };
        port.recv_for(config.pause, on_late_answer).await;
    }
    // Late answers are received and ignored.
    loop {
        port.recv().await;
    }
}

/// Sends a question until it is answered.
async fn ask(
    node: &Node,
    port: &Port<EchoMessage>,
    config: Config,
    mut waiting: Waiting,
    retries: &mut Retries,
) -> (Question, u64) {
    loop {
        node.publish(|view: &mut ClientView| view.waiting = Some(waiting));
        node.emit(waiting.fact());
        port.send(SERVER, waiting.message());
        let timeout = retries.timeout(config, waiting.attempt);
        match node.timeout(timeout, answer(port, waiting, config.bug)).await {
            Ok(Some(answer)) => return answer,
            Err(_) if retries.try_use() => waiting = waiting.retried(),
            Ok(None) | Err(_) => break,
        }
    }
    // Without further retries.
    loop {
        if let Some(answer) = answer(port, waiting, config.bug).await {
            return answer;
        }
    }
}

/// Waits for the answer to one question; `None` stands for [`Bug::LateAnswerStopsRetries`].
///
/// Ignores late and repeated answers and those to an earlier life.
async fn answer(port: &Port<EchoMessage>, waiting: Waiting, bug: Option<Bug>) -> Option<(Question, u64)> {
    loop {
        if let EchoMessage::Answer { question, body } = port.recv().await.message {
            if waiting.is_answered_by(question, bug) {
                return Some((question, body));
            }
            if bug == Some(Bug::LateAnswerStopsRetries) {
                return None;
            }
        }
    }
}
