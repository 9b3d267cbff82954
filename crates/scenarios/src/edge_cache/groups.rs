//! What the scenario calls its groups of nodes and the links that chaos is done to.

/// The groups of nodes, in the order of ids that [`Layout`] expects.
pub(crate) const SOURCE: &str = "source";
pub(crate) const ROUTER: &str = "router";
pub(crate) const EDGE: &str = "edge";
pub(crate) const CLIENT: &str = "client";
/// The class of links that chaos is done to.
pub(crate) const INVALIDATIONS: &str = "invalidations";
