//! Faults, by plan and by hand, with their effect and without; and every way in which a run can end.
//!
//! [`nodes`]: crash, restart, kill, pause. [`links`]: cut, heal, loss, other models. [`overlaps`]: one fault within another.
//! [`records`]: what the report says of each, and plans that are refused. [`findings`]: broken rules, panics, checks that prove
//! nothing. [`endings`]: the calm, settling, budgets. [`lives`]: clocks, seeds and runs side by side.

mod endings;
mod findings;
mod links;
mod lives;
mod nodes;
mod overlaps;
mod records;
mod stuck;
mod worker;
