//! Sessions over TCP, one connection each.
//!
//! After a greeting and one byte of answer both sides write frames: a message, a keepalive every 3 s, or the finish ([`wire`]). A
//! connection that closes before the finish frame is a reset, because operating systems close the connections of a crashed
//! program as if it had closed them itself. An endpoint queues 64 messages to send and 64 received ones, and breaks after 15 s
//! without a frame.
//!
//! The module `handshake` beside it connects and accepts, [`io`] moves messages between the connection and the queues of an
//! endpoint, [`endpoint`] is the handle of node code, and [`status`] tells each how the other ends.

mod endpoint;
mod io;
mod status;
mod wire;

use std::time::Duration;

pub use endpoint::TokioSession;
pub(super) use io::open_session;
pub(super) use wire::{Answer, read_answer, read_greeting, write_answer, write_greeting};

/// How many messages an endpoint queues in each direction, as in the simulation by default.
const WINDOW: usize = 64;

/// How long an endpoint waits without any frame before it breaks, as in the simulation by default.
pub(super) const SESSION_TIMEOUT: Duration = Duration::from_secs(15);

/// How often an endpoint without messages to send writes a keepalive frame.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
