//! Sessions of async nodes.
//!
//! [`connect`]: connect, accept and refuse. [`windows`]: flow control, and several tasks at one end. [`lives`]: crashes, pauses
//! and ends. [`stalls`]: what tasks that wait at a session report. [`machines`]: sessions with machines. [`chaos`]: random
//! faults.

mod chaos;
mod connect;
mod lives;
mod machines;
mod stalls;
mod windows;

use std::future::pending;
use std::sync::{Arc, Mutex};

use cluster_sim::node::{Session, SessionReset};
use cluster_sim::prelude::*;

const CLIENT: NodeId = NodeId(0);
const SERVER: NodeId = NodeId(1);

/// Entries of nodes, each with the milliseconds since the boot of the writer.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<(u128, String)>>>);

impl Log {
    fn write(&self, node: &Node, entry: impl Into<String>) {
        self.0.lock().expect("no writer panicked").push((node.now().since_zero().as_millis(), entry.into()));
    }

    /// Asserts what was written since the last call.
    #[track_caller]
    fn assert(&self, expected: &[(u128, &str)]) {
        let entries = std::mem::take(&mut *self.0.lock().expect("no writer panicked"));
        let seen: Vec<(u128, &str)> = entries.iter().map(|(at, entry)| (*at, entry.as_str())).collect();
        assert_eq!(seen, expected);
    }
}

/// A client and a server, which stay up when their functions return.
fn pair<C, S>(
    link: LinkModel,
    client: impl Fn(Node, Log) -> C + Send + Sync + 'static,
    server: impl Fn(Node, Log) -> S + Send + Sync + 'static,
) -> (Sim, Log)
where
    C: Future<Output = ()> + 'static,
    S: Future<Output = ()> + 'static,
{
    let log = Log::default();
    let (of_client, of_server) = (log.clone(), log.clone());
    let scenario = Scenario::new("pair")
        .nodes("client", 1, move |node| {
            let main = client(node, of_client.clone());
            async { (main.await, pending().await).1 }
        })
        .nodes("server", 1, move |node| {
            let main = server(node, of_server.clone());
            async { (main.await, pending().await).1 }
        });
    (scenario.default_links(link).start_together().start(Seed(7)), log)
}

/// The result of a receive as text.
fn text_of(received: &Result<Option<u64>, SessionReset>) -> String {
    match received {
        Ok(Some(number)) => number.to_string(),
        Ok(None) => "end".to_owned(),
        Err(SessionReset) => "reset".to_owned(),
    }
}

/// Logs everything that a session receives until it ends.
async fn read_all(node: &Node, log: &Log, session: &Session<u64>) {
    loop {
        let received = session.recv().await;
        log.write(node, text_of(&received));
        if !matches!(received, Ok(Some(_))) {
            return;
        }
    }
}

/// Accepts the first session on port "door" and keeps the listener.
async fn accept(node: &Node) -> Session<u64> {
    let listener = node.listen::<u64>("door");
    let session = listener.accept().await;
    node.spawn(async move { (pending::<()>().await, listener).0 });
    session
}

async fn connect(node: &Node) -> Session<u64> {
    node.connect(SERVER, "door").await.expect("the server listens")
}
