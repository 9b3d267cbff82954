//! Child processes: programs that this process starts, hands work to, and hears from over pipes.
//!
//! Sweeps in worker processes and determinism checks across processes use it alike. [`call`] matches a call in this process with
//! the same call in a child that is this program, started again. [`process`] is a child as its parent sees it, [`parent`] the
//! parent as the child sees it, [`line`] the lines that both write. [`exit`] tells how a child ended, [`ChildError`] what failed.
//!
//! A message is a line of JSON after a mark with the version of the protocol. All other lines belong to the program and disturb
//! nothing. Dropping a [`ChildProcess`] kills the child.

mod call;
mod error;
mod exit;
mod line;
mod parent;
mod process;

pub(super) use call::{Call, Role, this_program};
pub use error::ChildError;
pub use exit::ChildExit;
pub(super) use parent::{Disconnected, Parent};
pub(super) use process::ChildProcess;

use serde::{Deserialize, Serialize};

/// A message of a child whose work sends messages of type `M`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromChild<M> {
    /// It reached the call in which it works.
    Reached(Call),
    /// It is alive.
    Alive,
    /// Code panicked where a run records no finding; the child ends.
    Panicked(String),
    /// A message of its work.
    Sent(M),
}
