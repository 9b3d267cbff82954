//! The promises of the ledger, as rules that know facts and views and nothing of how stores work.

mod acknowledgements;
mod history;
mod memory;
mod on_disk;
mod primaries;
mod reads;

pub use acknowledgements::Acknowledgements;
pub use history::{Measured, OneHistory};
pub use memory::{KeepsEpochs, KeepsVouched, Remembers};
pub use on_disk::VouchedIsDurable;
pub use primaries::OnePrimary;
pub use reads::FreshReads;

use cluster_sim_invariants::World;

use crate::client::ClientView;
use crate::store::{Status, StoreView};

/// Whether all stores have one committed log and a primary, and clients have completed their requests.
///
/// For the end of a run: it must hold once nothing disturbs the stores any more.
pub fn all_is_settled(world: &World<'_>, requests: u64) -> bool {
    let mut stores = world.views::<StoreView>().map(|(_, store)| *store);
    let Some(first) = stores.next() else { return false };
    let is_equal = |store: &StoreView| {
        let settled = (store.commit, store.length, store.balance, store.epoch);
        store.status.is_member() && settled == (first.length, first.length, first.balance, first.epoch)
    };
    let is_led = world.views::<StoreView>().any(|(_, store)| store.status == Status::Primary);
    is_led
        && is_equal(&first)
        && stores.all(|store| is_equal(&store))
        && world.views::<ClientView>().all(|(_, client)| client.completed >= requests)
}
