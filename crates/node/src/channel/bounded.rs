//! Bounded multi-producer, single-consumer channels.

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::task::{Context, Poll};

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::ChannelWait;
use tokio::sync::mpsc;
pub use tokio::sync::mpsc::error::TrySendError;

use super::{Name, SendError};

/// Creates a bounded channel between tasks of a node; `capacity` messages fit before a sender waits.
///
/// It is tokio's bounded `mpsc` channel in both twins. A stall report of the simulation shows `name` and the place of this call
/// for each task that waits at the channel.
///
/// ```
/// use cluster_sim_node::{Node, channel};
///
/// async fn run(node: Node) {
///     let (jobs, mut queue) = channel::<u64>("jobs", 16);
///     node.spawn(async move {
///         while let Some(job) = queue.recv().await {
///             assert!(job < 3);
///         }
///     });
///     for job in 0..3 {
///         jobs.send(job).await.expect("the worker receives until the last sender is gone");
///     }
/// }
/// ```
///
/// # Panics
/// If `capacity` is zero.
#[track_caller]
pub fn channel<T>(name: &'static str, capacity: usize) -> (Sender<T>, Receiver<T>) {
    let name = Name { name, site: Location::caller() };
    let (sender, receiver) = mpsc::channel(capacity);
    (Sender { sender, name }, Receiver { receiver, name })
}

/// The sending half of a [`channel`]. Clones send into the same channel.
#[derive(Debug)]
pub struct Sender<T> {
    sender: mpsc::Sender<T>,
    name: Name,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), name: self.name }
    }
}

impl<T> Sender<T> {
    /// Sends a message, waiting while the channel is full.
    ///
    /// Senders that wait get room in the order in which they called.
    ///
    /// Cancel safe in that a message is sent completely or not at all: if the future is dropped first, the message is dropped
    /// with it.
    ///
    /// # Errors
    /// Returns the message if the receiver is gone or [closed](Receiver::close).
    pub async fn send(&self, message: T) -> Result<(), SendError<T>> {
        let mut room = pin!(self.sender.reserve());
        let room = poll_fn(|context| {
            let polled = room.as_mut().poll(context);
            #[cfg(feature = "test-utils")]
            if polled.is_pending() {
                super::report_wait(ChannelWait::Room, self.name);
            }
            polled
        })
        .await;
        match room {
            Ok(room) => {
                room.send(message);
                Ok(())
            }
            Err(_) => Err(SendError(message)),
        }
    }

    /// Sends a message if there is room now.
    ///
    /// # Errors
    /// Returns the message if there is no room, or if the receiver is gone or [closed](Receiver::close).
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.sender.try_send(message)
    }

    /// Returns the name of the channel.
    pub fn name(&self) -> &'static str {
        self.name.name
    }
}

/// The receiving half of a [`channel`].
#[derive(Debug)]
pub struct Receiver<T> {
    receiver: mpsc::Receiver<T>,
    name: Name,
}

impl<T> Receiver<T> {
    /// Waits for the next message.
    ///
    /// Returns `None` once no sender is left, or the channel is closed, and all messages are received.
    ///
    /// Cancel safe: a message that was not returned stays in the channel.
    pub async fn recv(&mut self) -> Option<T> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let polled = self.receiver.poll_recv(context);
        #[cfg(feature = "test-utils")]
        if polled.is_pending() {
            super::report_wait(ChannelWait::Message, self.name);
        }
        polled
    }

    /// Returns the next message if there is one now. `None` does not mean that the channel is closed.
    pub fn try_recv(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }

    /// Closes the channel: later sends fail, and messages already sent can still be received.
    pub fn close(&mut self) {
        self.receiver.close();
    }

    /// Returns the name of the channel.
    pub fn name(&self) -> &'static str {
        self.name.name
    }
}
