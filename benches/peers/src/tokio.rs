//! tokio with its paused clock and a minimal network: a task for each message in flight, a channel for each inbox.

mod arguments;
#[path = "../../measure/mod.rs"]
mod measure;
mod nodes;
mod platform;
mod trace;

use std::cell::{Cell, RefCell};
use std::process::ExitCode;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use measure::cells::{CRASH_PERIOD, CRASH_SPAN, Cell as BenchCell, DELAY_MAX, DELAY_MIN};
use platform::{Packet, Platform, Port};
use trace::{below, roll};

type Message = (u32, [u8; 16]);

thread_local! {
    static NETWORK: RefCell<Network> = const { RefCell::new(Network { seed: 0, sent: 0, start: None, inboxes: Vec::new() }) };
}

/// The network between the nodes.
struct Network {
    seed: u64,
    sent: u64,
    start: Option<Instant>,
    /// The inboxes of the nodes that are up.
    inboxes: Vec<Option<UnboundedSender<Message>>>,
}

impl Network {
    fn with<T>(work: impl FnOnce(&mut Self) -> T) -> T {
        NETWORK.with_borrow_mut(work)
    }

    /// Draws the delay of the next message.
    fn delay(&mut self) -> Duration {
        self.sent += 1;
        DELAY_MIN + below(roll(self.seed as u32, self.sent), DELAY_MAX - DELAY_MIN)
    }
}

struct Hand;

struct Inbox {
    id: u32,
    messages: tokio::sync::Mutex<UnboundedReceiver<Message>>,
}

impl Port for Inbox {
    async fn send(&self, to: u32, packet: Packet) {
        let (from, delay) = (self.id, Network::with(Network::delay));
        spawn_local(async move {
            sleep(delay).await;
            if let Some(inbox) = Network::with(|network| network.inboxes[to as usize].clone()) {
                // A node that has crashed receives nothing.
                let _ = inbox.send((from, packet.bytes()));
            }
        });
    }

    async fn broadcast(&self, to: impl Iterator<Item = u32>, packet: Packet) {
        for to in to {
            self.send(to, packet).await;
        }
    }

    async fn receive(&self) -> (u32, Packet) {
        let received = self.messages.lock().await.recv().await;
        let (from, bytes) = received.expect("the network holds the sender while the node is up");
        (from, Packet::of(bytes))
    }
}

impl Platform for Hand {
    type Port = Inbox;

    async fn bind(id: u32) -> Inbox {
        let (sender, receiver) = unbounded_channel();
        Network::with(|network| network.inboxes[id as usize] = Some(sender));
        Inbox { id, messages: tokio::sync::Mutex::new(receiver) }
    }

    fn elapsed() -> Duration {
        Network::with(|network| network.start).map_or(Duration::ZERO, |start| start.elapsed())
    }

    async fn sleep(after: Duration) {
        sleep(after).await;
    }

    async fn within<F: Future>(after: Duration, future: F) -> Option<F::Output> {
        timeout(after, future).await.ok()
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        spawn_local(task);
    }
}

fn run(cell: BenchCell, seed: u64, until: u64) -> (u64, u64) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime without a driver for the machine's network can always be had");
    let tasks = LocalSet::new();
    runtime.block_on(tasks.run_until(async {
        let start = Instant::now();
        let inboxes = vec![None; cell.nodes() as usize];
        Network::with(|network| *network = Network { seed, sent: 0, start: Some(start), inboxes });
        let spawn = |id: u32| spawn_local(nodes::run::<Hand>(cell, id));
        let nodes: Vec<Cell<Option<JoinHandle<()>>>> = (0..cell.nodes()).map(|id| Cell::new(Some(spawn(id)))).collect();
        let end = start + Duration::from_nanos(until);
        if cell == BenchCell::W5 {
            let (clients, servers) = cell.clients_and_servers();
            for crash in (1..).take_while(|crash| start + CRASH_PERIOD * *crash < end) {
                let id = clients + crash % servers;
                sleep_until(start + CRASH_PERIOD * crash).await;
                nodes[id as usize].take().inspect(JoinHandle::abort);
                Network::with(|network| network.inboxes[id as usize] = None);
                sleep(CRASH_SPAN).await;
                nodes[id as usize].set(Some(spawn(id)));
            }
        }
        if cell == BenchCell::Startup {
            for node in nodes.into_iter().filter_map(Cell::into_inner) {
                node.await.expect("no node panics");
            }
        } else {
            sleep_until(end).await;
        }
    }));
    drop(tasks);
    Network::with(|network| network.inboxes.clear());
    trace::take()
}

fn main() -> ExitCode {
    arguments::main("tokio", |_| 1.0, run)
}
