//! A client that roams across edges, as an async function.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{LocalInstant, Machine, Node, Port, Received};

use crate::client::Client;
use crate::config::{Config, Layout};
use crate::fact::EdgeFact;
use crate::message::{EdgeMessage, Operation, Version, label};
use crate::pace::Ticks;
use crate::roamer::{ClientView, Read, Roamer, written_key};

/// By so much the patience of a client grows that has none of its own any more: for good.
const CALLED_OFF: Duration = Duration::from_secs(1_000_000);

/// Does what [`Client`] does, over the same port, with the same labels and the same rolls.
///
/// One thing differs: a tick that comes at the very instant at which a read is given up finds that read under way, always. Of the machine's
/// two timers chance picks the one that goes first.
pub async fn client(node: Node, config: Arc<Config>, layout: Layout) {
    let port = Arc::new(node.bind(Client::PORT).labelled(label));
    let roamer = Roamer::new(&config, layout, node.index());
    node.spawn_named("writes", write(node.clone(), Arc::clone(&port), Arc::clone(&config)));
    Reader { node, port, roamer }.run(Ticks::at(config.reads_per_client_per_sec)).await;
}

/// Writes at every tick. What comes of it the reader hears.
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

/// The part of a client that reads, and hears what its port brings.
struct Reader {
    node: Node,
    port: Arc<Port<EdgeMessage>>,
    roamer: Roamer,
}

impl Reader {
    async fn run(mut self, mut ticks: Ticks) {
        self.show(None);
        ticks.begin(self.node.roll("read-phase", 0));
        while let Some(due) = ticks.due() {
            self.hear(None, LocalInstant::ZERO + due).await;
            self.read(ticks.take()).await;
            // A tick that finds a read under way does nothing.
            ticks.pass(self.now());
        }
        loop {
            let received = self.port.recv().await;
            self.take(None, received);
        }
    }

    /// Asks for one key, and gives up when its patience is at an end.
    async fn read(&mut self, operation: Operation) {
        let read = self.roamer.read(operation, self.now(), self.node.entropy());
        let Read { edge, key, acked, .. } = read;
        self.show(Some(read));
        self.port.send(edge, EdgeMessage::ReadRequest { operation, key });
        let answer = self.hear(Some(read), self.node.now() + self.roamer.patience()).await;
        self.show(None);
        match answer {
            Some(version) if self.roamer.accept(&read, version) => {
                self.node.emit(EdgeFact::Observed { operation, edge, key, version, acked });
            }
            _ => {
                self.node.emit(EdgeFact::Unavailable { operation, edge });
                self.roamer.flee(read, self.now(), self.node.entropy());
            }
        }
    }

    /// Takes what comes in until it is the answer to the read under way, at the latest until `deadline`.
    async fn hear(&mut self, reading: Option<Read>, mut deadline: LocalInstant) -> Option<Version> {
        loop {
            let patience = deadline.saturating_since(self.node.now());
            let received = self.node.timeout(patience, self.port.recv()).await.ok()?;
            let is_answer_to_a_read = matches!(received.message, EdgeMessage::ReadReply { .. });
            let answer = self.take(reading, received);
            if answer.is_some() {
                return answer;
            }
            if is_answer_to_a_read && reading.is_some() && self.roamer.is_calmed_by_late_answers() {
                deadline = deadline + CALLED_OFF;
            }
        }
    }

    /// Takes one message; answers with the version if it is the answer to the read under way. One that comes after the read was given up,
    /// or from before a crash, tells nothing.
    fn take(&mut self, reading: Option<Read>, received: Received<EdgeMessage>) -> Option<Version> {
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

    fn show(&self, reading: Option<Read>) {
        self.node.publish(|view: &mut ClientView| view.reading = reading);
    }

    fn now(&self) -> Duration {
        self.node.now().since_zero()
    }
}
