//! A key-value store: three replicas keep one log of operations in memory, and clients read, write, and compare and set.
//!
//! Start at [`Config`]. [`Replica`] and [`Client`] are machines, [`replica()`] and [`client()`] the same as async functions. Clients
//! state what they called for and heard, and a store is correct if their history is one of [`KvModel`]; [`Bug`] lists the faults
//! that can be planted.
//!
//! # The protocol
//!
//! It is a small relative of viewstamped replication. Epoch e is led by replica e mod 3. A primary orders all operations, reads too,
//! in its log, and executes an entry once a majority has it in its epoch. A replica that hears of no primary for a while asks both
//! others to follow no earlier epoch; with one of them it leads, with the better of the two logs: the one of the later epoch, then
//! the longer one. Requests carry client, life and number, and executing the log keeps the last request of each client with its
//! answer: so a retry has one effect, also after a change of the primary, and a copy that comes late has none.
//!
//! A client that has asked often enough gives up and goes on. That operation stays open: it may be executed yet, until a later one
//! of that client is.
//!
//! # What it survives
//!
//! Cuts, loss, delay, copies, another order, pauses and slow nodes: without a majority it stops to answer. Crashes of clients, and
//! of replicas too: one that restarted has no part until both others have told it what they have. If two restart before either
//! could learn, what they held is lost and the store never answers again; it gives no wrong answer. No clock has a part in it.
//!
//! # Deliberately absent
//!
//! Disks, and the end of a log: a run is short. Changes of the members. Links and faults, which a scenario applies from outside.

mod bug;
mod client;
mod config;
mod machine;
mod message;
mod operation;
mod replica;
mod rule;
mod session;
mod state;
mod tasks;

pub use bug::Bug;
pub use client::Client;
pub use config::{Config, REPLICAS, primary_of};
pub use message::{Entry, EpochLog, KvMessage, label};
pub use operation::{KvAnswer, KvKey, KvModel, KvOp, RequestId};
pub use replica::{KvReplicaView, Replica, Status};
pub use rule::all_is_settled;
pub use session::ClientView;
pub use tasks::{client, replica};
