//! A replicated log: Raft after Ongaro's thesis, as a protocol without IO, and a store of registers on it.
//!
//! Start at [`Replica`]: one event in, messages and records out. Its host brings the journal, the network and the state machine;
//! [`Server`] is such a host, and [`Client`] asks it. Both are [protocols](cluster_sim_node::Protocol) without IO too, which run as
//! machines and as async functions. [`rules`] checks what the log promises; [`Bug`] lists the faults that can be planted.
//!
//! Sections (§) and figures are those of Diego Ongaro, *Consensus: Bridging Theory and Practice*, 2014.
//!
//! # A group in forty lines
//!
//! A replica does nothing by itself, so a loop is enough to run three of them. Here the network loses nothing and every disk is
//! synced at once; the simulator's hosts differ in nothing else.
//!
//! ```
//! use std::collections::VecDeque;
//! use std::time::Duration;
//! use cluster_sim_node::{Entropy, EntryLog, LocalInstant, NodeId};
//! use cluster_sim_replicated_log::{Identity, LogConfig, LogEvent, Outbox, Replica, Role};
//!
//! let voters: Vec<NodeId> = (0..3).map(NodeId).collect();
//! let replica = |id: NodeId| {
//!     let entropy = Entropy::from_key(id.0.into());
//!     let identity = Identity { id, voters: voters.iter().copied().collect(), entropy, applied: 0 };
//!     Replica::new(LogConfig::default(), identity, EntryLog::default()).expect("an empty log is readable")
//! };
//! let mut replicas: Vec<Replica> = voters.iter().copied().map(replica).collect();
//! let mut events: VecDeque<(NodeId, LogEvent)> = voters.iter().map(|id| (*id, LogEvent::Start)).collect();
//! let (mut now, mut records, mut executed) = (LocalInstant::ZERO, [0, 0, 0], [0, 0, 0]);
//! let mut is_proposed = false;
//!
//! while executed.iter().any(|count| *count == 0) {
//!     let Some((id, event)) = events.pop_front() else {
//!         // Nothing is under way: it is the turn of the replica with the earliest deadline.
//!         let next = voters.iter().copied().min_by_key(|id| replicas[id.0 as usize].deadline()).unwrap();
//!         now = replicas[next.0 as usize].deadline().expect("all follow, so all have one");
//!         events.push_back((next, LogEvent::Tick));
//!         continue;
//!     };
//!     let mut out = Outbox::default();
//!     let replica = &mut replicas[id.0 as usize];
//!     replica.handle(now, event, &mut out);
//!     for (to, message) in out.sends {
//!         events.push_back((to, LogEvent::Message { from: id, message }));
//!     }
//!     if !out.records.is_empty() {
//!         // A host writes them to its journal here, and says so once a sync made them durable.
//!         records[id.0 as usize] += out.records.len() as u64;
//!         events.push_back((id, LogEvent::Synced(records[id.0 as usize])));
//!     }
//!     executed[id.0 as usize] += out.committed.iter().filter(|entry| entry.command.is_some()).count();
//!     if replica.view().role == Role::Leader && !std::mem::replace(&mut is_proposed, true) {
//!         events.push_back((id, LogEvent::Propose("hello".into())));
//!     }
//! }
//! assert_eq!(executed, [1, 1, 1]);
//! assert!(now < LocalInstant::ZERO + Duration::from_secs(1));
//! ```
//!
//! # How to write such a machine
//!
//! 1. **Events in, requests out.** [`Replica::handle`] takes the time, one [`LogEvent`] and an [`Outbox`]. It reads no clock, opens no
//!    file and sends nothing, so each interleaving that a network and a disk can make is a sequence of calls.
//! 2. **One deadline.** It says when it wants to be asked next, and checks on [`LogEvent::Tick`] whether that has come. So a timer that
//!    fires late, twice, or after it was moved does no harm.
//! 3. **Promises wait for the disk, in one place.** Code that sends a message names the record that must be durable first
//!    (`send_after` in `replica/mod.rs`); a message that waits leaves when [`LogEvent::Synced`] comes. No other code can forget it.
//! 4. **State by role.** A leader's knowledge of others is in its role and ends with it, so none of it outlasts its term.
//! 5. **Facts where things happen.** Each [`LogFact`] is stated at the line that makes it true. The [`rules`] compare the facts of all
//!    replicas and know nothing of how one works, so a wrong line cannot hide from them by being wrong twice.
//! 6. **Bugs to plant.** Each [`Bug`] is one wrong line behind a condition. A rule that finds none of them checks nothing.
//!
//! # Where each rule of the thesis is kept
//!
//! | rule | § | kept in | checked by |
//! |---|---|---|---|
//! | term and vote are durable before an answer | fig. 3.1 | `replica/mod.rs`: `send` | [`rules::PromisesAreDurable`] |
//! | one vote a term | 3.4 | `replica/election.rs`: `on_vote` | [`rules::Elections`] |
//! | timeouts by chance | 3.4 | `replica/election.rs`: `reset_election` | clients get their answers |
//! | a vote only for a log that is at least as up to date | 3.6.1 | `replica/election.rs`: `may_support` | [`rules::OneLog`] |
//! | pre-vote | 9.6 | `replica/election.rs`: `stand` | clients get their answers |
//! | no vote against a leader that is heard | 4.2.3 | `replica/election.rs`: `hears_a_leader` | [`rules::FreshReads`] |
//! | Log Matching | 3.5 | `replica/replication.rs`: `on_append` | [`rules::OneLog`] |
//! | only a conflict cuts a log | fig. 3.1 | `replica/replication.rs`: `take` | [`rules::OneLog`] |
//! | entries are acknowledged once they are durable | 3.8 | `replica/replication.rs`: `acknowledge` | [`rules::PromisesAreDurable`] |
//! | only entries of the term are counted | 3.6.2 | `replica/commit.rs`: `advance_commit` | [`rules::Quorums`] |
//! | the first entry of a term is blank | 6.4 | `replica/leader.rs`: `begin_to_lead` | [`rules::FreshReads`] |
//! | a leader without a majority steps down | 6.2 | `replica/leader.rs`: `on_heartbeat_due` | clients get their answers |
//! | a leader's own disk counts like any other | 10.2.1 | `replica/commit.rs`: `advance_commit` | [`rules::PromisesAreDurable`] |
//! | snapshots hold executed entries only | 5.1 | `replica/snapshot.rs`: `compact` | [`rules::NoRegress`] |
//! | a snapshot replaces a log that lacks its end | fig. 5.3 | `replica/snapshot.rs`: `on_snapshot` | [`rules::OneState`] |
//! | one server at a time | 4.1 | `replica/membership.rs`: `may_change` | [`rules::Quorums`] |
//! | a new server catches up first | 4.2.1 | `replica/membership.rs`: `on_caught_up` | clients get their answers |
//! | a leader that leaves leads until that is committed | 4.2.2 | `replica/membership.rs`: `on_configuration_committed` | [`rules::Quorums`] |
//! | leadership transfer | 3.10 | `replica/transfer.rs`: `make_room` | clients get their answers |
//! | reads by a round of heartbeats | 6.4 | `replica/reads.rs`: `serve_reads` | [`rules::FreshReads`] |
//! | reads by a lease, within a bound on clocks | 6.4.1 | `replica/reads.rs`: `lease_end` | [`rules::FreshReads`] |
//! | sessions of clients in the snapshot | 6.3 | `store/sessions.rs` | [`rules::OneState`] |

mod bug;
mod entry;
mod log;
mod log_config;
mod log_fact;
mod log_message;
mod replica;
pub mod rules;
mod store;

pub use bug::Bug;
pub use entry::{Entry, EntryContent, EntryId, Members};
pub use log::{Frame, HardState};
pub use log_config::LogConfig;
pub use log_fact::LogFact;
pub use log_message::{Body, LogMessage, label};
pub use replica::{Committed, Identity, LogEvent, LogView, MemberChange, Outbox, Refused, Replica, Role};
pub use store::{
    Client, ClientView, Config, Operator, OperatorView, Request, Server, ServerView, Status, StoreAnswer, StoreFact, StoreKey,
    StoreMessage, StoreModel, StoreOp, StoreValue, label_of,
};
