//! Names of node groups and of the links that chaos affects.

// The node groups, in the order of ids that `Layout` expects.
pub(crate) const SOURCE: &str = "source";
pub(crate) const ROUTER: &str = "router";
pub(crate) const EDGE: &str = "edge";
pub(crate) const CLIENT: &str = "client";
/// The link class that chaos affects.
pub(crate) const INVALIDATIONS: &str = "invalidations";
