//! Ready models, one per file, with what clients ask of them and hear.

mod append_list;
mod bank;
mod counter;
mod foreign;
mod keyed;
mod lease;
mod mutex;
mod queue;
mod register;
#[cfg(test)]
mod samples;
mod set;
mod stack;
#[cfg(test)]
mod tests;
mod text;

pub use append_list::{AppendList, AppendListAnswer, AppendListOp};
pub use bank::{Bank, BankAnswer, BankOp};
pub use counter::{Counter, CounterAnswer, CounterOp};
pub use keyed::{Keyed, Registers};
pub use lease::{Lease, LeaseAnswer, LeaseOp, LeaseState};
pub use mutex::{Mutex, MutexAnswer, MutexOp};
pub use queue::{Queue, QueueAnswer, QueueOp};
pub use register::{Register, RegisterAnswer, RegisterOp};
pub use set::{Set, SetAnswer, SetOp};
pub use stack::{Stack, StackAnswer, StackOp};
pub use text::{Text, TextAnswer, TextOp};
