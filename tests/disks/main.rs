//! Nodes that remember: what their disks keep and lose.

mod counter;
mod events;
mod faults_errors;
mod journal;
mod order;
mod program;
mod promise;
