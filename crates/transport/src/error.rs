//! A port that is bound already.

/// A port that a node bound already, or listens on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("port {name:?} is bound already; a node binds each of its ports once, and shares it by reference")]
pub struct PortInUse {
    /// The port.
    pub name: String,
}
