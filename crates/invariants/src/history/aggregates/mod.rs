//! Checkers in linear time, one per file: each decides what one kind of service promises, whatever the order of its answers.
//!
//! Most judge the requests and answers of a [model](super::models). [`Translated`] puts another vocabulary before them, and
//! [`EachKey`] gives every object a checker of its own.

mod availability;
mod conservation;
mod counter_bounds;
#[cfg(test)]
mod definitions;
mod each_key;
#[cfg(test)]
mod failed_calls;
mod fencing_tokens;
mod foreign;
mod idempotency;
mod mutual_exclusion;
#[cfg(test)]
mod outages;
mod part;
mod quantiles;
mod set_full;
#[cfg(test)]
mod tests;
mod total_queue;
mod translated;
mod unique_ids;

use std::fmt::Debug;

pub use availability::Availability;
pub use conservation::Conservation;
pub use counter_bounds::CounterBounds;
pub use each_key::EachKey;
pub use fencing_tokens::Fencing;
pub use idempotency::{Idempotency, IdempotentAnswer, IdempotentOp};
pub use mutual_exclusion::MutualExclusion;
pub use set_full::SetFull;
pub use total_queue::TotalQueue;
pub use translated::Translated;
pub use unique_ids::UniqueIds;

use super::checker::Contradiction;

/// The finding for an answer that belongs to another operation.
fn wrong_answer(index: usize, op: &impl Debug, answer: &impl Debug) -> Contradiction {
    let message = format!("{answer:?} is no answer to {op:?}: record with each operation its own answer");
    Contradiction { message, operations: vec![index] }
}
