//! The rules of a cluster of foca.

use std::collections::BTreeSet;

use cluster_sim::check::{Change, Health, Invariant};
use cluster_sim::prelude::*;
use foca::{Error, OwnedNotification};

use super::glue::{Membership, SwimFact};
use super::member::Member;

/// Once a node has heard that a member is down, it never takes it for a member again.
///
/// A member that is alive after all must take another identity.
#[derive(Default)]
pub(crate) struct DownIsForever {
    /// For each node that heard of one, the members that are down; forgotten with the memory of the node.
    down: Vec<BTreeSet<Member>>,
    checked: u64,
}

impl Invariant for DownIsForever {
    fn observe(&mut self, change: &Change, _world: &World<'_>) -> Verdict {
        let node = change.node();
        if self.down.len() <= node.index() {
            self.down.resize_with(node.index() + 1, BTreeSet::new);
        }
        let down = &mut self.down[node.index()];
        if let Change::Health(_, Health::Down, _) = change {
            down.clear();
        }
        match change.fact() {
            Some(SwimFact::Heard(OwnedNotification::MemberDown(member))) => _ = down.insert(*member),
            Some(SwimFact::Heard(OwnedNotification::MemberUp(member))) => {
                self.checked += 1;
                if down.contains(member) {
                    return Verdict::violated([node, member.node], format!("{member:?} was down and is up"));
                }
            }
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.checked
    }
}

/// No identity belongs to two lives of a node.
#[derive(Default)]
pub(crate) struct LivesAreTold {
    lives: BTreeSet<Member>,
}

impl Invariant for LivesAreTold {
    fn observe(&mut self, change: &Change, _world: &World<'_>) -> Verdict {
        match change.fact() {
            Some(SwimFact::Began(own)) if !self.lives.insert(*own) => {
                Verdict::violated([change.node()], format!("two lives are {own:?}"))
            }
            _ => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.lives.len() as u64
    }
}

/// Foca returns no error, but for one.
///
/// A node that took another identity keeps the one before as a member that is down, and announces itself to such members now and
/// then: so to itself.
#[derive(Default)]
pub(crate) struct NothingRefused {
    facts: u64,
}

impl Invariant for NothingRefused {
    fn observe(&mut self, change: &Change, _world: &World<'_>) -> Verdict {
        self.facts += 1;
        match change.fact() {
            Some(SwimFact::Refused(error)) if !matches!(error, Error::DataFromOurselves) => {
                Verdict::violated([change.node()], error.to_string())
            }
            _ => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.facts
    }
}

/// No node counts itself among the others, or two identities of one node.
pub(crate) fn members_are_told_apart(node: NodeId, membership: &Membership) -> Verdict {
    let mut seen = BTreeSet::from([node]);
    match membership.others.iter().find(|member| !seen.insert(member.node)) {
        Some(member) => Verdict::violated([node, member.node], format!("{member:?} is there twice")),
        None => Verdict::Holds,
    }
}

/// Every node that is up has exactly the nodes that are up as members, by their present identities.
pub(crate) fn all_have_the_live_set(world: &World<'_>) -> Verdict {
    let live: BTreeSet<Member> = world.views::<Membership>().filter_map(|(_, membership)| membership.own).collect();
    for (node, membership) in world.views::<Membership>() {
        let present = membership.others.len() + 1;
        if present != live.len() {
            return Verdict::violated([node], format!("has {present} members of {}", live.len()));
        }
        if let Some(gone) = membership.others.iter().find(|member| !live.contains(member)) {
            return Verdict::violated([node], format!("has {gone:?}, which is gone"));
        }
    }
    Verdict::Holds
}
