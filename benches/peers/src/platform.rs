//! The features of a simulator that the workloads use: datagrams, time, tasks.

use std::time::Duration;

/// A question, or a datagram without an answer.
pub(crate) const REQUEST: u32 = 1;
/// An answer.
pub(crate) const REPLY: u32 = 2;

/// A message of 16 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet {
    pub(crate) kind: u32,
    pub(crate) sequence: u32,
    pub(crate) body: u64,
}

impl Packet {
    /// Encodes the message.
    pub(crate) fn bytes(self) -> [u8; 16] {
        let Self { kind, sequence, body } = self;
        (u128::from(kind) << 96 | u128::from(sequence) << 64 | u128::from(body)).to_le_bytes()
    }

    /// Decodes a message.
    pub(crate) fn of(bytes: [u8; 16]) -> Self {
        let word = u128::from_le_bytes(bytes);
        Self { kind: (word >> 96) as u32, sequence: (word >> 64) as u32, body: word as u64 }
    }
}

/// The socket of a node.
pub(crate) trait Port: 'static {
    /// Sends a message to a node.
    async fn send(&self, to: u32, packet: Packet);
    /// Sends a message to many nodes at once.
    async fn broadcast(&self, to: impl Iterator<Item = u32>, packet: Packet);
    /// Receives the next message, with its sender.
    async fn receive(&self) -> (u32, Packet);
}

/// The API of a simulator for code on one of its nodes.
pub(crate) trait Platform: 'static {
    type Port: Port;

    /// Binds the socket of node `id`.
    async fn bind(id: u32) -> Self::Port;
    /// The time since the start of the run.
    fn elapsed() -> Duration;
    /// Sleeps.
    async fn sleep(after: Duration);
    /// Waits for a future with a timeout.
    async fn within<F: Future>(after: Duration, future: F) -> Option<F::Output>;
    /// Spawns a task on the same node.
    fn spawn(task: impl Future<Output = ()> + 'static);
}
