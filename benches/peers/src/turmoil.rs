//! turmoil: ticks of 1 ms, a tokio runtime for each host.

mod arguments;
#[path = "../../measure/mod.rs"]
mod measure;
mod nodes;
mod platform;
mod trace;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use turmoil::Builder;
use turmoil::net::UdpSocket;

use measure::cells::{CRASH_PERIOD, CRASH_SPAN, Cell, DELAY_MAX, DELAY_MIN};
use platform::{Packet, Platform, Port};

/// The port of every node.
const PORT: u16 = 1;

/// The rate of turmoil's delays, which are exponential and truncated at a maximum. With this rate their mean is that of the other
/// simulators, so that about as many messages are sent.
const CURVE: f64 = 1.594;

struct Turmoil;

/// The address that turmoil assigns to the host of this index.
fn address(id: u32) -> SocketAddr {
    let [_, _, high, low] = (id + 1).to_be_bytes();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 168, high, low)), PORT)
}

fn id(address: IpAddr) -> u32 {
    let IpAddr::V4(address) = address else { panic!("every host has an address of four bytes") };
    (u32::from(address) & 0xffff) - 1
}

impl Port for UdpSocket {
    async fn send(&self, to: u32, packet: Packet) {
        self.send_to(&packet.bytes(), address(to)).await.expect("turmoil loses a datagram rather than refuse it");
    }

    async fn broadcast(&self, to: impl Iterator<Item = u32>, packet: Packet) {
        for to in to {
            Port::send(self, to, packet).await;
        }
    }

    async fn receive(&self) -> (u32, Packet) {
        let mut bytes = [0; 16];
        let (_, from) = self.recv_from(&mut bytes).await.expect("a bound socket receives");
        (id(from.ip()), Packet::of(bytes))
    }
}

impl Platform for Turmoil {
    type Port = UdpSocket;

    async fn bind(_: u32) -> UdpSocket {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).await.expect("every host has its own address")
    }

    fn elapsed() -> Duration {
        turmoil::sim_elapsed().expect("nodes run in the simulation")
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
    let end = Duration::from_nanos(until);
    let mut builder = Builder::new();
    builder.min_message_latency(DELAY_MIN).max_message_latency(DELAY_MAX).udp_capacity(1024).rng_seed(seed);
    let mut sim = builder.simulation_duration(end * 2).build();
    sim.set_message_latency_curve(CURVE);
    let name = |id: u32| format!("node-{id}");
    for id in 0..cell.nodes() {
        assert_eq!(sim.lookup(name(id)), address(id).ip(), "hosts get their addresses in order");
        sim.host(name(id), move || async move {
            nodes::run::<Turmoil>(cell, id).await;
            Ok(())
        });
    }
    let (clients, servers) = cell.clients_and_servers();
    let (mut crash, mut down) = (1, false);
    while sim.elapsed() < end {
        if cell == Cell::W5 && sim.elapsed() >= CRASH_PERIOD * crash + if down { CRASH_SPAN } else { Duration::ZERO } {
            let server = name(clients + crash % servers);
            if down {
                sim.bounce(server);
                crash += 1;
            } else {
                sim.crash(server);
            }
            down = !down;
        }
        sim.step().expect("no host fails");
    }
    drop(sim);
    trace::take()
}

/// The share of the virtual time: every tick costs the cube of the number of hosts even without events, so some cells would take minutes.
fn share(cell: Cell) -> f64 {
    match cell {
        // 36 virtual seconds instead of an hour.
        Cell::W3 => 0.01,
        Cell::W1 | Cell::W2N200 => 0.1,
        _ => 1.0,
    }
}

fn main() -> ExitCode {
    arguments::main("turmoil", share, run)
}
