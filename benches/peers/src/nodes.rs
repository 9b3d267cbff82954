//! The nodes of every workload, as async functions.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::measure::cells::{
    BROADCAST_PERIOD, Cell as BenchCell, ELECTION_MIN, ELECTION_SPREAD, ENTRY_PERIOD, RPC_TIMEOUT, STARTUP_WAIT, TICK_PERIOD,
};
use crate::platform::{Packet, Platform, Port, REPLY, REQUEST};
use crate::trace::{below, record, roll};

/// The cells of the peers.
pub(crate) const CELLS: &[BenchCell] = &[
    BenchCell::W1,
    BenchCell::W2N5,
    BenchCell::W2N50,
    BenchCell::W2N200,
    BenchCell::W3,
    BenchCell::W4,
    BenchCell::W5,
    BenchCell::Startup,
    BenchCell::Short,
];

/// Runs node `id` of a cell.
///
/// # Panics
/// If the cell is not one of the peers.
pub(crate) async fn run<P: Platform>(cell: BenchCell, id: u32) {
    let (clients, servers) = cell.clients_and_servers();
    let nodes = cell.nodes();
    match cell {
        BenchCell::W1 | BenchCell::W5 | BenchCell::Short if id >= clients => answer::<P>(id).await,
        BenchCell::W1 | BenchCell::Short => ask::<P>(id, clients, servers, None).await,
        BenchCell::W5 => ask::<P>(id, clients, servers, Some(RPC_TIMEOUT)).await,
        BenchCell::W2N5 | BenchCell::W2N50 | BenchCell::W2N200 => speak::<P>(id, nodes).await,
        BenchCell::W3 => tick::<P>(id).await,
        BenchCell::W4 if id == 0 => lead::<P>(nodes).await,
        BenchCell::W4 => follow::<P>(id).await,
        BenchCell::Startup => sleep::<P>(id, STARTUP_WAIT).await,
        _ => panic!("the peers have no cell {}", cell.name()),
    }
}

fn hear(heard: u64, packet: Packet) -> u64 {
    heard.rotate_left(5) ^ packet.body ^ u64::from(packet.sequence)
}

/// Receives a message, and records it.
async fn receive<P: Platform>(id: u32, port: &P::Port) -> (u32, Packet) {
    let (from, packet) = port.receive().await;
    record(P::elapsed(), id, from, u64::from(packet.kind) << 32 | u64::from(packet.sequence));
    (from, packet)
}

/// Sleeps, and records the fired timer.
async fn sleep<P: Platform>(id: u32, after: Duration) {
    P::sleep(after).await;
    record(P::elapsed(), id, id, 0);
}

async fn answer<P: Platform>(id: u32) {
    let port = P::bind(id).await;
    loop {
        let (from, packet) = receive::<P>(id, &port).await;
        port.send(from, Packet { kind: REPLY, ..packet }).await;
    }
}

async fn ask<P: Platform>(id: u32, clients: u32, servers: u32, timeout: Option<Duration>) {
    let port = P::bind(id).await;
    let mut heard = 0;
    for sequence in 1.. {
        port.send(clients + (id + sequence) % servers, Packet { kind: REQUEST, sequence, body: heard }).await;
        let answered = async {
            loop {
                let (_, packet) = receive::<P>(id, &port).await;
                if packet.sequence == sequence {
                    return packet;
                }
            }
        };
        let answer = match timeout {
            Some(timeout) => P::within(timeout, answered).await,
            None => Some(answered.await),
        };
        match answer {
            Some(packet) => heard = hear(heard, packet),
            None => record(P::elapsed(), id, id, 0),
        }
    }
}

async fn speak<P: Platform>(id: u32, nodes: u32) {
    let port = Rc::new(P::bind(id).await);
    let heard = Rc::new(Cell::new(0));
    let (receiving_port, known) = (Rc::clone(&port), Rc::clone(&heard));
    P::spawn(async move {
        loop {
            let (_, packet) = receive::<P>(id, &receiving_port).await;
            known.set(hear(known.get(), packet));
        }
    });
    sleep::<P>(id, below(roll(id, 0), BROADCAST_PERIOD)).await;
    for sequence in 1.. {
        let due = P::elapsed() + BROADCAST_PERIOD;
        let packet = Packet { kind: REQUEST, sequence, body: heard.get() };
        port.broadcast((0..nodes).filter(|peer| *peer != id), packet).await;
        // The period does not include the time that sending takes.
        sleep::<P>(id, due.saturating_sub(P::elapsed())).await;
    }
}

async fn tick<P: Platform>(id: u32) {
    sleep::<P>(id, below(roll(id, 0), TICK_PERIOD)).await;
    loop {
        sleep::<P>(id, TICK_PERIOD).await;
    }
}

async fn lead<P: Platform>(nodes: u32) {
    let port = Rc::new(P::bind(0).await);
    let heard = Rc::new(Cell::new(0_u64));
    let (receiving_port, known) = (Rc::clone(&port), Rc::clone(&heard));
    P::spawn(async move {
        loop {
            let (_, packet) = receive::<P>(0, &receiving_port).await;
            known.set(known.get().rotate_left(5) ^ packet.body);
        }
    });
    let mut due = P::elapsed();
    for sequence in 1.. {
        due += ENTRY_PERIOD;
        sleep::<P>(0, due.saturating_sub(P::elapsed())).await;
        port.broadcast(1..nodes, Packet { kind: REQUEST, sequence, body: heard.get() }).await;
    }
}

async fn follow<P: Platform>(id: u32) {
    let port = P::bind(id).await;
    let (mut sequence, mut heard) = (0, 0);
    loop {
        let timeout = ELECTION_MIN + below(roll(id, u64::from(sequence)), ELECTION_SPREAD);
        match P::within(timeout, receive::<P>(id, &port)).await {
            Some((from, packet)) => {
                sequence = packet.sequence;
                heard = hear(heard, packet);
                port.send(from, Packet { kind: REPLY, body: heard, ..packet }).await;
            }
            None => record(P::elapsed(), id, id, 1),
        }
    }
}
