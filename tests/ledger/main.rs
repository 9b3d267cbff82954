//! The ledger: machines and async nodes behave alike, and each rule finds what it is about.

mod puppet;
mod rules;
mod styles;
