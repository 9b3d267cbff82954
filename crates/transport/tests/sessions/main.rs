//! Sessions by their ends: what a host with tasks of its own is given to work with.
//!
//! [`world`]: nodes that hold ends and note what they are told. [`answers`]: accepted, refused, no answer. [`windows`]: readers that take
//! their time. [`handles`]: ends that are let go. [`laws`]: whatever happens, for random links and troubles.
#![cfg(feature = "test-utils")]

mod connect;
mod properties;
mod release;
mod window;
mod world;
