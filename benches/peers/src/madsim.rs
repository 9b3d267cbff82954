//! madsim, the simulator most similar to the product. Every node has its own address and socket.

mod arguments;
#[path = "../../measure/mod.rs"]
mod measure;
mod nodes;
mod platform;
mod trace;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use futures_util::future::join_all;
use madsim::net::UdpSocket;
use madsim::runtime::{Handle, Runtime};
use madsim::task::spawn_local;
use madsim::time::{TimeHandle, sleep, timeout};

use measure::cells::{CRASH_PERIOD, CRASH_SPAN, Cell, DELAY_MAX, DELAY_MIN};
use platform::{Packet, Platform, Port};

/// The port of every node.
const PORT: u16 = 1;

struct Madsim;

fn address(id: u32) -> IpAddr {
    let [_, _, high, low] = (id + 1).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(10, 0, high, low))
}

fn id(address: IpAddr) -> u32 {
    let IpAddr::V4(address) = address else { panic!("every node has an address of four bytes") };
    (u32::from(address) & 0xffff) - 1
}

impl Port for UdpSocket {
    async fn send(&self, to: u32, packet: Packet) {
        let sent = self.send_to(SocketAddr::new(address(to), PORT), &packet.bytes()).await;
        sent.expect("madsim loses a datagram rather than refuse it");
    }

    async fn broadcast(&self, to: impl Iterator<Item = u32>, packet: Packet) {
        // Every send takes at least 1 ms of simulated time.
        join_all(to.map(|to| Port::send(self, to, packet))).await;
    }

    async fn receive(&self) -> (u32, Packet) {
        let mut bytes = [0; 16];
        let (_, from) = self.recv_from(&mut bytes).await.expect("a bound socket receives");
        (id(from.ip()), Packet::of(bytes))
    }
}

impl Platform for Madsim {
    type Port = UdpSocket;

    async fn bind(id: u32) -> UdpSocket {
        UdpSocket::bind(SocketAddr::new(address(id), PORT)).await.expect("every node has its own address")
    }

    fn elapsed() -> Duration {
        TimeHandle::current().elapsed()
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

fn run(cell: Cell, seed: u64, until: u64) -> (u64, u64) {
    let mut config = madsim::Config::default();
    config.net.send_latency = DELAY_MIN..DELAY_MAX;
    let runtime = Runtime::with_seed_and_config(seed, config);
    let ended = |id: u32| move || nodes::run::<Madsim>(cell, id);
    let nodes: Vec<_> = (0..cell.nodes()).map(|id| runtime.create_node().ip(address(id)).init(ended(id)).build().id()).collect();
    let end = Duration::from_nanos(until);
    runtime.block_on(async move {
        if cell == Cell::W5 {
            let (clients, servers) = cell.clients_and_servers();
            for crash in (1..).take_while(|crash| CRASH_PERIOD * *crash < end) {
                let node = nodes[(clients + crash % servers) as usize];
                sleep((CRASH_PERIOD * crash).saturating_sub(Madsim::elapsed())).await;
                Handle::current().kill(node);
                sleep(CRASH_SPAN).await;
                Handle::current().restart(node);
            }
        }
        sleep(end.saturating_sub(Madsim::elapsed())).await;
    });
    drop(runtime);
    trace::take()
}

fn main() -> ExitCode {
    arguments::main("madsim", |_| 1.0, run)
}
