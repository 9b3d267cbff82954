//! Echo: clients send a server one question after the other, and retry each until it is answered.
//!
//! Start at [`Config`]. [`Server`] and [`Client`] are machines; [`server()`] and [`client()`] are the same two as async
//! functions. [`EchoMessage`] is what they send and [`EchoFact`] what clients report. Three rules check the reports:
//! [`AnswersMatchQuestions`], [`KeepsAsking`] and [`PromptAnswers`]. [`Bug`] lists the faults that can be planted, to test whether
//! a campaign finds them.
//!
//! # Both styles
//!
//! Machines and async functions bind the same port, label messages alike and roll the same choices, so both styles send, lose and
//! deliver the same messages at the same instants, and each style can talk to the other. They may differ only if two events of a
//! node meet at one instant: a machine handles them one by one in random order, while a task sees all of them when it is polled.
//! `tests/small_systems.rs` compares the styles.
//!
//! Rules are asked after each step that may change a view. A timer that leads to nothing is such a step of a machine, and none of
//! a task. So with [`Bug::SpendsRetries`] the silence of a client may be reported later for tasks, at the end of the run.
//!
//! # Deliberately absent
//!
//! Links and faults. A scenario applies loss, delay, cuts and crashes to the nodes from outside.

mod answers_match_questions;
mod bug;
mod client;
mod config;
mod deadlines;
mod fact;
mod message;
mod pace;
mod prompt_answers;
mod server;
mod tasks;

pub use answers_match_questions::{AnswerTime, AnswersMatchQuestions, Measured};
pub use bug::Bug;
pub use client::{Client, ClientView, Waiting};
pub use config::{Config, SERVER};
pub use fact::EchoFact;
pub use message::{EchoMessage, Question, label};
pub use pace::KeepsAsking;
pub use prompt_answers::PromptAnswers;
pub use server::{Server, ServerView};
pub use tasks::{client, server, server_with};
