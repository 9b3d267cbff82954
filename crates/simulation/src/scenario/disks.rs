//! The disks of the nodes.

use cluster_sim_storage::DiskModel;

use super::Scenario;
use crate::definition::ScenarioError;

impl Scenario {
    /// Gives all nodes disks of that model; by default [`DiskModel::strict_posix`].
    ///
    /// ```
    /// use cluster_sim::disk::DiskModel;
    /// use cluster_sim::prelude::*;
    ///
    /// Scenario::new("storing")
    ///     .nodes("store", 3, async |node: Node| node.sleep(Duration::from_secs(1)).await)
    ///     .nodes("cache", 1, async |node: Node| node.sleep(Duration::from_secs(1)).await)
    ///     .disks(DiskModel::ext4_ordered())
    ///     .disks_of("store", DiskModel::xfs_like())
    ///     .run(Seed(7))
    ///     .assert_ok();
    /// ```
    ///
    /// A time out of bounds is a [`ScenarioError`] when the scenario is run.
    #[must_use]
    pub fn disks(self, model: DiskModel) -> Self {
        match model.compile() {
            Ok(disks) => self.with(|definition| definition.disks = disks),
            Err(error) => self.refused(ScenarioError::Disks { group: None, error }),
        }
    }

    /// Gives the nodes of a group disks of another model, whether the group is declared before or after.
    ///
    /// A time out of bounds, and a group that the scenario does not have, are a [`ScenarioError`] when the scenario is run.
    #[must_use]
    pub fn disks_of(self, group: &str, model: DiskModel) -> Self {
        match model.compile() {
            Ok(disks) => self.with(|definition| definition.disks_of.push((group.to_owned(), disks))),
            Err(error) => self.refused(ScenarioError::Disks { group: Some(group.to_owned()), error }),
        }
    }
}
