//! The rule on the end of a run.

use cluster_sim_invariants::World;

use crate::replica::{KvReplicaView, Status};
use crate::session::ClientView;

/// Whether all replicas have executed one log, and no client has an operation left.
///
/// A store of which two replicas have forgotten everything never answers again, as it says.
pub fn all_is_settled(world: &World<'_>) -> bool {
    let replicas = || world.views::<KvReplicaView>().map(|(_, view)| view);
    if replicas().filter(|view| view.status == Status::Learner).count() > 1 {
        return true;
    }
    let Some(primary) = replicas().find(|view| view.status == Status::Primary) else { return false };
    let agrees = |view: &KvReplicaView| view.applied == view.length && (view.epoch, view.length) == (primary.epoch, primary.length);
    replicas().all(agrees) && world.views::<ClientView>().all(|(_, client)| client.is_done)
}
