//! The nodes whose disks the drawn faults of one seed may damage.

use std::collections::BTreeMap;

use cluster_sim_runtime::{Address, Seed, Stream};

use super::cohorts;
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
    // The claims' room that is left, and the positions of these rooms for each node.
    let (mut room, mut rooms_of): (Vec<usize>, BTreeMap<usize, Vec<usize>>) = (Vec::new(), BTreeMap::new());
    for claim in claims.iter().filter(|claim| claim.failure.counts_damage()) {
        for cohort in cohorts(claim, nodes) {
            cohort.iter().for_each(|node| rooms_of.entry(*node).or_default().push(room.len()));
            room.push(claim.most_of(cohort.len()));
        }
    }
    let mut order: Vec<usize> = (0..nodes.len()).filter(|node| is_hit(nodes[*node].name)).collect();
    order.sort_by_key(|node| (seed.roll(VICTIM, Address::new().name(nodes[*node].name)), *node));
    let mut picked: Vec<usize> = Vec::new();
    for node in order {
        let rooms = rooms_of.get(&node).map_or(&[][..], Vec::as_slice);
        if rooms.iter().all(|of| room[*of] > 0) {
            rooms.iter().for_each(|of| room[*of] -= 1);
            picked.push(node);
        }
    }
    picked.sort_unstable();
    picked.into_iter().map(|node| nodes[node].name).collect()
}
