//! One suite for both twins: the guarantees of nodes hold in the simulation and over real sockets.
//!
//! Each test is one `async fn` over a `Node`. Real time only bounds how long a test waits before it fails.

mod datagram;
mod disk;
mod real;
mod session;
mod tasks;
mod twin;
