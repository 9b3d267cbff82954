//! The error for a port that is already in use.

/// A node binds a port, or listens on one, that it already uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("port {name:?} is bound already; a node binds each of its ports once, and shares it by reference")]
pub struct PortInUse {
    /// The name of the port.
    pub name: String,
}
