//! Sessions as a host with tasks of its own sees them: by endpoints and notices.
//!
//! [`world`]: nodes that hold endpoints and collect notices. [`connect`]: accepted, refused, no answer. [`window`]: slow readers.
//! [`release`]: endpoints whose nodes stop using them. [`properties`]: random actions, links and faults.
#![cfg(feature = "test-utils")]

mod connect;
mod properties;
mod release;
mod window;
mod world;
