//! Journals over a plain model of a disk: what crashes leave, what damage is reported, and what errors do.

mod crashes;
mod damage;
mod errors;
mod failed_syncs;
mod model;
mod names;
mod reader;
mod writer;
