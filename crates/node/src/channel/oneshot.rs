//! Channels for one value.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::ChannelWait;
use tokio::sync::oneshot;

use super::{Name, SendError};

/// Creates a channel for one value, whose receiver is a future.
///
/// It is tokio's `oneshot` channel in both twins. A stall report of the simulation shows `name` and the place of this call for a
/// task that waits at it.
///
/// ```
/// use cluster_sim_node::{Node, oneshot};
///
/// async fn run(node: Node) {
///     let (answer, asked) = oneshot::<u64>("answer");
///     node.spawn(async move { answer.send(42) });
///     assert_eq!(asked.await, Some(42));
/// }
/// ```
#[track_caller]
pub fn oneshot<T>(name: &'static str) -> (OneshotSender<T>, OneshotReceiver<T>) {
    let name = Name { name, site: Location::caller() };
    let (sender, receiver) = oneshot::channel();
    (OneshotSender { sender, name }, OneshotReceiver { receiver, name })
}

/// The sending half of a [`oneshot()`] channel.
#[derive(Debug)]
pub struct OneshotSender<T> {
    sender: oneshot::Sender<T>,
    name: Name,
}

impl<T> OneshotSender<T> {
    /// Sends the value without waiting.
    ///
    /// # Errors
    /// Returns the value if the receiver is gone.
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        self.sender.send(value).map_err(SendError)
    }

    /// Returns whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Returns the name of the channel.
    pub fn name(&self) -> &'static str {
        self.name.name
    }
}

/// The receiving half of a [`oneshot()`] channel, a future.
///
/// Resolves to the value, or to `None` if the sender was dropped without sending. Cancel safe: poll it by `&mut` to keep it.
#[derive(Debug)]
#[must_use = "the value is received only while this is polled"]
pub struct OneshotReceiver<T> {
    receiver: oneshot::Receiver<T>,
    name: Name,
}

impl<T> OneshotReceiver<T> {
    /// Returns the name of the channel.
    pub fn name(&self) -> &'static str {
        self.name.name
    }
}

impl<T> Future for OneshotReceiver<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.receiver).poll(context).map(Result::ok);
        #[cfg(feature = "test-utils")]
        if polled.is_pending() {
            super::report_wait(ChannelWait::Value, self.name);
        }
        polled
    }
}
