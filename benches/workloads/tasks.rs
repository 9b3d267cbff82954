//! The workloads as async functions.

use cluster_sim::node::Received;
use cluster_sim::prelude::*;

use super::broadcast::some_of;
use super::packet::{Body, Packet, REPLY, REQUEST};
use super::progress::Tally;
use super::replication::election_timeout;
use crate::measure::cells::{BROADCAST_PERIOD, Cell, ENTRY_PERIOD, STARTUP_WAIT, TICK_PERIOD};

/// The port of every workload.
const PORT: &str = "main";

/// Counts an input for the rule.
fn count(node: &Node) {
    node.publish(|tally: &mut Tally| tally.inputs += 1);
}

fn bound<B: Body>(node: &Node) -> cluster_sim::node::Port<Packet<B>> {
    node.bind::<Packet<B>>(PORT).labelled(Packet::label)
}

/// Clients, then servers. A client that waits longer than `timeout` asks the next server.
pub(crate) fn echo<B: Body>(scenario: Scenario, cell: Cell, timeout: Option<Duration>) -> Scenario {
    let (clients, servers) = cell.clients_and_servers();
    let client = move |node| client::<B>(node, clients, servers, timeout);
    scenario.nodes("client", clients, client).nodes("server", servers, server::<B>)
}

async fn client<B: Body>(node: Node, clients: u32, servers: u32, timeout: Option<Duration>) {
    let port = bound::<B>(&node);
    let (mut sequence, mut heard) = (0_u32, 0_u64);
    count(&node);
    loop {
        sequence += 1;
        let server = NodeId(clients + (node.index() + sequence) % servers);
        port.send(server, Packet { kind: REQUEST, sequence, body: B::with_word(heard) });
        let answer = answer(&node, &port, sequence);
        let answer = match timeout {
            Some(timeout) => node.timeout(timeout, answer).await.ok(),
            None => Some(answer.await),
        };
        match answer {
            Some(message) => heard = heard.rotate_left(5) ^ message.body.word() ^ u64::from(message.sequence),
            None => count(&node),
        }
    }
}

/// Receives the answer to question `sequence`; ignores late answers to earlier ones.
async fn answer<B: Body>(node: &Node, port: &cluster_sim::node::Port<Packet<B>>, sequence: u32) -> Packet<B> {
    loop {
        let Received { message, .. } = port.recv().await;
        count(node);
        if message.sequence == sequence {
            return message;
        }
    }
}

async fn server<B: Body>(node: Node) {
    let port = bound::<B>(&node);
    count(&node);
    loop {
        let Received { from, message } = port.recv().await;
        count(&node);
        port.send(from, Packet { kind: REPLY, ..message });
    }
}

/// Every node sends to every other.
pub(crate) fn to_all(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.nodes("node", nodes, |node| {
        let peers = node.peers().to_vec();
        broadcaster(node, peers)
    })
}

/// Every node sends to eight others, spread over all.
pub(crate) fn to_some(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.nodes("node", nodes, move |node| {
        let peers = some_of(node.index(), nodes);
        broadcaster(node, peers)
    })
}

async fn broadcaster(node: Node, peers: Vec<NodeId>) {
    let port = bound::<u64>(&node);
    let (mut sequence, mut heard) = (0_u32, 0_u64);
    count(&node);
    let mut next = node.now() + node.roll("phase", 0).within(BROADCAST_PERIOD);
    loop {
        let receive = |received: Received<Packet<u64>>| {
            count(&node);
            heard = heard.rotate_left(5) ^ received.message.body ^ u64::from(received.message.sequence);
        };
        port.recv_for(next - node.now(), receive).await;
        count(&node);
        sequence += 1;
        port.send_all(&peers, Packet { kind: REQUEST, sequence, body: heard });
        next = next + BROADCAST_PERIOD;
    }
}

/// Each node has a timer that fires periodically.
pub(crate) fn ticking(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.nodes("node", nodes, async |node: Node| {
        count(&node);
        node.sleep(node.roll("phase", 0).within(TICK_PERIOD)).await;
        loop {
            count(&node);
            node.sleep(TICK_PERIOD).await;
        }
    })
}

/// Each node has a timer that fires once.
pub(crate) fn waiting(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.nodes("node", nodes, async |node: Node| {
        count(&node);
        node.sleep(STARTUP_WAIT).await;
        count(&node);
    })
}

/// Node 0 leads, the others follow.
pub(crate) fn replicated(scenario: Scenario, nodes: u32) -> Scenario {
    scenario.nodes("node", nodes, async |node: Node| if node.index() == 0 { leader(node).await } else { follower(node).await })
}

async fn leader(node: Node) {
    let port = bound::<u64>(&node);
    let (mut sequence, mut state) = (0_u32, 0_u64);
    count(&node);
    loop {
        let acknowledged = |received: Received<Packet<u64>>| {
            count(&node);
            state = state.rotate_left(5) ^ received.message.body;
        };
        port.recv_for(ENTRY_PERIOD, acknowledged).await;
        count(&node);
        sequence += 1;
        port.broadcast(Packet { kind: REQUEST, sequence, body: state });
    }
}

async fn follower(node: Node) {
    let port = bound::<u64>(&node);
    let (mut sequence, mut state) = (0_u32, 0_u64);
    count(&node);
    loop {
        // There is no election: the leader is never silent for that long.
        let heard = node.timeout(election_timeout(node.entropy(), sequence), port.recv()).await;
        count(&node);
        let Ok(Received { from, message }) = heard else { continue };
        sequence = message.sequence;
        state = state.rotate_left(5) ^ message.body ^ u64::from(sequence);
        port.send(from, Packet { kind: REPLY, sequence, body: state });
    }
}
