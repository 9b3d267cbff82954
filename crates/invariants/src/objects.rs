//! The content of an object store as a check sees it.

use std::fmt;

use cluster_sim_types::ObjectState;

/// The content of an object store as a check sees it: read-only, after a step.
///
/// Also while its node is down. It is what the store has, which readers may see later, in a store of lagging visibility or under
/// faults.
///
/// ```
/// use cluster_sim_invariants::World;
/// use cluster_sim_types::NodeId;
///
/// /// Whether a segment that was trimmed is in the store.
/// fn is_shipped(world: &World<'_>, store: NodeId, key: &str, segment: &[u8]) -> bool {
///     world.objects(store).and_then(|objects| objects.content(key)).is_some_and(|bytes| bytes == segment)
/// }
/// ```
#[derive(Clone, Copy)]
pub struct ObjectsView<'a> {
    state: &'a dyn ObjectState,
}

impl<'a> ObjectsView<'a> {
    pub(crate) fn new(state: &'a dyn ObjectState) -> Self {
        Self { state }
    }

    /// Lists the keys that begin with `prefix`, in order.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        self.state.keys(prefix)
    }

    /// Returns the bytes of an object; `None` if there is none of that key.
    pub fn content(&self, key: &str) -> Option<&'a [u8]> {
        self.state.content(key)
    }

    /// Returns the entity tag of an object, with its quotes; `None` if there is none of that key.
    pub fn tag(&self, key: &str) -> Option<&'a str> {
        self.state.tag(key)
    }

    /// Lists the uploads in parts that neither ended nor were aborted.
    ///
    /// Each by its key and its bytes so far, in the order in which they began.
    pub fn open_uploads(&self) -> Vec<(String, u64)> {
        self.state.open_uploads()
    }
}

impl fmt::Debug for ObjectsView<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ObjectsView").field("keys", &self.keys("")).finish()
    }
}
