//! Nodes that remember: what their disks keep and lose.

mod counter;
mod journal;
mod order;
mod promise;
