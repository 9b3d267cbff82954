//! A node that gossips, as an async function.

use cluster_sim_node::{Machine, Node};

use crate::config::Config;
use crate::knowledge::Knowledge;
use crate::machine::Gossip;
use crate::rumour::{Newest, Rumour, label};

/// Does what [`Gossip`] does.
///
/// One thing differs: after a pause that a round fell into, the machine takes in all that came meanwhile before it speaks, and this function
/// what came first. A task looks at its clock whenever it is polled, also when a message woke it.
pub async fn gossip(node: Node, config: Config) {
    let peers = node.bind(Gossip::PORT).labelled(label);
    let mut knowledge = Knowledge::new(config);
    for round in 0.. {
        let known = knowledge.speak(config.news(round, node.index()), node.now());
        node.publish(|seen: &mut Newest| *seen = known);
        peers.broadcast(Rumour { round, newest: known.0 });
        peers
            .recv_for(config.interval, |heard| {
                knowledge.hear(heard.from, heard.message);
                node.publish(|seen: &mut Newest| *seen = *knowledge.newest());
            })
            .await;
    }
}
