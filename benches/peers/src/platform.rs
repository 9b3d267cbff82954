//! What the nodes of every workload need of a simulator: datagrams, waiting, tasks.

use std::time::Duration;

/// A question, or a datagram that nobody answers.
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
    /// The message as it goes over a wire.
    pub(crate) fn bytes(self) -> [u8; 16] {
        let Self { kind, sequence, body } = self;
        (u128::from(kind) << 96 | u128::from(sequence) << 64 | u128::from(body)).to_le_bytes()
    }

    /// The message in these bytes.
    pub(crate) fn of(bytes: [u8; 16]) -> Self {
        let word = u128::from_le_bytes(bytes);
        Self { kind: (word >> 96) as u32, sequence: (word >> 64) as u32, body: word as u64 }
    }
}

/// The address of a node's socket.
pub(crate) trait Port: 'static {
    /// Sends a message to a node.
    async fn send(&self, to: u32, packet: Packet);
    /// Sends a message to many nodes at once.
    async fn broadcast(&self, to: impl Iterator<Item = u32>, packet: Packet);
    /// The next message, and who sent it.
    async fn receive(&self) -> (u32, Packet);
}

/// A simulator, as code that runs on one of its nodes sees it.
pub(crate) trait Platform: 'static {
    type Port: Port;

    /// Binds the socket of node `id`.
    async fn bind(id: u32) -> Self::Port;
    /// The time since the start of the run.
    fn elapsed() -> Duration;
    /// Waits.
    async fn sleep(after: Duration);
    /// Waits for something so long.
    async fn within<F: Future>(after: Duration, future: F) -> Option<F::Output>;
    /// Runs a task beside this one, on the same node.
    fn spawn(task: impl Future<Output = ()> + 'static);
}
