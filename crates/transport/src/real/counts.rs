//! What became of a node's datagrams.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of the datagrams of one node, at that node. What the network between loses is seen by nobody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatagramCounts {
    /// Handed to the operating system, one for each receiver.
    pub sent: u64,
    /// Taken by the node's code.
    pub delivered: u64,
    /// Not sent: longer than a datagram can be.
    pub oversized: u64,
    /// Not sent: the operating system refused, most of the time for want of room.
    pub refused: u64,
    /// Dropped on arrival: no datagram of ours, or of a node that is not in the address book.
    pub foreign: u64,
    /// Dropped on arrival: nobody bound the port.
    pub port_closed: u64,
    /// Dropped on arrival: too many waited in the port.
    pub inbox_full: u64,
    /// Dropped when it was to be taken: not a message of the port's type.
    pub undecodable: u64,
}

/// One thing that can become of a datagram.
#[derive(Debug, Clone, Copy)]
pub(super) enum DatagramOutcome {
    Sent,
    Delivered,
    Oversized,
    Refused,
    Foreign,
    PortClosed,
    InboxFull,
    Undecodable,
}

/// The counters behind [`DatagramCounts`].
#[derive(Debug, Default)]
pub(super) struct Counters([AtomicU64; 8]);

impl Counters {
    pub(super) fn count(&self, outcome: DatagramOutcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> DatagramCounts {
        let of = |outcome: DatagramOutcome| self.0[outcome as usize].load(Ordering::Relaxed);
        DatagramCounts {
            sent: of(DatagramOutcome::Sent),
            delivered: of(DatagramOutcome::Delivered),
            oversized: of(DatagramOutcome::Oversized),
            refused: of(DatagramOutcome::Refused),
            foreign: of(DatagramOutcome::Foreign),
            port_closed: of(DatagramOutcome::PortClosed),
            inbox_full: of(DatagramOutcome::InboxFull),
            undecodable: of(DatagramOutcome::Undecodable),
        }
    }
}
