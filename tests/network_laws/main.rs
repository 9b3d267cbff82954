//! Properties of the network, on whole runs.
//!
//! [`accounting`]: every message is delivered, dropped by a named cause, or in flight. [`cuts`] and [`guards`]: nothing crosses a
//! cut, cuts overlap, and a guard heals wherever it is dropped. [`order`] and [`delays`]: bounds on order and time. [`shares`]: a
//! probability of 0 never applies, one of 1 always. [`causes`]: each drop is counted under its own cause, and only with it.
//! [`retries`]: a retry has a fate of its own. [`types`]: message types with one wire form. [`classes`]: link classes change
//! separately. Ids like n6 and p3 are rows of the catalogue of properties.

mod accounting;
mod causes;
mod classes;
mod cuts;
mod delays;
mod guards;
mod order;
mod retries;
mod sender;
mod shares;
mod types;
