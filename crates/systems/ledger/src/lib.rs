//! A replicated ledger: three stores keep one log of deposits on their disks, and clients add to it and read the balance.
//!
//! Start at [`Config`]. [`LedgerStore`] and [`Client`] are [protocols](cluster_sim_node::Protocol) without IO, which run as machines and as
//! async functions; so the two styles differ in nothing but that. [`rules`] checks what the ledger promises; [`Bug`] lists the
//! faults that can be planted.
//!
//! # The protocol
//!
//! It is a small relative of viewstamped replication and Raft. Epoch e is led by store e mod 3. A store promises to follow no
//! epoch before e, and does so once e is in its epoch file; it vouches for an entry once its journal has synced it. An entry is
//! committed once two stores vouch for it in its epoch. A store that hears of no primary for a while asks both others for a promise;
//! with one of them it leads, with the better of the two logs. A log is better by the epoch of its last entry, then by length. A new
//! primary appends an entry of its own, which commits all before it.
//!
//! Requests carry client, life and number, and the log is the table of requests: a retry has one effect.
//!
//! A primary answers a read once a backup has answered a heartbeat that it sent after the read came. It answers by itself while it
//! holds a lease: a backup that answers a heartbeat makes no promise for a while, by its own monotonic clock. The promise is longer
//! than the lease by what clocks may drift, 10 percent each. Without leases clocks may show anything; wall clocks always may.
//!
//! # Disks
//!
//! A crash forgets what is not synced, and the protocol counts on no more than that. A sync that fails is final: the store stops to
//! take part and reads its disk again, and the journal writes and syncs anew what no sync confirmed.
//!
//! A store that cannot be sure to have all it promised and vouched for is a learner: it has no vote until both others have told it
//! what they have, and until the best of the three logs and the highest of the three epochs is on its disk. Of three disks one may
//! be damaged, and each committed entry is on two, so that log has it. Which stores doubt their disks?
//!
//! | disk at boot | what may be missing | then |
//! |---|---|---|
//! | no epoch, or one with a wrong checksum | everything | it drops its log, and learns |
//! | a corrupt journal | entries that it vouched for | it drops its log, and learns |
//! | a journal with a torn tail | writes that a crash cut short; or the last synced record, if it rotted | it learns |
//! | nothing wrong | what the disk confirmed and lost | it takes part, or learns: [`Recovery`] says which |
//!
//! A torn tail and a rotten last record look alike. A store notes in its epoch file that it doubts before it cuts the tail off.
//!
//! So the ledger survives any number of crashes at once, and beside them one bad disk of three. With two bad disks acknowledged
//! deposits may be lost, and no store can know it.
//!
//! # Deliberately absent
//!
//! Snapshots and the end of a log: a run is short. Changes of the members. Links and faults, which a scenario applies from outside.

mod bug;
mod client;
mod config;
mod durable;
mod entry;
mod fact;
mod log;
mod message;
pub mod rules;
mod store;

pub use bug::Bug;
pub use client::{Client, ClientView};
pub use config::{Config, Recovery, STORES, primary_of};
pub use entry::{Body, Deposit, Entry, LogEnd, RequestId};
pub use fact::LedgerFact;
pub use message::{LedgerMessage, label};
pub use store::{LedgerStore, Status, StoreView};
