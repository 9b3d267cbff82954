//! Planned and injected faults with their effects, and every outcome of a run.
//!
//! [`nodes`]: crash, restart, kill, pause. [`links`]: cut, heal, loss, other models. [`overlaps`]: one fault within another.
//! [`records`]: the records of faults in the report, and refused plans. [`findings`]: broken rules, panics, checks without
//! evidence. [`endings`]: recovery phase and budgets. [`storms`]: runs that make no progress or whose queue only grows. [`stuck`]: steps
//! that never return. [`lives`]: clocks, seeds, and runs side by side. [`impairments`], [`holds`]: links that are impaired or held.
//! [`boundaries`]: faults before the first boot, at zero and at the end; late starts. [`profiles`]: profiles and plans of the seed.
//! [`places`]: regions and shards. [`domains`]: racks and zones, and faults of all nodes of one. [`restarts`]: policies of restarts.
//! [`stops`]: graceful stops. [`upgrades`]: restarts of many nodes. [`slow`]: steps that take time.
//! [`cancels`]: cancelled tasks. [`entropy`]: equal random numbers. [`poison`]: crashes of a message, and with a disk operation in flight.
//! [`clock_wall`], [`clock_drift`], [`clock_timers`], [`clock_laws`], [`clock_kinds`]: clocks that lie, of a node that shows its clocks ([`clock_watch`]).

mod boundaries;
mod cancels;
mod clock_drift;
mod clock_kinds;
mod clock_laws;
mod clock_timers;
mod clock_wall;
mod clock_watch;
mod domains;
mod endings;
mod entropy;
mod findings;
mod holds;
mod impairments;
mod links;
mod lives;
mod nodes;
mod overlaps;
mod places;
mod poison;
mod profiles;
mod records;
mod restarts;
mod slow;
mod stops;
mod storms;
mod stuck;
mod upgrades;
mod worker;
