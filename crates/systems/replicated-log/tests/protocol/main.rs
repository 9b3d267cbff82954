//! Replicas that a test drives message by message: the protocol, the smallest cases of its planted bugs, and rules over scripted facts.

mod bugs;
mod cluster;
mod elections;
mod entries;
mod members;
mod reads;
mod rules;
mod snapshots;
