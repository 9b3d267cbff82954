//! [`Cohort`]: the nodes that count together for a claim.

use std::collections::BTreeMap;

use cluster_sim_types::Shard;

use crate::fault::claim::Claim;
use crate::fault::draw::Target;

/// The nodes that count together for a claim, and what each of them counts as.
#[derive(Debug, Default)]
pub(super) struct Cohort {
    /// The numbers of nodes, with those of their domains, or their own where nodes are counted.
    pub(super) members: Vec<(usize, usize)>,
    /// How many nodes or domains they are.
    pub(super) count: usize,
}

impl Cohort {
    /// The nodes that a claim is about: those of each shard apart, or all by their domains.
    pub(super) fn of(claim: &Claim, nodes: &[Target<'_>]) -> Vec<Self> {
        let about = nodes.iter().zip(0..).filter(|(node, _)| node.is_in(&claim.set));
        let Some(kind) = claim.domain else {
            let mut cohorts: BTreeMap<Shard, Self> = BTreeMap::new();
            for (node, number) in about {
                let cohort = cohorts.entry(node.shard).or_default();
                cohort.members.push((number, number));
                cohort.count += 1;
            }
            return cohorts.into_values().collect();
        };
        let mut domains = BTreeMap::new();
        let members = about.map(|(node, number)| {
            let next = domains.len();
            (number, *domains.entry(node.domain(kind)).or_insert(next))
        });
        let members = members.collect();
        vec![Self { members, count: domains.len() }]
    }
}
