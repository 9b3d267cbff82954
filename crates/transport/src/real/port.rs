//! Ports for datagrams over UDP.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cluster_sim_types::NodeId;
use tokio::task::coop;

use super::counts::DatagramOutcome;
use super::datagram::{DATAGRAM_BYTES_MAX, encode};
pub use super::inbox::Ticket;
use super::shared::{Arrived, Shared};
use crate::message::{Message, Received, decode};

/// A port that a node bound, until it is dropped.
///
/// It keeps messages as bytes; its methods are generic over the message type.
pub struct TokioPort {
    network: Shared,
    name: Arc<str>,
    inbox: Arc<Arrived>,
}

impl TokioPort {
    pub(super) fn new(network: Shared, name: Arc<str>, inbox: Arc<Arrived>) -> Self {
        Self { network, name, inbox }
    }

    /// Sends to the port of the same name on several nodes.
    ///
    /// A datagram that cannot be sent is lost and counted. After the life ends this does nothing.
    ///
    /// # Panics
    /// A node is not in the address book.
    pub fn send_all<M: Message>(&self, to: &[NodeId], message: &M) {
        if self.network.life.is_over() {
            return;
        }
        let datagram = encode(self.network.id, &self.name, message);
        for receiver in to {
            let address = self.network.addresses.of(*receiver);
            self.network.counters.count(match datagram.len() {
                ..=DATAGRAM_BYTES_MAX => match self.network.send(&datagram, address) {
                    Ok(_) => DatagramOutcome::Sent,
                    Err(_) => DatagramOutcome::Refused,
                },
                _ => DatagramOutcome::Oversized,
            });
        }
    }

    /// Returns the next message if there is one. Undecodable messages are counted and skipped.
    pub fn try_recv<M: Message>(&self) -> Option<Received<M>> {
        loop {
            let arrived = self.inbox.take()?;
            if let Some(received) = self.read(arrived) {
                return Some(received);
            }
        }
    }

    /// Returns the next message, or registers the task to be woken by it.
    ///
    /// Each wait needs its own ticket; call [`forget`](Self::forget) when it ends. Takes part in tokio's cooperative budget, so
    /// that a node under a flood of messages still checks its deadlines.
    pub fn poll_recv<M: Message>(&self, ticket: &mut Ticket, context: &mut Context<'_>) -> Poll<Received<M>> {
        let budget = ready!(coop::poll_proceed(context));
        loop {
            let arrived = ready!(self.inbox.poll(ticket, context));
            if let Some(received) = self.read(arrived) {
                budget.made_progress();
                return Poll::Ready(received);
            }
        }
    }

    /// Cancels the wait of a ticket.
    pub fn forget(&self, ticket: &Ticket) {
        self.inbox.forget(ticket);
    }

    fn read<M: Message>(&self, (from, content): (NodeId, Box<[u8]>)) -> Option<Received<M>> {
        let message = decode(&content);
        self.network.counters.count(if message.is_some() { DatagramOutcome::Delivered } else { DatagramOutcome::Undecodable });
        Some(Received { from, message: message? })
    }
}

impl Drop for TokioPort {
    fn drop(&mut self) {
        self.network.unbind(&self.name);
    }
}

impl fmt::Debug for TokioPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokioPort").field("name", &self.name).finish_non_exhaustive()
    }
}
