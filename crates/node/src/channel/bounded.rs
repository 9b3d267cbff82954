//! Many messages, in order, with a bound.

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::task::{Context, Poll};

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::ChannelWait;
use tokio::sync::mpsc;
pub use tokio::sync::mpsc::error::TrySendError;

use super::{Name, SendError};

/// A channel of that name between tasks, which holds so many messages before a sender waits.
///
/// The name and the place of this call stand where a run stalls and a task waits at this channel. In every other respect it is tokio's bounded
/// channel, in the simulation and elsewhere.
///
/// ```
/// use cluster_sim_node::{Node, channel};
///
/// async fn run(node: Node) {
///     let (jobs, mut queue) = channel::<u64>("jobs", 16);
///     node.spawn(async move {
///         while let Some(job) = queue.receive().await {
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

/// The side of a [`channel`] that sends; its clones send into the same one.
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
    /// Sends a message, once there is room for it. Senders get room in the order in which they asked. Cancel safe: what was not sent is dropped.
    ///
    /// # Errors
    /// With the message, if the receiver is gone.
    pub async fn send(&self, message: T) -> Result<(), SendError<T>> {
        let mut room = pin!(self.sender.reserve());
        let room = poll_fn(|context| {
            let polled = room.as_mut().poll(context);
            #[cfg(feature = "test-utils")]
            if polled.is_pending() {
                super::waits_for(ChannelWait::Room, self.name);
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
    /// With the message, if there is no room or the receiver is gone.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.sender.try_send(message)
    }

    /// The name it was made with.
    pub fn name(&self) -> &'static str {
        self.name.name
    }
}

/// The side of a [`channel`] that receives.
#[derive(Debug)]
pub struct Receiver<T> {
    receiver: mpsc::Receiver<T>,
    name: Name,
}

impl<T> Receiver<T> {
    /// Waits for the next message; nothing once every sender is gone and no message is left. Cancel safe: what was not returned is not lost.
    pub async fn recv(&mut self) -> Option<T> {
        poll_fn(|context| self.poll_receive(context)).await
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let polled = self.receiver.poll_recv(context);
        #[cfg(feature = "test-utils")]
        if polled.is_pending() {
            super::waits_for(ChannelWait::Message, self.name);
        }
        polled
    }

    /// The next message, if one is there.
    pub fn try_recv(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }

    /// Takes no more messages in; those that are there can still be received.
    pub fn close(&mut self) {
        self.receiver.close();
    }

    /// The name it was made with.
    pub fn name(&self) -> &'static str {
        self.name.name
    }
}
