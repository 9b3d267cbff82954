//! Nodes that remember: what their disks keep and lose.

mod counter;
mod order;
mod promise;
