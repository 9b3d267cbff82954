//! Entries of the ledger, the requests they are about, and places in a log.

use std::fmt;

use cluster_sim_node::{Incarnation, NodeId, WallTime};
use serde::{Deserialize, Serialize};

/// The identity of a request.
///
/// It contains the client's life: the numbers begin anew with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId {
    /// The client.
    pub client: NodeId,
    /// The client's life.
    pub life: Incarnation,
    /// The number of the request within that life, from 0.
    pub number: u64,
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of life {} of {}", self.number, self.life.0, self.client)
    }
}

/// A deposit as a client asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// The request; retries repeat it.
    pub request: RequestId,
    /// The amount.
    pub amount: u64,
    /// The client's wall clock when it asked first. Nothing may depend on it: the clock may be wrong.
    pub time: WallTime,
}

/// The content of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// The first entry of an epoch. Once it is committed, so is all before it.
    Begin,
    /// A deposit.
    Deposit(Deposit),
}

/// An entry of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The epoch whose primary appended it.
    pub epoch: u64,
    /// Its number, from 1 on without gaps.
    pub index: u64,
    /// Its content.
    pub body: Body,
}

impl Entry {
    /// Returns epoch and number.
    pub fn position(&self) -> LogEnd {
        LogEnd { epoch: self.epoch, index: self.index }
    }

    /// Returns the deposit; `None` for the first entry of an epoch.
    pub fn deposit(&self) -> Option<&Deposit> {
        match &self.body {
            Body::Begin => None,
            Body::Deposit(deposit) => Some(deposit),
        }
    }

    /// Returns the amount by which it raises the balance.
    pub fn amount(&self) -> u64 {
        self.deposit().map_or(0, |deposit| deposit.amount)
    }
}

/// The end of a log, as epoch and number of its last entry.
///
/// Of two logs the one with the higher position has every committed entry of the other.
///
/// Two logs that have entries of equal positions are equal up to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct LogEnd {
    /// The epoch of the last entry; 0 for an empty log.
    pub epoch: u64,
    /// The number of the last entry; 0 for an empty log.
    pub index: u64,
}

impl fmt::Display for LogEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of epoch {}", self.index, self.epoch)
    }
}
