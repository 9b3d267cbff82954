//! A store of registers on the log: what a user of [`Replica`](crate::Replica) writes.
//!
//! | file | contents |
//! |---|---|
//! | `operation.rs` | [`StoreOp`] and answers, as histories have them |
//! | `message.rs` | [`StoreMessage`], between clients and servers |
//! | `sessions.rs` | [`Store`](sessions::Store): the state machine, with the sessions of clients (§6.3) |
//! | `journal.rs` | the disk of a server |
//! | `server.rs` | [`Server`]: a replica, its disk and its store |
//! | `client.rs` | [`Client`]: opens a session, and asks until it is answered |
//! | `operator.rs` | [`Operator`]: changes the configuration, and moves leadership |

mod client;
mod config;
mod fact;
mod journal;
mod message;
mod operation;
mod operator;
mod server;
mod sessions;

pub use client::{Client, ClientView};
pub use config::Config;
pub use fact::StoreFact;
pub(crate) use journal::JOURNAL;
pub use message::{StoreMessage, label_of};
pub use operation::{StoreAnswer, StoreKey, StoreModel, StoreOp, StoreValue};
pub use operator::{Operator, OperatorView};
pub use server::{Server, ServerView, Status};
pub use sessions::Request;
