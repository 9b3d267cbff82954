//! Faults that triggers fire when something happens, crashes at failpoints, what a run records of them, and replays without them.
//!
//! [`replays`]: reproducers and minimization. [`fires`]: when and how often a trigger fires, and refused ones.
//! [`claims`], [`domain_claims`], [`disk_claims`], [`clock_claims`], [`claim_laws`]: faults beyond what a scenario claims to survive.
//! [`aim`]: whom a fault hits. [`programs`]: random triggers. [`failpoints`]: crashes at points in node code.

mod aim;
mod claim_laws;
mod claims;
mod clock_claims;
mod disk_claims;
mod domain_claims;
mod failpoints;
mod fires;
mod programs;
mod replays;
mod store;
