//! A store that acknowledges a write before it sends copies of it.

use std::collections::BTreeSet;

use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::crash;
use cluster_sim_testkit::units::milliseconds;

/// The messages of the stores and the writer.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) enum Said {
    Write(u64),
    Acknowledged(u64),
    Copy(u64),
}

/// States that a store acknowledged a write.
#[derive(Debug)]
pub(crate) struct Acknowledged;

/// The writes that a store has, or that the writer takes for stored.
pub(crate) type Writes = BTreeSet<u64>;

/// When a store sends copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copies {
    /// Before it acknowledges the write.
    Before,
    /// Up to 5 ms later.
    Later,
}

async fn store(node: Node, copies: Copies) {
    let port = node.bind::<Said>("store");
    let peers = node.peers().to_vec();
    let mut waiting = Vec::new();
    let mut ticks = node.interval(milliseconds(5));
    let publish = |write| {
        node.publish(|writes: &mut Writes| {
            writes.insert(write);
        });
    };
    loop {
        select! {
            received = port.recv() => match received.message {
                Said::Write(write) => {
                    publish(write);
                    match copies {
                        Copies::Before => peers.iter().for_each(|peer| port.send(*peer, Said::Copy(write))),
                        Copies::Later => waiting.push(write),
                    }
                    port.send(received.from, Said::Acknowledged(write));
                    node.emit(Acknowledged);
                }
                Said::Copy(write) => publish(write),
                Said::Acknowledged(_) => {}
            },
            _ = ticks.tick() => for write in waiting.drain(..) {
                peers.iter().for_each(|peer| port.send(*peer, Said::Copy(write)));
            },
        }
    }
}

/// Writes to a random store until it is acknowledged, five times.
async fn write(node: Node) {
    let port = node.bind::<Said>("store");
    for write in 0..5 {
        loop {
            node.sleep(milliseconds(3)).await;
            port.send(node.random().below(3) as u32, Said::Write(write));
            let Ok(_) = node.timeout(milliseconds(20), port.recv()).await else { continue };
            node.publish(|writes: &mut Writes| {
                writes.insert(write);
            });
            break;
        }
    }
}

/// Three stores and a writer, without faults.
pub(crate) fn stores(copies: Copies) -> Scenario {
    Scenario::new("stores")
        .nodes("store", 3, move |node| store(node, copies))
        .clients("writer", 1, write)
        .eventually("an acknowledged write is in a store", |world| {
            let stored = |write: &u64| (0..3).any(|node| world.view::<Writes>(NodeId(node)).is_some_and(|has| has.contains(write)));
            world.view::<Writes>(NodeId(3)).is_none_or(|writes| writes.iter().all(stored))
        })
        .duration(milliseconds(300))
        .recovery_timeout(milliseconds(500))
        .stable_for(milliseconds(100))
}

/// The same, with a crash of the store that acknowledges first.
pub(crate) fn with_crash_at_first_ack(copies: Copies) -> Scenario {
    stores(copies).when("a store acknowledges", |change, world| {
        change.fact::<Acknowledged>().map(|_| crash(world.name(change.node()), milliseconds(10)))
    })
}
