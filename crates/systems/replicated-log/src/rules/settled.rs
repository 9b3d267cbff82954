//! The rule on the end of a run.

use cluster_sim_invariants::World;

use crate::replica::Role;
use crate::store::{ClientView, OperatorView, ServerView, Status};

/// Whether all servers have one log and one state, and no client has an operation left (V14, H19).
///
/// One of them leads. For the end of a run: it must hold once nothing disturbs the servers any more.
pub fn all_is_settled(world: &World<'_>) -> bool {
    let servers = || world.views::<ServerView>().map(|(_, view)| view);
    let Some(leader) = servers().find(|view| view.replica.role == Role::Leader) else { return false };
    let agrees = |view: &ServerView| {
        let (replica, first) = (&view.replica, &leader.replica);
        view.status == Status::Replica
            && (replica.term, replica.last, replica.chain) == (first.term, first.last, first.chain)
            && (replica.applied, view.digest) == (first.last, leader.digest)
    };
    let all_are_voters = leader.replica.members.as_slice().len() == servers().count();
    let is_done = world.views::<OperatorView>().all(|(_, operator)| operator.is_done);
    all_are_voters && is_done && servers().all(agrees) && world.views::<ClientView>().all(|(_, client)| client.is_done)
}
