//! Sessions over TCP, a connection each.
//!
//! [`wire`] is what is written, [`opening`] who is asked and who accepts, [`carrying`] moves messages between the connection and the
//! queues of an end, [`end`] is what node code holds.

mod endpoint;
mod handshake;
mod io;
mod wire;

use std::time::Duration;

pub use endpoint::TokioSession;
pub use handshake::TokioListener;
pub(super) use handshake::{Listeners, accept_connections};

/// How many messages an end takes over before who sends must wait, and how many arrived ones it keeps; as in the simulation by default.
const WINDOW: usize = 64;

/// How long nothing may be heard of the other side; as in the simulation by default.
const SESSION_TIMEOUT: Duration = Duration::from_secs(15);

/// How often an end that has nothing to say says that.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
