//! The nodes whose disks the drawn faults of one seed may damage.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_runtime::{Address, Seed, Stream};

use super::cohort::Cohort;
use crate::fault::claim::Claim;
use crate::fault::draw::Target;

const VICTIM: Stream = Stream::named("profile victim");

/// The names of the nodes that a seed picks of those that may be hit: all without a claim, as many of the others as claims allow.
///
/// So that all faults of a seed that damage disks hit the same few nodes, in place of the first one hitting a node at random and
/// the claims forbidding those of the others.
pub(in crate::fault) fn victims<'a>(
    seed: Seed,
    nodes: &[Target<'a>],
    claims: &[Claim],
    is_hit: &dyn Fn(&str) -> bool,
) -> Vec<&'a str> {
    // The claims' room, what was picked of each, and for each node the positions of these rooms and what it counts as.
    let mut rooms: Vec<(usize, BTreeSet<usize>)> = Vec::new();
    let mut rooms_of: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for claim in claims.iter().filter(|claim| claim.failure.counts_damage()) {
        for cohort in Cohort::of(claim, nodes) {
            cohort.members.iter().for_each(|(node, counted)| rooms_of.entry(*node).or_default().push((rooms.len(), *counted)));
            rooms.push((claim.most_of(cohort.count), BTreeSet::new()));
        }
    }
    let mut order: Vec<usize> = (0..nodes.len()).filter(|node| is_hit(nodes[*node].name)).collect();
    order.sort_by_key(|node| (seed.roll(VICTIM, Address::new().name(nodes[*node].name)), *node));
    let mut picked: Vec<usize> = Vec::new();
    for node in order {
        let of_node = rooms_of.get(&node).map_or(&[][..], Vec::as_slice);
        let has_room = |(room, counted): &(usize, usize)| {
            let (most, picked) = &rooms[*room];
            picked.len() < *most || picked.contains(counted)
        };
        if of_node.iter().all(has_room) {
            for (room, counted) in of_node {
                rooms[*room].1.insert(*counted);
            }
            picked.push(node);
        }
    }
    picked.sort_unstable();
    picked.into_iter().map(|node| nodes[node].name).collect()
}
