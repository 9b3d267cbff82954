//! The rule on the end of a run.

use cluster_sim_invariants::World;

use crate::replica::Role;
use crate::store::{ClientView, OperatorView, ServerView, Status};

/// Whether all voters have one log and one state, and no client has an operation left (V14, H19).
///
/// One of them leads. For the end of a run: it must hold once nothing disturbs the servers any more. Not all servers need be voters: an
/// operator asks again until it is answered, and a copy of its order that comes late may take a server out after it was back in.
pub fn all_is_settled(world: &World<'_>) -> bool {
    let servers = || world.views::<ServerView>();
    let Some((_, leader)) = servers().find(|(_, view)| view.replica.role == Role::Leader) else { return false };
    let agrees = |view: &ServerView| {
        let (replica, first) = (&view.replica, &leader.replica);
        view.status == Status::Replica
            && (replica.term, replica.last, replica.chain) == (first.term, first.last, first.chain)
            && (replica.applied, view.digest) == (first.last, leader.digest)
    };
    let mut voters = servers().filter(|(node, _)| leader.replica.members.contains(*node));
    let is_done = world.views::<OperatorView>().all(|(_, operator)| operator.is_done);
    is_done && voters.all(|(_, view)| agrees(view)) && world.views::<ClientView>().all(|(_, client)| client.is_done)
}
