//! The ledger: machines and async nodes behave alike, and each rule finds what it is about.

mod claims;
mod coverage;
mod on_disk;
mod puppet;
mod recovery;
mod rules;
mod styles;
mod traps;
