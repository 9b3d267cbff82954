//! Replica and client as async functions.

use std::future::pending;

use cluster_sim_node::{LocalInstant, Machine, Node, Port, Received, select};

use crate::client::Client;
use crate::config::Config;
use crate::message::{Entry, KvMessage, label};
use crate::operation::KvAnswer;
use crate::replica::{Event, KvReplicaView, Replica};
use crate::session::{ClientView, Session};

/// Runs a replica; see [`Replica`]. It never returns.
///
/// Differs from the machine where two things are due at one instant: a machine takes one after the other in random order, a task
/// sees all of them when it is polled.
pub async fn replica(node: Node, config: Config) {
    let port = node.bind(Replica::PORT).labelled(label);
    let mut replica = Replica::new(config, node.id(), node.incarnation(), node.entropy());
    let (mut sends, mut event) = (Vec::new(), Event::Start);
    let mut view = *replica.view();
    node.publish(|published: &mut KvReplicaView| *published = view);
    loop {
        replica.handle(node.now(), event, &mut sends);
        sends.drain(..).for_each(|(to, message)| port.send(to, message));
        if *replica.view() != view {
            view = *replica.view();
            node.publish(|published: &mut KvReplicaView| *published = view);
        }
        let deadline = replica.deadline();
        event = select! { biased;
            Received { from, message } = port.recv() => Event::Message(from, message),
            () = wait_until(&node, deadline) => Event::Tick,
        };
    }
}

async fn wait_until(node: &Node, deadline: Option<LocalInstant>) {
    match deadline {
        Some(deadline) => node.sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Runs a client; see [`Client`]. It never returns, so late answers find its port open.
pub async fn client(node: Node, config: Config) {
    let port = node.bind(Client::PORT).labelled(label);
    let mut session = Session::new(config, node.id(), node.incarnation(), node.entropy());
    node.publish(|_: &mut ClientView| {});
    for number in node.operations(0..config.operations) {
        let entry = session.next(number);
        let call = node.invoke(entry.op);
        let answer = ask(&node, &port, config, &mut session, entry).await;
        match answer {
            Some(answer) => {
                session.learn(entry.op, answer);
                call.ok(answer);
            }
            // It may have been executed, or may be later.
            None => drop(call),
        }
        node.publish(|view: &mut ClientView| {
            view.completed += 1;
            view.given_up += u64::from(answer.is_none());
        });
        port.recv_for(config.pause, |_| {}).await;
    }
    node.publish(|view: &mut ClientView| view.is_done = true);
    loop {
        port.recv().await;
    }
}

/// Asks one replica after the other; `None` if none has answered after the last attempt.
async fn ask(node: &Node, port: &Port<KvMessage>, config: Config, session: &mut Session, entry: Entry) -> Option<KvAnswer> {
    for _ in 0..config.attempts {
        port.send(session.target, KvMessage::Ask(entry));
        let mut deadline = node.now() + config.answer_timeout;
        loop {
            let received = select! { biased;
                Received { message, .. } = port.recv() => message,
                () = node.sleep_until(deadline) => break,
            };
            match received {
                KvMessage::Answer { request, answer } if request == entry.request => return Some(answer),
                // Soon, but not at once: there may be no primary for a while.
                KvMessage::Refused { request } if request == entry.request => {
                    deadline = deadline.min(node.now() + config.heartbeat);
                }
                // Late answers, copies, and those to an earlier life.
                _ => {}
            }
        }
        session.ask_next_replica();
    }
    None
}
