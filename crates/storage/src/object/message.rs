//! The messages of a session between a client and an object store.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::object_answer::ObjectAnswer;
use super::operation::ObjectOp;

/// The port on which a store listens.
pub const OBJECT_PORT: &str = "object store";

/// The most bytes of a body in one message, so that a loss or a cut may come within a body.
pub const BODY_CHUNK: usize = 256 << 10;

/// A message of a session: a request, then its answer, then the bytes of a body; then the next request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ObjectMessage {
    /// From the client.
    Request(Box<ObjectOp>),
    /// From the store.
    Answer(Box<ObjectAnswer>),
    /// From the store: bytes of the object that was found.
    Body(Bytes),
    /// From the store: the body is complete.
    End,
}
