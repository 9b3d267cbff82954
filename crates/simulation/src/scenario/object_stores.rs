//! Object stores: places in the cluster.

use std::panic::Location;
use std::sync::Arc;

use cluster_sim_node::serve_objects;
use cluster_sim_storage::ObjectStoreModel;

use super::Scenario;
use crate::definition::{Group, Member, ScenarioError};

impl Scenario {
    /// Adds an object store, as a group of one node that serves it: `s3` is served by the node `s3/0`.
    ///
    /// Its clients are made by `Node::object_store` (feature `object-store`), which takes the number of that node. They reach it
    /// over links, so loss, delay, cuts and resets hit them, and [`place`](Self::place) puts the store in a region. The store
    /// keeps its content while its node is down; faults that the store has besides are those of `ObjectStoreFault`. Rules read
    /// its content from [`World::objects`](cluster_sim_invariants::World::objects).
    ///
    /// A model that is out of bounds is a [`ScenarioError`] when the scenario is run.
    #[must_use]
    #[track_caller]
    pub fn object_store(self, group: &str, model: ObjectStoreModel) -> Self {
        let site = Location::caller();
        match model.compile() {
            Ok(compiled) => self.with(|definition| {
                let members = vec![Member::in_group(group, 0)];
                let main = Arc::new(|node| Box::pin(serve_objects(node)) as _);
                definition.groups.push(Group::of_nodes(group, members, main, site));
                definition.object_stores.push((group.to_owned(), compiled));
            }),
            Err(error) => self.refused(ScenarioError::ObjectStore { group: group.to_owned(), error }),
        }
    }
}
