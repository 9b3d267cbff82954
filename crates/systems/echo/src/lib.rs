//! Echo: clients ask a server one question after the other, and each again until it is answered.
//!
//! Start at [`Config`]. [`Server`] and [`Client`] are the two machines; [`server()`] and [`client()`] are the same two as async functions,
//! over the same port, so that either speaks with either. They send [`EchoMessage`]s, which a question's number names for chance, and
//! state an [`EchoFact`] where something happens. [`Conversation`] is the rule that an answer is the answer to what was asked. A [`Bug`] can
//! be planted, to see whether it is found.
//!
//! Deliberately absent: links and faults. Loss, delay, cuts and crashes are done to the nodes from outside.

mod bug;
mod client;
mod config;
mod conversation;
mod fact;
mod message;
mod server;
mod tasks;

pub use bug::Bug;
pub use client::{Client, ClientView, Waiting};
pub use config::{Config, SERVER};
pub use conversation::{AnswerTime, Conversation, Measured};
pub use fact::EchoFact;
pub use message::{EchoMessage, Question, label};
pub use server::{Server, ServerView};
pub use tasks::{client, server, server_with};
