//! Channels between the tasks of a node, with names: what waits at one says so where a run stalls.
//!
//! They are tokio's in every other respect. Deliberately absent: unbounded ones, since a queue without a bound hides who is too slow, and
//! channels to other nodes, which are ports.

mod bounded;
mod oneshot;

use std::panic::Location;

pub use bounded::{Receiver, Sender, TrySendError, channel};
#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{ChannelWait, Waiting, try_entered};
pub use oneshot::{OneshotReceiver, OneshotSender, oneshot};

/// What a channel is called, and where it was made.
#[derive(Debug, Clone, Copy)]
struct Name {
    name: &'static str,
    #[cfg_attr(not(feature = "test-utils"), expect(dead_code, reason = "only a simulation lists what tasks wait for"))]
    site: &'static Location<'static>,
}

/// A channel whose other side is gone; hands back what could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(
    /// What was to be sent.
    pub T,
);

impl<T> std::fmt::Display for SendError<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("nobody receives from the channel any more")
    }
}

impl<T: std::fmt::Debug> std::error::Error for SendError<T> {}

/// Says that the task which is polled now waits for this.
#[cfg(feature = "test-utils")]
fn waits_for(what: ChannelWait, name: Name) {
    try_entered(|core| core.kernel.waits_for(Waiting::Channel(what, name.name, name.site)));
}
