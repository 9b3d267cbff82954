//! A gossiping node as an async function.

use cluster_sim_node::{Machine, Node};

use crate::config::Config;
use crate::machine::Gossip;
use crate::message::{GossipMessage, Newest, label};
use crate::state::GossipState;

/// Runs a gossiping node; see [`Gossip`]. It never returns.
///
/// Differs from the machine in one case: after a pause in which a round came due, the machine merges all messages that waited
/// before it starts the round, and this function only the first. The task is woken by that message and finds the round due as
/// well.
pub async fn gossip(node: Node, config: Config) {
    let port = node.bind(Gossip::PORT).labelled(label);
    let mut state = GossipState::new(config, node.incarnation());
    for round in 0.. {
        let newest = state.begin_round(round, node.index(), node.now());
        node.publish(|view: &mut Newest| *view = *state.newest());
        port.send_all(state.receivers(node.peers()), GossipMessage { round, newest: newest.0 });
        port.recv_for(config.interval, |received| {
            state.receive(received.from, received.message);
            node.publish(|view: &mut Newest| *view = *state.newest());
        })
        .await;
    }
}
