//! The network's own laws, on whole runs.
//!
//! [`accounting`]: every message is delivered, dropped by a named cause, or under way. [`cuts`] and [`guards`]: nothing crosses a
//! cut, cuts overlap, a guard heals wherever it is dropped. [`order`] and [`delays`]: what a link may do to order and time.
//! [`shares`]: never at 0, always at 1. [`causes`]: each loss under its own name, and absent without its cause. [`types`]: who
//! understands whom. [`classes`]: links change class by class.

mod accounting;
mod causes;
mod classes;
mod cuts;
mod delays;
mod guards;
mod order;
mod retries;
mod shares;
mod speaker;
mod types;
