//! The rules of a cluster of foca.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim::check::{Change, Health, Invariant};
use cluster_sim::node::Incarnation;
use cluster_sim::prelude::*;
use foca::{Error, OwnedNotification as Heard};

use super::glue::{Member, Membership, Notified, Refused};

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
        match change.fact::<Notified>() {
            Some(Heard::MemberDown(member)) => _ = down.insert(*member),
            Some(Heard::MemberUp(member)) => {
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
    lives: BTreeMap<Member, Incarnation>,
}

impl Invariant for LivesAreTold {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Change::Health(node, Health::Up, life) = change else { return Verdict::Holds };
        let Some(membership) = world.view::<Membership>(*node) else { return Verdict::Holds };
        let member = *membership.identity();
        // A node is also up again, in the same life, after a pause.
        if self.lives.insert(member, *life).is_some_and(|earlier| earlier != *life) {
            return Verdict::violated([*node], format!("two lives are {member:?}"));
        }
        Verdict::Holds
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
        match change.fact::<Refused>() {
            None | Some(Refused(Error::DataFromOurselves)) => Verdict::Holds,
            Some(Refused(error)) => Verdict::violated([change.node()], error.to_string()),
        }
    }

    fn times_checked(&self) -> u64 {
        self.facts
    }
}

/// No node counts itself among the others, or two identities of one node.
pub(crate) fn members_are_told_apart(node: NodeId, membership: &Membership) -> Verdict {
    let mut seen = BTreeSet::from([node]);
    match membership.iter_members().find(|member| !seen.insert(member.id().node)) {
        Some(member) => Verdict::violated([node, member.id().node], format!("{:?} is there twice", member.id())),
        None => Verdict::Holds,
    }
}

/// Every node that is up has exactly the nodes that are up as members, by their present identities.
pub(crate) fn all_have_the_live_set(world: &World<'_>) -> Verdict {
    let live: BTreeSet<Member> = world.views::<Membership>().map(|(_, membership)| *membership.identity()).collect();
    for (node, membership) in world.views::<Membership>() {
        let present = membership.num_members() + 1;
        if present != live.len() {
            return Verdict::violated([node], format!("has {present} members of {}", live.len()));
        }
        if let Some(gone) = membership.iter_members().find(|member| !live.contains(member.id())) {
            return Verdict::violated([node], format!("has {:?}, which is gone", gone.id()));
        }
    }
    Verdict::Holds
}
