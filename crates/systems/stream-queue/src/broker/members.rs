//! Which brokers are there, by their words.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_node::{Label, LocalInstant, Node, NodeId, Received, select};
use serde::{Deserialize, Serialize};

use super::view::{BrokerView, Member};
use crate::fact::BrokerFact;

const MEMBERS_PORT: &str = "members";
/// Words within the time after which a broker is suspected: two of three may be lost.
const WORDS: u32 = 3;

/// A word of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Ping {
    /// Its number in the life of its sender.
    number: u64,
}

/// The other brokers and the last word of each.
struct Members {
    suspect_after: Duration,
    heard: BTreeMap<NodeId, (Option<LocalInstant>, Member)>,
}

impl Members {
    fn new(others: impl Iterator<Item = NodeId>, suspect_after: Duration) -> Self {
        Self { suspect_after, heard: others.map(|other| (other, (None, Member::Unknown))).collect() }
    }

    /// Hears a word; returns whether the other one was not taken for alive.
    fn hear(&mut self, from: NodeId, now: LocalInstant) -> bool {
        let Some((heard, member)) = self.heard.get_mut(&from) else { return false };
        *heard = Some(now);
        std::mem::replace(member, Member::Alive) != Member::Alive
    }

    /// Takes those for suspected or dead that it has not heard of; returns which changed.
    fn look(&mut self, now: LocalInstant) -> Vec<(NodeId, Member)> {
        let mut changed = Vec::new();
        for (other, (heard, member)) in &mut self.heard {
            let Some(heard) = heard else { continue };
            let silence = now.saturating_since(*heard);
            let next = match () {
                () if silence >= 2 * self.suspect_after => Member::Dead,
                () if silence >= self.suspect_after => Member::Suspected,
                () => Member::Alive,
            };
            if std::mem::replace(member, next) != next {
                changed.push((*other, next));
            }
        }
        changed
    }
}

/// Sends words to the other brokers and hears theirs, for ever.
pub(super) async fn keep(node: Node, brokers: Vec<NodeId>, suspect_after: Duration) {
    let others: Vec<_> = brokers.into_iter().filter(|broker| *broker != node.id()).collect();
    let port = node.bind::<Ping>(MEMBERS_PORT).labelled(|ping| Label::Key { kind: 1, id: ping.number });
    let mut members = Members::new(others.iter().copied(), suspect_after);
    let mut words = node.interval(suspect_after / WORDS);
    let mut number = 0;
    loop {
        let changed = select! { biased;
            Received { from, .. } = port.recv() => {
                let is_new = members.hear(from, node.now());
                is_new.then_some((from, Member::Alive)).into_iter().collect()
            }
            _ = words.tick() => {
                number += 1;
                port.send_all(&others, Ping { number });
                members.look(node.now())
            }
        };
        for (member, now) in changed {
            node.publish(|view: &mut BrokerView| {
                view.members.insert(member, now);
            });
            if now != Member::Suspected {
                node.emit(BrokerFact::Member { member, is_alive: now == Member::Alive });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_broker_is_suspected_then_dead_and_joins_again() {
        let (other, after) = (NodeId(1), Duration::from_millis(300));
        let at = |ms| LocalInstant::ZERO + Duration::from_millis(ms);
        let mut members = Members::new([other].into_iter(), after);
        assert_eq!(members.look(at(10_000)), [], "it is unknown until its first word");
        assert!(members.hear(other, at(10_000)) && !members.hear(other, at(10_100)));
        assert_eq!(members.look(at(10_399)), []);
        assert_eq!(members.look(at(10_400)), [(other, Member::Suspected)]);
        assert_eq!(members.look(at(10_700)), [(other, Member::Dead)]);
        assert!(members.hear(other, at(11_000)));
        assert_eq!(members.look(at(11_001)), []);
    }
}
