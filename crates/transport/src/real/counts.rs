//! Counts the datagrams of a node by outcome.

use std::sync::atomic::{AtomicU64, Ordering};

/// The outcomes of a node's datagrams, as that node sees them.
///
/// Losses in the network between nodes appear nowhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatagramCounts {
    /// Given to the operating system; counted once per receiver.
    pub sent: u64,
    /// Received by the node's code.
    pub delivered: u64,
    /// Not sent: longer than a datagram can be.
    pub oversized: u64,
    /// Not sent: refused by the operating system, usually because its buffer was full.
    pub refused: u64,
    /// Dropped on arrival: another format, or a sender that is not in the address book.
    pub foreign: u64,
    /// Dropped on arrival: the port was not bound.
    pub port_closed: u64,
    /// Dropped on arrival: 256 messages waited at the port.
    pub inbox_full: u64,
    /// Dropped on receipt: not a message of the type that was received.
    pub undecodable: u64,
}

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

/// The counters behind [`DatagramCounts`], indexed by outcome.
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
