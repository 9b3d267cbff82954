//! The client as an async function.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{LocalInstant, Machine, Node, Port, Received};

use crate::client::Client;
use crate::config::{Config, Layout};
use crate::fact::EdgeFact;
use crate::message::{CacheOperation, EdgeMessage, Version, label};
use crate::pace::Ticks;
use crate::roamer::{ClientView, Read, Roamer, written_key};

/// Added to the deadline of a read whose timeout is cancelled: longer than any run.
const TIMEOUT_CANCELLED: Duration = Duration::from_secs(1_000_000);

/// Runs a client; see [`Client`].
///
/// It uses the same port, labels and rolls as the machine, and never returns.
///
/// Differs from the machine in one case: if a read times out at the instant of a read tick, this function always finds the read
/// in progress and skips the tick. The machine handles its two timers in random order.
pub async fn client(node: Node, config: Arc<Config>, layout: Layout) {
    let port = Arc::new(node.bind(Client::PORT).labelled(label));
    let roamer = Roamer::new(&config, layout, node.index());
    node.spawn_named("writes", write(node.clone(), Arc::clone(&port), Arc::clone(&config)));
    Reader { node, port, roamer }.run(Ticks::at(config.reads_per_client_per_sec)).await;
}

/// Writes at every tick. The reader receives the acknowledgements.
async fn write(node: Node, port: Arc<Port<EdgeMessage>>, config: Arc<Config>) {
    let mut ticks = Ticks::at(config.writes_per_client_per_sec);
    ticks.begin(node.roll("write-phase", 0));
    while let Some(due) = ticks.due() {
        node.sleep_until(LocalInstant::ZERO + due).await;
        let operation = ticks.take();
        let key = written_key(&config, operation, node.entropy());
        port.send(Layout::SOURCE, EdgeMessage::WriteRequest { operation, key });
    }
}

/// The part of a client that reads and that receives all messages.
struct Reader {
    node: Node,
    port: Arc<Port<EdgeMessage>>,
    roamer: Roamer,
}

impl Reader {
    async fn run(mut self, mut ticks: Ticks) {
        self.publish(None);
        ticks.begin(self.node.roll("read-phase", 0));
        while let Some(due) = ticks.due() {
            self.wait_for_answer(None, LocalInstant::ZERO + due).await;
            let operation = ticks.take();
            if !self.roamer.skips(operation) {
                self.read(operation).await;
            }
            // Ticks during the read are skipped.
            ticks.pass(self.now());
        }
        loop {
            let received = self.port.recv().await;
            self.on_message(None, received);
        }
    }

    /// Reads one key, and gives up after the read timeout.
    async fn read(&mut self, operation: CacheOperation) {
        let read = self.roamer.read(operation, self.now(), self.node.entropy());
        let Read { edge, key, acked, .. } = read;
        self.publish(Some(read));
        self.port.send(edge, EdgeMessage::ReadRequest { operation, key });
        let answer = self.wait_for_answer(Some(read), self.node.now() + self.roamer.read_timeout()).await;
        self.publish(None);
        match answer {
            Some(version) if self.roamer.accept(&read, version) => {
                self.node.emit(EdgeFact::Observed { operation, edge, key, version, acked });
            }
            _ => {
                self.node.emit(EdgeFact::Unavailable { operation, edge });
                self.roamer.escape(read, self.now(), self.node.entropy());
            }
        }
    }

    /// Receives messages until one answers `reading` or `deadline` has passed.
    async fn wait_for_answer(&mut self, reading: Option<Read>, mut deadline: LocalInstant) -> Option<Version> {
        loop {
            let left = deadline.saturating_since(self.node.now());
            let received = self.node.timeout(left, self.port.recv()).await.ok()?;
            let is_read_reply = matches!(received.message, EdgeMessage::ReadReply { .. });
            let answer = self.on_message(reading, received);
            if answer.is_some() {
                return answer;
            }
            if is_read_reply && reading.is_some() && self.roamer.late_answers_cancel_timeout() {
                deadline = deadline + TIMEOUT_CANCELLED;
            }
        }
    }

    /// Handles one message; returns the version if it answers `reading`.
    ///
    /// Ignores answers to reads that were given up, and those from before a crash.
    fn on_message(&mut self, reading: Option<Read>, received: Received<EdgeMessage>) -> Option<Version> {
        match received.message {
            EdgeMessage::ReadReply { operation, key, version } => {
                reading.filter(|read| self.roamer.is_answer(read, received.from, operation, key)).map(|_| version)
            }
            EdgeMessage::WriteAck { operation, key, version } => {
                self.roamer.acknowledge(key, version);
                self.node.emit(EdgeFact::WriteAcked { operation, key, version });
                None
            }
            _ => None,
        }
    }

    fn publish(&self, reading: Option<Read>) {
        self.node.publish(|view: &mut ClientView| view.reading = reading);
    }

    fn now(&self) -> Duration {
        self.node.now().since_zero()
    }
}
