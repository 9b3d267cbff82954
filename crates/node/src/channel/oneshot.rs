//! One value.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::ChannelWait;
use tokio::sync::oneshot;

use super::{Name, SendError};

/// A channel of that name for one value. Its receiver is a future.
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

/// The side of a [`oneshot()`] that sends.
#[derive(Debug)]
pub struct OneshotSender<T> {
    sender: oneshot::Sender<T>,
    name: Name,
}

impl<T> OneshotSender<T> {
    /// Sends the value.
    ///
    /// # Errors
    /// With the value, if the receiver is gone.
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        self.sender.send(value).map_err(SendError)
    }

    /// Whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// The name it was made with.
    pub fn name(&self) -> &'static str {
        self.name.name
    }
}

/// The side of a [`oneshot()`] that receives: ends with the value, or with nothing if the sender was dropped without one.
#[derive(Debug)]
#[must_use = "the value is received only while this is polled"]
pub struct OneshotReceiver<T> {
    receiver: oneshot::Receiver<T>,
    name: Name,
}

impl<T> OneshotReceiver<T> {
    /// The name it was made with.
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
            super::waits_for(ChannelWait::Value, self.name);
        }
        polled
    }
}
