//! The task that receives datagrams.

use tokio::net::UdpSocket;
use tokio::task::yield_now;

use super::counts::DatagramOutcome;
use super::datagram::{DATAGRAM_BYTES_MAX, parse};
use super::shared::Shared;

/// Receives datagrams until the life ends.
pub(super) async fn receive_all(socket: UdpSocket, network: Shared) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX + 1];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, _)) => receive(&network, &buffer[..length]),
            // The error is about a datagram sent earlier, so the socket still works.
            Err(_) => yield_now().await,
        }
    }
}

fn receive(network: &Shared, datagram: &[u8]) {
    let known = parse(datagram).filter(|(from, ..)| network.addresses.get(*from).is_some());
    let lost = match known {
        None => DatagramOutcome::Foreign,
        Some((from, port, content)) => match network.inbox(port) {
            None => DatagramOutcome::PortClosed,
            Some(inbox) if inbox.put((from, content.into())) => return,
            Some(_) => DatagramOutcome::InboxFull,
        },
    };
    network.counters.count(lost);
}
