//! Sessions between machines and between async nodes, on whole runs.
//!
//! [`open`] and [`close`]: handshake and close. [`links`]: sessions and datagrams share their links. [`loss`] and [`cuts`]:
//! retransmission and the session timeout. [`lives`]: crashes, and half-open sessions. [`windows`]: flow control. [`types`]:
//! message types with one wire form. [`chaos`]: random faults. [`runs`]: determinism, budgets and reports. [`nodes`]: async
//! nodes, alone and with machines.

mod chaos;
mod close;
mod cuts;
mod links;
mod lives;
mod loss;
mod nodes;
mod open;
mod runs;
mod streamer;
mod types;
mod windows;
