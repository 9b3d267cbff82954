//! One suite for both twins: what node code may rely on holds in the simulation and over real sockets.
//!
//! A claim is one `async fn` over a `Node`. Real time only ever bounds how long a test waits before it fails.

mod datagram;
mod real;
mod session;
mod tasks;
mod twin;
