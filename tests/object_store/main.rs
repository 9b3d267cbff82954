//! The simulated object store: a place in the cluster behind the trait of the crate `object_store`.
//!
//! | file | claims |
//! |---|---|
//! | `any_faults.rs` | promises under any mix of faults, and faults that profiles draw |
//! | `conformance.rs` | the same cases over the simulated store, `InMemory` and `LocalFileSystem` |
//! | `faults.rs` | each fault of an object store, by its number in O1 to O10 |
//! | `requests.rs` | requests of a node reach the store over links, take time, and outlive crashes of the store |

mod any_faults;
mod conformance;
mod faults;
mod requests;

use std::sync::Arc;
use std::time::Duration;

use cluster_sim::object_store::{ObjectClientOptions, ObjectStoreModel};
use cluster_sim::prelude::*;
use object_store::ObjectStore;

/// The node that serves the store, which all scenarios here declare first.
const STORE: NodeId = NodeId(0);

/// A store `s3` and a node `client/0` that runs `code` with a client of it and must return.
fn scenario<F: Future<Output = ()> + 'static>(
    model: ObjectStoreModel,
    code: impl Fn(Node, Arc<dyn ObjectStore>) -> F + Send + Sync + 'static,
) -> Scenario {
    scenario_with(model, ObjectClientOptions::default(), code)
}

/// As [`scenario`], with a client of other limits.
fn scenario_with<F: Future<Output = ()> + 'static>(
    model: ObjectStoreModel,
    options: ObjectClientOptions,
    code: impl Fn(Node, Arc<dyn ObjectStore>) -> F + Send + Sync + 'static,
) -> Scenario {
    Scenario::new("object store")
        .object_store("s3", model)
        .clients("client", 1, move |node: Node| {
            let store: Arc<dyn ObjectStore> = Arc::new(node.object_store_with(STORE, options));
            code(node, store)
        })
        .duration(Duration::from_secs(1))
        .recovery_timeout(Duration::from_secs(3_600))
}
