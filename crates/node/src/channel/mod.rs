//! Named channels between the tasks of one node.
//!
//! They are tokio's channels with a name: if a simulated run stalls, the report lists each waiting task with the channel it waits
//! at. They need no runtime and behave alike in both twins.
//!
//! Deliberately absent: unbounded channels, because a queue without a bound hides a slow consumer, and channels to other nodes,
//! which are [ports](crate::Port).

mod bounded;
mod oneshot;

use std::panic::Location;

pub use bounded::{Receiver, Sender, TrySendError, channel};
#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{ChannelWait, Waiting, try_entered};
pub use oneshot::{OneshotReceiver, OneshotSender, oneshot};

/// The name of a channel and the place of the call that created it.
#[derive(Debug, Clone, Copy)]
struct Name {
    name: &'static str,
    #[cfg_attr(not(feature = "test-utils"), expect(dead_code, reason = "only a simulation reports what tasks wait for"))]
    site: &'static Location<'static>,
}

/// The receiver of a channel is gone. Returns the value that was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(
    /// The value that was not sent.
    pub T,
);

impl<T> std::fmt::Display for SendError<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the channel is closed: its receiver is gone")
    }
}

impl<T: std::fmt::Debug> std::error::Error for SendError<T> {}

/// Reports to the kernel what the task that is being polled waits for.
#[cfg(feature = "test-utils")]
fn report_wait(what: ChannelWait, name: Name) {
    try_entered(|core| core.kernel.waits_for(Waiting::Channel(what, name.name, name.site)));
}
