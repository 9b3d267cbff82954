//! Sessions by their ends: what a host with tasks of its own is given to work with.
//!
//! [`world`]: nodes that hold ends and note what they are told. [`answers`]: accepted, refused, no answer. [`windows`]: readers that take
//! their time. [`handles`]: ends that are let go. [`laws`]: whatever happens, for random links and troubles.
#![cfg(feature = "test-utils")]

mod answers;
mod handles;
mod laws;
mod windows;
mod world;
